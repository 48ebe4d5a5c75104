//! A Laplace prior: sparsity at the prior (Cristovao, Nakada, Tanimura & Asoh, "A study on the latent
//! space of VAE by inducing sparsity in the encoder network").
//!
//! It moves most of a code towards zero. Unlike a Gaussian it depends on the direction: only rotations that
//! permute or flip the axes leave it unchanged.

use candle_core::{Result, Tensor};
use model::card::Prior;
use model::config::PosteriorKind;
use model::posterior::Family;
use model::{ModelConfig, Posterior};
use serde::{Deserialize, Serialize};

use crate::check::{Checked, invalid, positive};
use crate::term::{CardEntry, Encoded, Tensors, Term};

/// Laplace(0, b).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Laplace {
    /// Scale b; 1/√2 gives it variance 1.
    pub scale: f64,
}

impl Default for Laplace {
    fn default() -> Self {
        Self { scale: std::f64::consts::FRAC_1_SQRT_2 }
    }
}

impl Term for Laplace {
    fn card(&self) -> Option<CardEntry> {
        None
    }

    fn prior(&self, _trained: &Tensors, _model: &ModelConfig) -> Result<Option<Prior>> {
        Ok(Some(Prior::Laplace { scale: self.scale }))
    }

    fn validate(&self, model: &ModelConfig) -> Checked {
        if model.posterior == PosteriorKind::SpikeSlab {
            return invalid("kind", "needs model.posterior = \"gaussian\" or \"laplace\"");
        }
        positive("scale", self.scale)
    }

    fn kl(&self, encoded: &Encoded) -> Result<Option<Tensor>> {
        laplace_kl(&encoded.encoding.posterior, self.scale).map(Some)
    }
}

/// KL(q ‖ Laplace(0, b)) per image and unit in nats, `[N, D]`: log 2b − H(q) + E|z|/b. For a Gaussian
/// q, H = ½ log(2πeσ²) and E|z| = σ√(2/π)·exp(−μ²/2σ²) + μ·erf(μ/σ√2), the mean of the folded normal
/// distribution (Leone et al. 1961); for a Laplace q of scale b', H = log(2eb') and
/// E|z| = |μ| + b'·exp(−|μ|/b').
fn laplace_kl(posterior: &Posterior, scale: f64) -> Result<Tensor> {
    use std::f64::consts::{E, FRAC_1_SQRT_2, FRAC_2_PI, SQRT_2, TAU};
    let std = posterior.std()?;
    if let Family::Laplace = posterior.family {
        let own = (std * FRAC_1_SQRT_2)?;
        let distance = posterior.mean.abs()?;
        let reach = (&distance + (&own * (&distance / &own)?.neg()?.exp()?)?)?;
        return ((reach / scale)? - own.log()?)? + (scale.ln() - 1.0);
    }
    let ratio = (&posterior.mean / &std)?;
    let peak = ((&std * FRAC_2_PI.sqrt())? * (ratio.sqr()? * -0.5)?.exp()?)?;
    let tail = (&posterior.mean * (ratio / SQRT_2)?.erf()?)?;
    let entropy = ((&posterior.log_var + (TAU * E).ln())? * 0.5)?;
    (((peak + tail)? / scale)? - entropy)? + (2.0 * scale).ln()
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::{Device, Var};

    /// ∫ q log(q/p) by the midpoint rule over ±24σ.
    fn by_quadrature(family: &Family, mean: f64, std: f64, scale: f64) -> f64 {
        let steps = 400_000;
        let width = 48.0 * std / f64::from(steps);
        (0..steps)
            .map(|i| {
                let z = mean - 24.0 * std + (f64::from(i) + 0.5) * width;
                let log_q = if let Family::Laplace = family {
                    let own = std * std::f64::consts::FRAC_1_SQRT_2;
                    -(z - mean).abs() / own - (2.0 * own).ln()
                } else {
                    -0.5 * ((z - mean) / std).powi(2) - (std * std::f64::consts::TAU.sqrt()).ln()
                };
                let log_p = -(2.0 * scale).ln() - z.abs() / scale;
                log_q.exp() * (log_q - log_p) * width
            })
            .sum()
    }

    #[test]
    fn the_closed_forms_are_the_integrals() -> Result<()> {
        for (mean, std, scale) in
            [(0.0, 1.0, 1.0), (1.5, 0.3, 0.7), (-3.0, 0.05, 0.7), (0.01, 2.0, 0.5), (-0.4, 0.4, 2.0)]
        {
            for family in [Family::Gaussian, Family::Laplace] {
                let posterior = Posterior {
                    mean: Tensor::new(&[[mean as f32]], &Device::Cpu)?,
                    log_var: Tensor::new(&[[(2.0 * f64::ln(std)) as f32]], &Device::Cpu)?,
                    family,
                };
                let got = f64::from(laplace_kl(&posterior, scale)?.flatten_all()?.to_vec1::<f32>()?[0]);
                let expected = by_quadrature(&posterior.family, mean, std, scale);
                assert!((got - expected).abs() < 1e-3, "KL({mean}, {std}, {scale}) = {got}, not {expected}");
            }
        }
        Ok(())
    }

    #[test]
    fn its_gradient_is_finite_at_the_kink_and_far_out() -> Result<()> {
        let mean = Var::new(&[[0f32, 1e-20, 50.0, -50.0]], &Device::Cpu)?;
        let log_var = Var::new(&[[0f32, -20.0, -20.0, 6.0]], &Device::Cpu)?;
        for family in [Family::Gaussian, Family::Laplace] {
            let (mean, log_var) = (mean.as_tensor().clone(), log_var.as_tensor().clone());
            let posterior = Posterior { mean: mean.clone(), log_var: log_var.clone(), family };
            let gradients = laplace_kl(&posterior, 0.7)?.sum_all()?.backward()?;
            for variable in [&mean, &log_var] {
                let gradient =
                    gradients.get(variable).map(|g| g.flatten_all()?.to_vec1::<f32>()).transpose()?;
                assert!(gradient.is_some_and(|g| g.iter().all(|v| v.is_finite())));
            }
        }
        Ok(())
    }
}
