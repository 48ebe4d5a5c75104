//! Few units for each factor. A pair is two images of a world that differ in one factor, the same factor for
//! all pairs of a group.
//!
//! Successive frames of a video are such pairs (Klindt et al. 2021, "Towards nonlinear disentanglement in
//! natural data with temporal sparse coding", whose prior on transitions is sparse, too). This is weak
//! supervision: the model learns which pairs differ in one factor and which pairs share this factor, but not
//! which factor it is, how far it changes, or in which direction (Shu et al. 2020; Locatello et al. 2020). With
//! `angle` it also learns by which angle a cyclic factor changes, as from an object on a turntable. It needs data
//! with known factors.

use model::ModelConfig;
use rand::RngCore;
use serde::{Deserialize, Serialize};

use crate::check::{Checked, invalid};
use crate::pairs::{Source, factors};
use crate::term::{Catalogue, Selected};

/// Pairs of images of a world that differ in one factor.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Transitions {
    /// Groups of pairs per step, each with another factor. Half of the batch is divided among them.
    pub groups: usize,
}

impl Default for Transitions {
    fn default() -> Self {
        Self { groups: 4 }
    }
}

impl Source for Transitions {
    const NAME: &'static str = "transitions";
    const ANGLES: bool = true;

    fn validate(&self, _model: &ModelConfig) -> Checked {
        if self.groups == 0 {
            return invalid("groups", "is 0; it must be at least 1");
        }
        Ok(())
    }

    fn select(
        &self,
        data: &dyn Catalogue,
        batch: &[u64],
        noise: &mut dyn RngCore,
    ) -> Result<Option<Selected>, &'static str> {
        factors::draw(data, batch, self.groups, noise).map(Some).ok_or(factors::NEEDS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn impossible_parameters_are_named() {
        let checked = |groups| Transitions { groups }.validate(&ModelConfig::default());
        assert_eq!(checked(0).expect_err("it was accepted").key, "groups");
        assert_eq!(checked(1), Ok(()));
    }
}
