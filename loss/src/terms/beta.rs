//! β-VAE (Higgins et al. 2017, "β-VAE: learning basic visual concepts with a constrained
//! variational framework", eq. 4): −log p(x|z) + β·KL(q(z|x) ‖ p(z)).

use candle_core::{Result, Tensor};
use model::ModelConfig;
use serde::{Deserialize, Serialize};

use crate::check::{Checked, positive_weight};
use crate::term::{CardEntry, Term};
use crate::weight::Weight;

/// β-VAE.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Beta {
    /// Weight of the KL; 4 is the paper's for dSprites.
    pub beta: Weight,
}

impl Default for Beta {
    fn default() -> Self {
        Self { beta: Weight::Constant(4.0) }
    }
}

impl Term for Beta {
    fn card(&self) -> Option<CardEntry> {
        CardEntry::of("beta", &[("beta", self.beta.last())])
    }

    fn validate(&self, _model: &ModelConfig) -> Checked {
        positive_weight("beta", self.beta)
    }

    fn weigh(&self, kl: &Tensor, step: u64) -> Result<Option<Tensor>> {
        (kl * self.beta.at(step)).map(Some)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::{NLL, example};
    use crate::weight::Schedule;

    #[test]
    fn the_kl_counts_beta_times() -> Result<()> {
        let schedule = Weight::Schedule(Schedule { from: 16.0, to: 1.0, hold: 0, over: 20 });
        // KL(N(2, 1) ‖ N(0, 1)) = 2; the schedule is at 4 at step 10.
        for beta in [Weight::Constant(4.0), schedule] {
            let got = example(Beta { beta }, &[[2.0]], 0.0)?;
            for (got, expected) in [(got.loss, NLL + 8.0), (got.reconstruction, NLL), (got.kl, 2.0)] {
                assert!((got - expected).abs() < 1e-4, "{beta}: {got} is not {expected}");
            }
        }
        Ok(())
    }

    #[test]
    fn impossible_weights_are_named() {
        let rising = Weight::Schedule(Schedule { from: 0.0, to: 1.0, hold: 0, over: 1 });
        for beta in [Weight::Constant(0.0), Weight::Constant(f64::NAN), rising] {
            let invalid = Beta { beta }.validate(&ModelConfig::default()).expect_err("it was accepted");
            assert_eq!(invalid.key, "beta");
        }
    }
}
