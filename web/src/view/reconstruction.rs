//! What each model makes of the world's picture, and how far off it is.

use super::paint;
use super::words::number;
use crate::engine::Kind;
use crate::page::{Dom, Drawn};
use crate::state::State;

/// Draws a side's reconstruction and its errors, or says why there is none.
pub(super) fn draw(dom: &Dom, state: &State, side: usize) -> Drawn {
    let model = state.sides[side].model();
    let canvas = format!("reconstruction-{side}");
    if let Some((model, (measured, picture))) =
        model.and_then(|model| Some((model, model.reconstruction.as_ref()?)))
    {
        dom.set_text(&format!("nll-{side}"), &number(measured.nll.into(), 1))?;
        dom.set_text(&format!("mse-{side}"), &number(measured.mse.into(), 4))?;
        dom.set_text(&format!("alien-{side}"), "")?;
        if model.engine == Kind::Gpu {
            return Ok(());
        }
        return paint::pictures(dom, &canvas, picture, model.card.model.image);
    }
    paint::clear(dom, &canvas)?;
    dom.set_text(&format!("nll-{side}"), "–")?;
    dom.set_text(&format!("mse-{side}"), "–")?;
    let alien = match (model, &state.scene) {
        (Some(model), Some(scene)) if !scene.suits(&model.card) => format!(
            "This model learnt from {}, not from {}.",
            model.card.training.dataset,
            scene.world.name()
        ),
        _ => String::new(),
    };
    dom.set_text(&format!("alien-{side}"), &alien)
}
