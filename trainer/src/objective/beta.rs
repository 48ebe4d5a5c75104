//! β-VAE (Higgins et al. 2017, "β-VAE: learning basic visual concepts with a constrained
//! variational framework", eq. 4): −log p(x|z) + β·KL(q(z|x) ‖ N(0, I)).

use candle_core::Result;
use serde::{Deserialize, Serialize};

use super::{Forward, Terms, batch_mean, reconstruction};

/// β-VAE.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Beta {
    /// Weight of the KL; 4 is the paper's for dSprites.
    pub beta: f64,
}

impl Default for Beta {
    fn default() -> Self {
        Self { beta: 4.0 }
    }
}

impl Beta {
    pub(super) fn terms(self, forward: &Forward) -> Result<Terms> {
        let reconstruction = reconstruction(forward)?;
        let kl = batch_mean(&forward.encoding.posterior.kl_standard_normal()?)?;
        Ok(Terms { loss: (&reconstruction + (&kl * self.beta)?)?, reconstruction, kl, penalty: None })
    }
}
