//! The approximate posterior q(z|x) = N(μ, diag σ²).

use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor};

use crate::ops::on_cpu;

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
        Ok(Self { mean: mean.contiguous()?, log_var: bounded(log_var)? })
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

/// `log_var` held within [`LOG_VAR_RANGE`]; where it is held, no gradient passes.
fn bounded(log_var: &Tensor) -> Result<Tensor> {
    let (low, high) = LOG_VAR_RANGE;
    if on_cpu(log_var) {
        return log_var.contiguous()?.apply_op1(Bounded);
    }
    log_var.clamp(low, high)
}

/// The bounds as one operation: candle's own would bring every type's minimum and maximum into the
/// page.
struct Bounded;

impl CustomOp1 for Bounded {
    fn name(&self) -> &'static str {
        "bounded"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let (low, high) = LOG_VAR_RANGE;
        let Some((start, end)) = layout.contiguous_offsets() else {
            candle_core::bail!("the bounds need a contiguous tensor")
        };
        let values = &storage.as_slice::<f32>()?[start..end];
        let held = values.iter().map(|v| v.clamp(low as f32, high as f32)).collect();
        Ok((CpuStorage::F32(held), layout.shape().clone()))
    }

    #[cfg(not(target_arch = "wasm32"))]
    fn bwd(&self, log_var: &Tensor, _held: &Tensor, gradient: &Tensor) -> Result<Option<Tensor>> {
        let (low, high) = LOG_VAR_RANGE;
        let inside = (log_var.ge(low)? * log_var.le(high)?)?;
        Ok(Some((gradient * inside.to_dtype(gradient.dtype())?)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::{Device, Var};

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

    #[test]
    fn the_bounds_and_their_gradient_are_those_of_candles_clamp() -> Result<()> {
        let log_var = Var::new(&[[-30f32, -19.0, -1.5, 0.0, 6.0, 7.0]], &Device::Cpu)?;
        let (low, high) = LOG_VAR_RANGE;
        let run = |held: Tensor| -> Result<[Vec<Vec<f32>>; 2]> {
            let gradients = held.exp()?.sum_all()?.backward()?;
            let gradient = gradients.get(&log_var).map_or_else(|| log_var.zeros_like(), |g| Ok(g.clone()))?;
            Ok([held.to_vec2()?, gradient.to_vec2()?])
        };
        assert_eq!(run(bounded(&log_var)?)?, run(log_var.clamp(low, high)?)?);
        Ok(())
    }
}
