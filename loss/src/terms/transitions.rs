//! Few units that answer to a change of one factor: pairs are images of a world that differ in one factor, the
//! same in a group.
//!
//! So it is in films: from one picture to the next little changes, and the same for a while (Klindt et al.
//! 2021, "Towards nonlinear disentanglement in natural data with temporal sparse coding", whose prior on a
//! transition is sparse likewise). This is weak supervision: it is told that two pictures differ in one
//! thing and that others differ in the same, but never in what, how far, or which way (Shu et al. 2020;
//! Locatello et al. 2020). It needs data whose factors are known.

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
    /// Groups of pairs a step, each of another factor; half of the batch is shared out among them.
    pub groups: usize,
}

impl Default for Transitions {
    fn default() -> Self {
        Self { groups: 4 }
    }
}

impl Source for Transitions {
    const NAME: &'static str = "transitions";

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
