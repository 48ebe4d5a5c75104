//! Annealed capacity (Burgess et al. 2018, "Understanding disentangling in β-VAE", eq. 8):
//! −log p(x|z) + γ·|KL(q(z|x) ‖ p(z)) − C|, C climbing from 0.

use candle_core::{Result, Tensor};
use serde::{Deserialize, Serialize};

use super::{Forward, Value};

/// A KL held at a capacity that grows. The default is the paper's for dSprites with
/// disentanglement_lib's constants.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Capacity {
    /// Weight γ of the KL's distance from C.
    pub gamma: f64,
    /// C in the end, in nats.
    pub capacity: f64,
    /// Steps over which C climbs, straight, from 0.
    pub over: u64,
}

impl Default for Capacity {
    fn default() -> Self {
        Self { gamma: 1000.0, capacity: 25.0, over: 100_000 }
    }
}

impl Capacity {
    pub(super) fn value(self, reconstruction: &Tensor, forward: &Forward) -> Result<Value> {
        let distance = (forward.kl()? - self.at(forward.step))?.abs()?;
        Ok(Value { loss: (reconstruction + (distance * self.gamma)?)?, penalty: None })
    }

    fn at(self, step: u64) -> f64 {
        self.capacity * (step as f64 / self.over.max(1) as f64).min(1.0)
    }
}
