//! The approximate posterior q(z|x), whose units are independent.

use std::f64::consts::{FRAC_1_SQRT_2, PI};

use candle_core::{Result, Tensor};
use rand::Rng;
use rand_distr::{Distribution, Exp1, StandardNormal};

use crate::config::{ModelConfig, PosteriorKind};
pub use crate::ops::LOG_VAR_RANGE;
use crate::ops::{awake, bounded, product, to_vec};

/// Sharpness c of sampled spikes after training. Tonolini et al. 2019 increase c to 200.
pub const SHARPNESS: f64 = 200.0;

/// A distribution of the code for each image, whose units are independent.
#[derive(Clone, Debug)]
pub struct Posterior {
    /// E\[z\], `[N, D]`: the code for deterministic decoding.
    pub mean: Tensor,
    /// Log of the variance, `[N, D]`, within [`LOG_VAR_RANGE`]; for a spike-and-slab that of the slab.
    pub log_var: Tensor,
    /// Family, with further statistics.
    pub family: Family,
}

/// Family of a posterior, with its statistics besides mean and variance.
#[derive(Clone, Debug)]
pub enum Family {
    /// N(μ, σ²).
    Gaussian,
    /// Laplace(μ, b) with b = σ/√2.
    Laplace,
    /// γ·N(μ, σ²) + (1 − γ)·δ₀ (Tonolini et al. 2019, "Variational sparse coding", eq. 4).
    SpikeSlab {
        /// μ of the slab, `[N, D]`.
        slab: Tensor,
        /// γ, `[N, D]` in (0, 1]: probability that the unit is active.
        spike: Tensor,
    },
}

impl PosteriorKind {
    /// Draws noise for `images` codes of `units` units, `[N, …]` flat: standard normal, Laplace(0, 1), or for a
    /// spike-and-slab D standard normal and D uniform values in [0, 1).
    pub fn noise(self, images: usize, units: usize, rng: &mut impl Rng) -> Vec<f32> {
        let mut noise = Vec::with_capacity(images * self.noise_width(units));
        for _ in 0..images {
            match self {
                Self::Gaussian => noise.extend(normal(units, rng)),
                Self::Laplace => noise.extend((0..units).map(|_| {
                    let (tail, side): (f32, bool) = (Exp1.sample(rng), rng.random());
                    if side { tail } else { -tail }
                })),
                Self::SpikeSlab => {
                    noise.extend(normal(units, rng));
                    noise.extend((0..units).map(|_| rng.random::<f32>()));
                }
            }
        }
        noise
    }

    /// Number of values of noise for a code of `units` units.
    pub fn noise_width(self, units: usize) -> usize {
        match self {
            Self::Gaussian | Self::Laplace => units,
            Self::SpikeSlab => 2 * units,
        }
    }
}

fn normal(count: usize, rng: &mut impl Rng) -> impl Iterator<Item = f32> {
    Distribution::<f32>::sample_iter(StandardNormal, rng).take(count)
}

impl Posterior {
    /// Creates N(μ, σ²) from μ and log σ², each `[N, D]`.
    pub fn gaussian(mean: Tensor, log_var: Tensor) -> Self {
        Self { mean, log_var, family: Family::Gaussian }
    }

    /// Creates the posterior of a network with `config` from the output of its encoder, `[N, …]`.
    ///
    /// # Errors
    /// Fails if the width is no multiple of the statistics.
    pub fn of(config: &ModelConfig, statistics: &Tensor) -> Result<Self> {
        let posterior = Self::from_statistics(config.posterior, statistics)?;
        match config.winners {
            Some(count) => posterior.winners(count),
            None => Ok(posterior),
        }
    }

    /// Creates a posterior of `kind` from the output of the encoder, `[N, statistics·D]`: μ, log σ² and, for a
    /// spike-and-slab, h with γ = exp(−ReLU(−h)).
    ///
    /// # Errors
    /// Fails if the width is no multiple of the statistics.
    pub fn from_statistics(kind: PosteriorKind, statistics: &Tensor) -> Result<Self> {
        let (parts, width) = (kind.statistics(), statistics.dim(1)?);
        if width % parts != 0 {
            candle_core::bail!("the posterior layer has {width} units, not a multiple of {parts}")
        }
        let units = width / parts;
        let mean = statistics.narrow(1, 0, units)?.contiguous()?;
        let log_var = bounded(&statistics.narrow(1, units, units)?)?;
        Ok(match kind {
            PosteriorKind::Gaussian => Self::gaussian(mean, log_var),
            PosteriorKind::Laplace => Self { mean, log_var, family: Family::Laplace },
            PosteriorKind::SpikeSlab => {
                let spike = awake(&statistics.narrow(1, 2 * units, units)?)?;
                Self::spike_slab(mean, log_var, spike)?
            }
        })
    }

