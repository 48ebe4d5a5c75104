//! A prior with a variance of its own for each unit, learnt, that switches units off: N(0, v_d), after
//! automatic relevance determination (MacKay 1994; Neal 1996) and the Bayes-Factor-VAE (Kim et al.
//! 2019).
//!
//! The KL alone would not choose: scaling a unit up and the decoder's weights for it down changes
//! nothing. Adding η·Σ_d (√v_d + ½‖w_d‖²), with w_d the decoder's weights from unit d, prices both ends;
//! over all scalings its smallest value is 3/2·η·(√v_d·‖w_d‖)^⅔, a penalty on the unit's effect that is
//! concave and so takes small effects to zero.

use candle_core::{Result, Tensor};
use model::{Parameters, Posterior};
use serde::{Deserialize, Serialize};

use super::Cost;

/// Name of log v, `[D]`.
pub(super) const LOG_VAR: &str = "prior.log_var";
/// The decoder's weights from the code, `[hidden, D]`.
const COLUMNS: &str = "decoder.dense.0.weight";

/// N(0, v) with a v of its own for each unit, learnt.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Relevance {
    /// Weight η of what an active unit costs.
    pub strength: f64,
}

impl Default for Relevance {
    fn default() -> Self {
        Self { strength: 0.5 }
    }
}

impl Relevance {
    pub(super) fn cost(self, posterior: &Posterior, parameters: &Parameters) -> Result<Cost> {
        let (Some(log_var), Some(columns)) = (parameters.get(LOG_VAR), parameters.get(COLUMNS)) else {
            candle_core::bail!("the relevance prior has no {LOG_VAR} or no {COLUMNS}")
        };
        let kl = kl(posterior, log_var)?;
        let effect = ((log_var.as_tensor() * 0.5)?.exp()?.sum_all()? + (columns.sqr()?.sum_all()? * 0.5)?)?;
        Ok(Cost { kl, penalty: Some((effect * self.strength)?) })
    }
}

/// KL(N(μ, σ²) ‖ N(0, v)) per image and unit: ½((μ² + σ²)/v − log(σ²/v) − 1).
fn kl(posterior: &Posterior, log_var: &Tensor) -> Result<Tensor> {
    let moments = (posterior.mean.sqr()? + posterior.log_var.exp()?)?;
    let scaled = moments.broadcast_mul(&log_var.neg()?.exp()?)?;
    ((scaled - posterior.log_var.broadcast_sub(log_var)?)? - 1.0)? * 0.5
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::Device;
    use std::collections::BTreeMap;

    #[test]
    fn cost_matches_a_hand_computed_one() -> Result<()> {
        let device = Device::Cpu;
        let posterior =
            Posterior::gaussian(Tensor::new(&[[2f32, 0.0]], &device)?, Tensor::new(&[[0f32, 0.0]], &device)?);
        let parameters = Parameters::from_tensors(&BTreeMap::from([
            (LOG_VAR.to_owned(), Tensor::new(&[4f32.ln(), 0.0], &device)?),
            (COLUMNS.to_owned(), Tensor::new(&[[1f32, 0.0], [2.0, 1.0]], &device)?),
        ]))?;
        let cost = Relevance { strength: 0.5 }.cost(&posterior, &parameters)?;
        // ½(5/4 + ln 4 − 1) = 0.818147; ½·(2 + 1 + ½·6)
        let kl = cost.kl.to_vec2::<f32>()?;
        assert!((kl[0][0] - 0.818_147).abs() < 1e-5 && kl[0][1].abs() < 1e-6, "{kl:?}");
        let penalty = cost.penalty.map(|p| p.to_scalar::<f32>()).transpose()?;
        assert!(penalty.is_some_and(|p| (p - 3.0).abs() < 1e-5), "{penalty:?}");
        Ok(())
    }
}
