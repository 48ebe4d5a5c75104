//! β-VAE (Higgins et al. 2017, "β-VAE: learning basic visual concepts with a constrained
//! variational framework", eq. 4): −log p(x|z) + β·KL(q(z|x) ‖ p(z)).

use candle_core::{Result, Tensor};
use serde::{Deserialize, Serialize};

use super::{Forward, Value, Weight};

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

impl Beta {
    pub(super) fn value(self, reconstruction: &Tensor, forward: &Forward) -> Result<Value> {
        let weighted = (forward.kl()? * self.beta.at(forward.step))?;
        Ok(Value { loss: (reconstruction + weighted)?, penalty: None })
    }
}
