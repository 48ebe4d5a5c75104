//! Annealed capacity (Burgess et al. 2018, "Understanding disentangling in β-VAE", eq. 8):
//! −log p(x|z) + γ·|KL(q(z|x) ‖ p(z)) − C|, where C grows from 0.

use candle_core::{Result, Tensor};
use model::ModelConfig;
use serde::{Deserialize, Serialize};

use crate::check::{Checked, not_negative, positive};
use crate::term::{CardEntry, Term};

/// A KL that follows a growing capacity. The defaults are the paper's for dSprites with disentanglement_lib's
/// constants.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Capacity {
    /// Weight γ of the KL's distance from C.
    pub gamma: f64,
    /// Final C, in nats.
    pub capacity: f64,
    /// Steps over which C grows linearly from 0.
    pub over: u64,
}

impl Default for Capacity {
    fn default() -> Self {
        Self { gamma: 1000.0, capacity: 25.0, over: 100_000 }
    }
}

impl Term for Capacity {
    fn card(&self) -> Option<CardEntry> {
        CardEntry::of("capacity", &[("gamma", self.gamma), ("capacity", self.capacity)])
    }

    fn validate(&self, _model: &ModelConfig) -> Checked {
        positive("gamma", self.gamma)?;
        not_negative("capacity", self.capacity)
    }

    fn weigh(&self, kl: &Tensor, step: u64) -> Result<Option<Tensor>> {
        ((kl - self.at(step))?.abs()? * self.gamma).map(Some)
    }
}

impl Capacity {
    fn at(self, step: u64) -> f64 {
        self.capacity * (step as f64 / self.over.max(1) as f64).min(1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::{NLL, example};

    #[test]
    fn the_kls_distance_from_the_capacity_counts() -> Result<()> {
        // KL(N(2, 1) ‖ N(0, 1)) = 2; C at step 10 of 40 is ¼·12.
        let got = example(Capacity { gamma: 5.0, capacity: 12.0, over: 40 }, &[[2.0]], 0.0)?;
        assert!((got.loss - (NLL + 5.0)).abs() < 1e-4, "{}", got.loss);
        assert!((got.kl - 2.0).abs() < 1e-4, "{}", got.kl);
        Ok(())
    }

    #[test]
    fn impossible_parameters_are_named() {
        let capacity = Capacity { gamma: -1.0, ..Capacity::default() };
        assert_eq!(capacity.validate(&ModelConfig::default()).expect_err("it was accepted").key, "gamma");
    }
}