    /// Creates γ·N(μ, σ²) + (1 − γ)·δ₀ from μ, log σ² and γ, each `[N, D]`.
    ///
    /// # Errors
    /// Passes candle's errors on.
    pub fn spike_slab(slab: Tensor, log_var: Tensor, spike: Tensor) -> Result<Self> {
        Ok(Self { mean: product(&slab, &spike)?, log_var, family: Family::SpikeSlab { slab, spike } })
    }

    /// σ, `[N, D]`.
    ///
    /// # Errors
    /// Passes candle's errors on.
    pub fn std(&self) -> Result<Tensor> {
        (&self.log_var * 0.5)?.exp()
    }

    /// Samples like [`Posterior::sample_at`], with [`SHARPNESS`].
    ///
    /// # Errors
    /// Fails if `noise` is of another width.
    pub fn sample(&self, noise: &Tensor) -> Result<Tensor> {
        self.sample_at(noise, SHARPNESS)
    }

    /// Returns a reparameterised sample z, `[N, D]`, for `noise` from [`PosteriorKind::noise`]
    /// (Kingma & Welling 2014, eq. 4): μ + σ·ε, μ + b·ε, or for a spike-and-slab
    /// sigmoid(c·(η + γ − 1))·(μ + σ·ε) with `sharpness` c (Tonolini et al. 2019, eq. 8).
    ///
    /// # Errors
    /// Fails if `noise` is of another width.
    pub fn sample_at(&self, noise: &Tensor, sharpness: f64) -> Result<Tensor> {
        match &self.family {
            Family::Gaussian => &self.mean + (self.std()? * noise)?,
            Family::Laplace => &self.mean + ((self.std()? * noise)? * FRAC_1_SQRT_2)?,
            Family::SpikeSlab { slab, spike } => {
                let units = slab.dim(1)?;
                let (normal, uniform) = (noise.narrow(1, 0, units)?, noise.narrow(1, units, units)?);
                let slab = (slab + (self.std()? * normal)?)?;
                let step = (((spike + uniform)? - 1.0)? * sharpness)?;
                candle_nn::ops::sigmoid(&step)? * slab
            }
        }
    }

    /// KL(q(z|x) ‖ N(0, I)) per image and unit in nats, `[N, D]`: ½(μ² + σ² − log σ² − 1) for a
    /// Gaussian (Kingma & Welling 2014, appendix B); ½ log 2π − log 2b − 1 + ½(μ² + 2b²) for a
    /// Laplace; γ times the slab's for a spike-and-slab.
    ///
    /// # Errors
    /// Passes candle's errors on.
    pub fn kl_standard_normal(&self) -> Result<Tensor> {
        let normal = |mean: &Tensor| ((mean.sqr()? + self.log_var.exp()?)? - &self.log_var)? * 0.5;
        match &self.family {
            Family::Gaussian => normal(&self.mean)? - 0.5,
            Family::Laplace => normal(&self.mean)? + (0.5 * PI.ln() - 1.0),
            Family::SpikeSlab { slab, spike } => spike * (normal(slab)? - 0.5)?,
        }
    }

    /// Keeps the `count` units of each image with the largest KL to N(0, 1); the others become N(0, 1) and carry no
    /// information (after Makhzani & Frey 2014, "k-sparse autoencoders").
    ///
    /// # Errors
    /// Fails for a family other than the Gaussian.
    pub fn winners(self, count: usize) -> Result<Self> {
        let Family::Gaussian = self.family else { candle_core::bail!("winners need a Gaussian posterior") };
        let mask = winners(&self.mean, &self.log_var, count)?;
        Ok(Self::gaussian(product(&self.mean, &mask)?, product(&self.log_var, &mask)?))
    }
}

