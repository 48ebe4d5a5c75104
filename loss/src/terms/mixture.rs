//! A sparse two-scale mixture of Gaussians (Mathieu, Rainforth, Siddharth & Teh 2019, "Disentangling
//! disentanglement in variational autoencoders", section 6.3): p(z) = s·N(0, t²) + (1 − s)·N(0, 1) for
//! each unit, s = 0.8 and t = 0.05 in the paper. KL(q(z|x) ‖ p(z)) is estimated from the sampled code,
//! and α·MMD²(q(z), p(z)), summed over units, moves the aggregate posterior towards the prior.

use std::f64::consts::TAU;

use candle_core::{Result, Tensor};
use model::card::Prior;
use model::config::PosteriorKind;
use model::{ModelConfig, Posterior};
use rand::{Rng, RngCore};
use rand_distr::{Distribution, StandardNormal};
use serde::{Deserialize, Serialize};

use crate::check::{Checked, invalid, not_negative, positive, share};
use crate::term::{CardEntry, Decoded, Encoded, Tensors, Term};

/// Mixture of a narrow Gaussian and N(0, 1).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Mixture {
    /// Share s of the narrow component.
    pub share: f64,
    /// Its standard deviation t.
    pub narrow: f64,
    /// Weight α of the distance between aggregate posterior and prior.
    pub alignment: f64,
}

impl Default for Mixture {
    fn default() -> Self {
        Self { share: 0.8, narrow: 0.05, alignment: 0.0 }
    }
}

impl Term for Mixture {
    fn card(&self) -> Option<CardEntry> {
        None
    }

    fn prior(&self, _trained: &Tensors, _model: &ModelConfig) -> Result<Option<Prior>> {
        Ok(Some(Prior::Mixture { share: self.share, narrow: self.narrow, alignment: self.alignment }))
    }

    fn validate(&self, model: &ModelConfig) -> Checked {
        if model.posterior != PosteriorKind::Gaussian {
            return invalid("kind", "needs model.posterior = \"gaussian\"");
        }
        share("share", self.share)?;
        positive("narrow", self.narrow)?;
        not_negative("alignment", self.alignment)
    }

    fn kl(&self, encoded: &Encoded) -> Result<Option<Tensor>> {
        self.estimated_kl(&encoded.encoding.posterior, encoded.codes).map(Some)
    }

    fn penalty(
        &self,
        encoded: &Encoded,
        _decoded: &Decoded,
        noise: &mut dyn RngCore,
    ) -> Result<Option<Tensor>> {
        if self.alignment == 0.0 {
            return Ok(None);
        }
        let codes = encoded.codes;
        let drawn: Vec<f32> = (0..codes.elem_count())
            .map(|_| {
                let value: f32 = StandardNormal.sample(noise);
                if noise.random_bool(self.share) { self.narrow as f32 * value } else { value }
            })
            .collect();
        let drawn = Tensor::from_vec(drawn, codes.shape(), codes.device())?;
        (discrepancy(codes, &drawn)? * self.alignment).map(Some)
    }
}

impl Mixture {
    /// KL(q(z|x) ‖ p(z)) per image and unit, `[N, D]`, estimated from `codes`.
    fn estimated_kl(self, posterior: &Posterior, codes: &Tensor) -> Result<Tensor> {
        let scaled = ((codes - &posterior.mean)?.sqr()? * posterior.log_var.neg()?.exp()?)?;
        let log_q = ((scaled + &posterior.log_var)? * -0.5)?;
        (log_q - self.log_density(codes)?)? - 0.5 * TAU.ln()
    }

    /// log p(z) per image and unit.
    fn log_density(self, codes: &Tensor) -> Result<Tensor> {
        let component =
            |share: f64, std: f64| (codes.sqr()? * (-0.5 / (std * std)))? + (share / (std * TAU.sqrt())).ln();
        let (narrow, wide) = (component(self.share, self.narrow)?, component(1.0 - self.share, 1.0)?);
        Tensor::stack(&[narrow, wide], 0)?.log_sum_exp(0)
    }
}

/// Σ over units of MMD² between two samples, `[N, D]` each, under Σ_s s/(s + d²) for s = 0.2, 0.5, 0.9,
/// 1.3, the inverse multiquadric kernels of that paper's code (unbiased: Gretton et al. 2012, eq. 3).
fn discrepancy(a: &Tensor, b: &Tensor) -> Result<Tensor> {
    let n = a.dim(0)? as f64;
    let kernel = |x: &Tensor, y: &Tensor| -> Result<Tensor> {
        let distance = x.unsqueeze(0)?.broadcast_sub(&y.unsqueeze(1)?)?.sqr()?;
        let mut sum = distance.zeros_like()?;
        for scale in [0.2, 0.5, 0.9, 1.3] {
            sum = (sum + ((&distance + scale)?.recip()? * scale)?)?;
        }
        sum.sum_all()
    };
    // Each of the N·D diagonal terms of a kernel is 4.
    let diagonal = 4.0 * a.elem_count() as f64;
    let within = ((kernel(a, a)? + kernel(b, b)?)? - 2.0 * diagonal)?;
    (within / (n * (n - 1.0)))? - (kernel(a, b)? * (2.0 / (n * n)))?
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::Device;
    use model::random::{Purpose, stream};

    #[test]
    fn the_kl_of_a_code_matches_a_hand_computed_one() -> Result<()> {
        let device = Device::Cpu;
        let posterior =
            Posterior::gaussian(Tensor::new(&[[1f32]], &device)?, Tensor::new(&[[0f32]], &device)?);
        let codes = Tensor::new(&[[0.5f32]], &device)?;
        let prior = Mixture { share: 0.5, narrow: 0.5, alignment: 0.0 };
        let kl = prior.estimated_kl(&posterior, &codes)?;
        // log N(½; 1, 1) − log(½·N(½; 0, ½²) + ½·N(½; 0, 1))
        let normal = |z: f64, std: f64| (-0.5 * (z / std).powi(2)).exp() / (std * TAU.sqrt());
        let expected = normal(0.5, 1.0).ln() - (0.5 * normal(0.5, 0.5) + 0.5 * normal(0.5, 1.0)).ln();
        let got = f64::from(kl.to_vec2::<f32>()?[0][0]);
        assert!((got - expected).abs() < 1e-5, "{got} is not {expected}");
        Ok(())
    }

    #[test]
    fn the_discrepancy_is_none_for_equal_distributions_and_grows_with_a_shift() -> Result<()> {
        let mut rng = stream(4, Purpose::Objective, 0);
        let mut draw = |shift: f64| -> Result<Tensor> {
            let values: Vec<f32> = (0..400).map(|_| StandardNormal.sample(&mut rng)).collect();
            Tensor::from_vec(values, (200, 2), &Device::Cpu)? + shift
        };
        let (a, b, far) = (draw(0.0)?, draw(0.0)?, draw(2.0)?);
        let same = discrepancy(&a, &b)?.to_scalar::<f32>()?;
        let other = discrepancy(&a, &far)?.to_scalar::<f32>()?;
        assert!(same.abs() < 0.1 && other > 0.5, "{same} {other}");
        Ok(())
    }
}
