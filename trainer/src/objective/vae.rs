//! The evidence lower bound (Kingma & Welling 2014, "Auto-encoding variational Bayes", eq. 3):
//! −log p(x|z) + KL(q(z|x) ‖ p(z)).

use candle_core::{Result, Tensor};
use serde::{Deserialize, Serialize};

use super::{Forward, Value};

/// The plain VAE; it has no parameter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plain {}

impl Plain {
    pub(super) fn value(self, reconstruction: &Tensor, forward: &Forward) -> Result<Value> {
        Ok(Value { loss: (reconstruction + forward.kl()?)?, penalty: None })
    }
}
