//! Which codes' pictures a panel shows on which canvases, for an engine that draws them itself.

use super::{Panel, Path, State};
use crate::engine::Kind;

/// Codes whose pictures stand side by side on each of the canvases.
#[derive(Clone, Debug, PartialEq)]
pub struct Shown {
    /// The model.
    pub side: usize,
    /// `[N, D]`, flat.
    pub codes: Vec<f32>,
    /// Ids of the canvases.
    pub canvases: Vec<String>,
}

impl State {
    /// The pictures of a panel; none if the engine sends pictures to be painted.
    pub fn shown(&self, panel: Panel) -> Option<Shown> {
        let (Panel::Live(side) | Panel::Row(side, _) | Panel::Path(side, _) | Panel::Reconstruction(side)) =
            panel
        else {
            return None;
        };
        let model = self.sides.get(side)?.model().filter(|model| model.engine == Kind::Gpu)?;
        let (codes, canvases) = match panel {
            Panel::Live(_) => {
                (model.live_code(), ["live", "twin", "way"].map(|name| format!("{name}-{side}")).into())
            }
            Panel::Path(_, path) => {
                let name = if path == Path::Line { "line" } else { "turns" };
                (model.path_codes(path)?, vec![format!("{name}-{side}")])
            }
            Panel::Row(_, unit) => (model.row_codes(unit), vec![format!("strip-{side}-{unit}")]),
            _ => (model.reconstruction.as_ref()?.0.mean.clone(), vec![format!("reconstruction-{side}")]),
        };
        Some(Shown { side, codes, canvases })
    }
}
