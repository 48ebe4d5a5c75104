//! The evidence lower bound (Kingma & Welling 2014, "Auto-encoding variational Bayes", eq. 3):
//! −log p(x|z) + KL(q(z|x) ‖ N(0, I)).

use candle_core::Result;
use serde::{Deserialize, Serialize};

use super::{Forward, Terms, batch_mean, reconstruction};

/// The plain VAE; it has no parameter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plain {}

impl Plain {
    pub(super) fn terms(self, forward: &Forward) -> Result<Terms> {
        let reconstruction = reconstruction(forward)?;
        let kl = batch_mean(&forward.encoding.posterior.kl_standard_normal()?)?;
        Ok(Terms { loss: (&reconstruction + &kl)?, reconstruction, kl, penalty: None })
    }
}
