//! Sparsity at the prior and in the encoder (Cristovao, Nakada, Tanimura & Asoh, "A study on the
//! latent space of VAE by inducing sparsity in the encoder network"):
//! −log p(x|z) + β·KL(q(z|x) ‖ Laplace(0, b)) + λ·Σ|h|.
//!
//! A Laplace prior pulls most of a code to zero and, unlike a Gaussian, is not the same in every
//! direction: only rotations that permute the axes leave it as it is. The L1 term keeps few hidden
//! units of the encoder awake for each image.

use candle_core::{Result, Tensor};
use model::Posterior;
use serde::{Deserialize, Serialize};

use super::{Forward, Terms, batch_mean, reconstruction};

/// Prior of the code.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Prior {
    /// Laplace(0, b).
    #[default]
    Laplace,
    /// N(0, 1): sparsity in the encoder alone.
    Gaussian,
}

/// Which hidden activations the L1 term counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SparseLayers {
    /// The dense layer before the code.
    #[default]
    Dense,
    /// Every layer, feature maps included.
    All,
}

/// Sparsity at the prior and in the encoder.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Sparse {
    /// Prior of the code.
    pub prior: Prior,
    /// Weight β of the KL.
    pub beta: f64,
    /// Scale b of the Laplace prior; 1/√2 gives it variance 1.
    pub scale: f64,
    /// Weight λ of the L1 term, per hidden unit and image.
    pub activation: f64,
    /// Hidden activations that it counts.
    pub layers: SparseLayers,
}

impl Default for Sparse {
    fn default() -> Self {
        Self {
            prior: Prior::Laplace,
            beta: 4.0,
            scale: std::f64::consts::FRAC_1_SQRT_2,
            activation: 0.01,
            layers: SparseLayers::Dense,
        }
    }
}

impl Sparse {
    pub(super) fn terms(self, forward: &Forward) -> Result<Terms> {
        let reconstruction = reconstruction(forward)?;
        let posterior = &forward.encoding.posterior;
        let kl = batch_mean(&match self.prior {
            Prior::Laplace => laplace_kl(posterior, self.scale)?,
            Prior::Gaussian => posterior.kl_standard_normal()?,
        })?;
        let mut loss = (&reconstruction + (&kl * self.beta)?)?;
        let mut penalty = None;
        if self.activation > 0.0 {
            let term = (self.activity(&forward.encoding.activations)? * self.activation)?;
            loss = (loss + &term)?;
            penalty = Some(term);
        }
        Ok(Terms { loss, reconstruction, kl, penalty })
    }

    /// Σ|h| an image; activations follow a ReLU, so their sum is their L1 norm.
    fn activity(&self, activations: &[Tensor]) -> Result<Tensor> {
        let counted = match self.layers {
            SparseLayers::Dense => &activations[activations.len().saturating_sub(1)..],
            SparseLayers::All => activations,
        };
        let [first, rest @ ..] = counted else { candle_core::bail!("the encoder has no hidden layer") };
        let mut sum = first.sum_all()?;
        for activation in rest {
            sum = (sum + activation.sum_all()?)?;
        }
        sum / first.dim(0)? as f64
    }
}

/// KL(N(μ, σ²) ‖ Laplace(0, b)) per image and unit in nats, `[N, D]`:
/// log 2b − ½ log(2πeσ²) + [σ√(2/π)·exp(−μ²/2σ²) + μ·erf(μ/σ√2)]/b,
/// the bracket being E|z| of the folded normal distribution (Leone et al. 1961).
///
/// # Errors
/// Passes candle's errors on.
pub fn laplace_kl(posterior: &Posterior, scale: f64) -> Result<Tensor> {
    use std::f64::consts::{E, FRAC_2_PI, SQRT_2, TAU};
    let std = posterior.std()?;
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

    /// ∫ q log(q/p) by the midpoint rule over ±12σ.
    fn by_quadrature(mean: f64, std: f64, scale: f64) -> f64 {
        let steps = 200_000;
        let width = 24.0 * std / f64::from(steps);
        (0..steps)
            .map(|i| {
                let z = mean - 12.0 * std + (f64::from(i) + 0.5) * width;
                let log_q = -0.5 * ((z - mean) / std).powi(2) - (std * std::f64::consts::TAU.sqrt()).ln();
                let log_p = -(2.0 * scale).ln() - z.abs() / scale;
                log_q.exp() * (log_q - log_p) * width
            })
            .sum()
    }

    #[test]
    fn the_closed_form_is_the_integral() -> Result<()> {
        for (mean, std, scale) in
            [(0.0, 1.0, 1.0), (1.5, 0.3, 0.7), (-3.0, 0.05, 0.7), (0.01, 2.0, 0.5), (-0.4, 0.4, 2.0)]
        {
            let posterior = Posterior {
                mean: Tensor::new(&[[mean as f32]], &Device::Cpu)?,
                log_var: Tensor::new(&[[(2.0 * f64::ln(std)) as f32]], &Device::Cpu)?,
            };
            let got = f64::from(laplace_kl(&posterior, scale)?.flatten_all()?.to_vec1::<f32>()?[0]);
            let expected = by_quadrature(mean, std, scale);
            assert!((got - expected).abs() < 1e-3, "KL({mean}, {std}, {scale}) = {got}, not {expected}");
        }
        Ok(())
    }

    #[test]
    fn its_gradient_is_finite_at_the_kink_and_far_out() -> Result<()> {
        let mean = Var::new(&[[0f32, 1e-20, 50.0, -50.0]], &Device::Cpu)?;
        let log_var = Var::new(&[[0f32, -20.0, -20.0, 6.0]], &Device::Cpu)?;
        let posterior = Posterior { mean: mean.as_tensor().clone(), log_var: log_var.as_tensor().clone() };
        let gradients = laplace_kl(&posterior, 0.7)?.sum_all()?.backward()?;
        for variable in [&mean, &log_var] {
            let gradient = gradients.get(variable).map(|g| g.flatten_all()?.to_vec1::<f32>()).transpose()?;
            assert!(gradient.is_some_and(|g| g.iter().all(|v| v.is_finite())));
        }
        Ok(())
    }
}
