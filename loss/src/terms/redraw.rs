//! A unit for each property of images. A pair is an image and the same image with another position, size, angle or
//! light, or with a part of another image (see [`motions`]). Periodic properties use the circles of the code, if
//! there are any.
//!
//! This uses no labels.

use candle_core::{Result, Tensor};
use model::ModelConfig;
use rand::RngCore;
use serde::{Deserialize, Serialize};

use crate::check::{Checked, invalid};
use crate::pairs::Source;
use crate::pairs::motions::{self, Kind};
use crate::term::Extra;

/// Pairs of an image and the same image with one property redrawn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Redraw {
    /// Properties that are redrawn. Half of the batch is divided among them.
    pub kinds: Vec<Kind>,
    /// Whether images are black and white and should stay so.
    pub binary: bool,
}

impl Default for Redraw {
    fn default() -> Self {
        Self { kinds: vec![Kind::X, Kind::Y, Kind::Size, Kind::Turn], binary: false }
    }
}

impl Source for Redraw {
    const NAME: &'static str = "redraw";

    fn validate(&self, model: &ModelConfig) -> Checked {
        if self.kinds.is_empty() {
            return invalid("kinds", "is empty; name one, such as x, brightness or mirror");
        }
        if let Some(kind) = self.kinds.iter().enumerate().find(|(i, kind)| self.kinds[..*i].contains(kind)) {
            return invalid("kinds", format!("names {:?} twice", kind.1));
        }
        let refused = |kind: &Kind| kind.unmet_requirement(model.image, self.binary).map(|why| (*kind, why));
        if let Some((kind, why)) = self.kinds.iter().find_map(refused) {
            return invalid("kinds", format!("names {kind:?}, which {why}"));
        }
        Ok(())
    }

    fn images(&self, batch: &Tensor, noise: &mut dyn RngCore) -> Result<Option<Extra>> {
        motions::draw(&self.kinds, batch, self.binary, noise).map(Some)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn impossible_kinds_are_named() {
        let key = |kinds: Vec<Kind>| {
            let source = Redraw { kinds, ..Redraw::default() };
            source.validate(&ModelConfig::default()).expect_err("it was accepted").key
        };
        assert_eq!(key(vec![]), "kinds");
        assert_eq!(key(vec![Kind::X, Kind::X]), "kinds");
        assert_eq!(key(vec![Kind::Warmth]), "kinds");
        assert_eq!(Redraw::default().validate(&ModelConfig::default()), Ok(()));
    }
}