/// 1 for the `count` units of each image with the largest KL, 0 for others, `[N, D]`.
fn winners(mean: &Tensor, log_var: &Tensor, count: usize) -> Result<Tensor> {
    let shape = mean.dims2()?;
    let kl: Vec<f32> = to_vec(mean)?.iter().zip(to_vec(log_var)?).map(|(m, v)| m * m + v.exp() - v).collect();
    let mut mask = vec![0f32; kl.len()];
    for (kl, mask) in kl.chunks(shape.1).zip(mask.chunks_mut(shape.1)) {
        for (unit, mask) in mask.iter_mut().enumerate() {
            let ahead = |&other: &usize| kl[other].total_cmp(&kl[unit]).then(unit.cmp(&other)).is_gt();
            let rank = (0..kl.len()).filter(ahead).count();
            *mask = f32::from(u8::from(rank < count));
        }
    }
    Tensor::from_vec(mask, shape, mean.device())
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::Device;

    #[test]
    fn kl_to_the_standard_normal_matches_hand_computed_values() -> Result<()> {
        let posterior = Posterior::gaussian(
            Tensor::new(&[[0f32, 1.0, -2.0]], &Device::Cpu)?,
            Tensor::new(&[[0f32, 0.0, (0.25f32).ln()]], &Device::Cpu)?,
        );
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
        let posterior = Posterior::from_statistics(PosteriorKind::Gaussian, &statistics)?;
        let kl = posterior.kl_standard_normal()?.to_vec2::<f32>()?;
        assert!(kl[0].iter().all(|v| v.is_finite()));
        Ok(())
    }

    /// KL to N(0, 1) of a density by the midpoint rule over ±30.
    fn by_quadrature(density: impl Fn(f64) -> f64) -> f64 {
        let steps = 600_000;
        let width = 60.0 / f64::from(steps);
        (0..steps)
            .map(|i| {
                let z = -30.0 + (f64::from(i) + 0.5) * width;
                let (q, log_p) = (density(z), -0.5 * z * z - 0.5 * (2.0 * PI).ln());
                if q > 0.0 { q * (q.ln() - log_p) * width } else { 0.0 }
            })
            .sum()
    }

    #[test]
    fn a_laplace_posteriors_kl_is_the_integral() -> Result<()> {
        for (mean, std) in [(0.0, 1.0), (1.5, 0.3), (-2.0, 0.8)] {
            let posterior = Posterior {
                mean: Tensor::new(&[[mean as f32]], &Device::Cpu)?,
                log_var: Tensor::new(&[[(2.0 * f64::ln(std)) as f32]], &Device::Cpu)?,
                family: Family::Laplace,
            };
            let scale = std * FRAC_1_SQRT_2;
            let expected = by_quadrature(|z| (-(z - mean).abs() / scale).exp() / (2.0 * scale));
            let got = f64::from(posterior.kl_standard_normal()?.to_vec2::<f32>()?[0][0]);
            assert!((got - expected).abs() < 1e-3, "{got} is not {expected}");
        }
        Ok(())
    }

    #[test]
    fn samples_have_the_posteriors_mean_and_variance() -> Result<()> {
        let (n, device) = (40_000, Device::Cpu);
        let mut rng = crate::random::stream(1, crate::random::Purpose::Noise, 1);
        // μ 2, σ ½, and for the spike-and-slab γ = exp(−½): E = γμ, Var = γ(σ² + μ²) − γ²μ².
        let gamma = (-0.5f64).exp();
        let spiked = gamma * (0.25 + 4.0) - (2.0 * gamma).powi(2);
        for (kind, mean, variance) in [
            (PosteriorKind::Gaussian, 2.0, 0.25),
            (PosteriorKind::Laplace, 2.0, 0.25),
            (PosteriorKind::SpikeSlab, 2.0 * gamma, spiked),
        ] {
            let row: &[f32] = &[2.0, 0.25f32.ln(), -0.5][..kind.statistics()];
            let statistics = Tensor::new(row, &device)?.unsqueeze(0)?.repeat((n, 1))?;
            let posterior = Posterior::from_statistics(kind, &statistics)?;
            let noise = Tensor::from_vec(kind.noise(n, 1, &mut rng), (n, kind.noise_width(1)), &device)?;
            let sample = posterior.sample(&noise)?;
            let got = f64::from(sample.mean_all()?.to_scalar::<f32>()?);
            let spread = f64::from((&sample - got)?.sqr()?.mean_all()?.to_scalar::<f32>()?);
            let stated = f64::from(posterior.mean.mean_all()?.to_scalar::<f32>()?);
            assert!((stated - mean).abs() < 1e-4 && (got - mean).abs() < 0.02, "{kind:?}: mean {got}");
            assert!((spread - variance).abs() < 0.04, "{kind:?}: variance {spread}, not {variance}");
        }
        Ok(())
    }

    #[test]
    fn only_the_winners_of_each_image_tell_anything() -> Result<()> {
        let posterior = Posterior::gaussian(
            Tensor::new(&[[3f32, 0.1, -2.0], [0.0, 0.2, 0.0]], &Device::Cpu)?,
            Tensor::new(&[[-1f32, -1.0, -1.0], [0.0, -0.1, -5.0]], &Device::Cpu)?,
        );
        let kl = posterior.winners(2)?.kl_standard_normal()?.to_vec2::<f32>()?;
        assert!(kl[0][0] > 0.0 && kl[0][1] == 0.0 && kl[0][2] > 0.0, "{kl:?}");
        assert!(kl[1][0] == 0.0 && kl[1][1] > 0.0 && kl[1][2] > 0.0, "{kl:?}");
        Ok(())
    }
}
