//! The approximate posterior q(z|x) = N(μ, diag σ²).

use candle_core::{Result, Tensor};

/// Smallest and largest log σ² that the network may state: σ from 4.5e-5 to 22, wide enough never
/// to bind in a healthy run and narrow enough that exp never overflows.
pub const LOG_VAR_RANGE: (f64, f64) = (-20.0, 6.2);

/// A diagonal Gaussian over the code, one per image.
#[derive(Clone, Debug)]
pub struct Posterior {
    /// μ, `[N, D]`.
    pub mean: Tensor,
    /// log σ², `[N, D]`, within [`LOG_VAR_RANGE`].
    pub log_var: Tensor,
}

impl Posterior {
    /// Splits the encoder's last layer, `[N, 2·D]`, into μ and log σ².
    ///
    /// # Errors
    /// Fails if the width is odd.
    pub fn from_statistics(statistics: &Tensor) -> Result<Self> {
        let halves = statistics.chunk(2, 1)?;
        let [mean, log_var] = halves.as_slice() else {
            candle_core::bail!("the posterior layer has {} units, not an even number", statistics.dim(1)?)
        };
        Ok(Self { mean: mean.contiguous()?, log_var: log_var.clamp(LOG_VAR_RANGE.0, LOG_VAR_RANGE.1)? })
    }

    /// σ, `[N, D]`.
    ///
    /// # Errors
    /// Passes candle's errors on.
    pub fn std(&self) -> Result<Tensor> {
        (&self.log_var * 0.5)?.exp()
    }

    /// z = μ + σ·ε, `[N, D]`, for standard normal `noise` ε (Kingma & Welling 2014, eq. 4).
    ///
    /// # Errors
    /// Fails if `noise` is not `[N, D]`.
    pub fn sample(&self, noise: &Tensor) -> Result<Tensor> {
        &self.mean + (self.std()? * noise)?
    }

    /// KL(q(z|x) ‖ N(0, I)) per image and unit in nats, `[N, D]`:
    /// ½(μ² + σ² − log σ² − 1) (Kingma & Welling 2014, appendix B).
    ///
    /// # Errors
    /// Passes candle's errors on.
    pub fn kl_standard_normal(&self) -> Result<Tensor> {
        let moments = (self.mean.sqr()? + self.log_var.exp()?)?;
        ((moments - &self.log_var)? - 1.0)? * 0.5
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::Device;

    #[test]
    fn kl_to_the_standard_normal_matches_hand_computed_values() -> Result<()> {
        let posterior = Posterior {
            mean: Tensor::new(&[[0f32, 1.0, -2.0]], &Device::Cpu)?,
            log_var: Tensor::new(&[[0f32, 0.0, (0.25f32).ln()]], &Device::Cpu)?,
        };
        let kl = posterior.kl_standard_normal()?.to_vec2::<f32>()?;
        // ½(4 + ¼ − ln ¼ − 1) = 2.318147
        for (got, expected) in kl[0].iter().zip([0.0, 0.5, 2.318_147]) {
            assert!((got - expected).abs() < 1e-5, "{got} is not {expected}");
        }
        Ok(())
    }

    #[test]
    fn extreme_variances_stay_finite() -> Result<()> {
        let statistics = Tensor::new(&[[0f32, 0.0, 1e30, -1e30]], &Device::Cpu)?;
        let posterior = Posterior::from_statistics(&statistics)?;
        let kl = posterior.kl_standard_normal()?.to_vec2::<f32>()?;
        assert!(kl[0].iter().all(|v| v.is_finite()));
        Ok(())
    }
}
