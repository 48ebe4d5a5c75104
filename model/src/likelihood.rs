//! The likelihood p(x|z) of an image given the decoder's output.
//!
//! For every family, the decoder outputs a logit l per value, and the mean is μ = 1/(1 + exp(−l)). The Gaussian
//! and the logistic have a learnt scale that all values share (σ-VAE: Rybkin, Daniilidis & Levine 2021, "Simple
//! and effective VAE training with calibrated decoders"). The scale balances reconstruction and KL; a fixed
//! scale of 1 gives blurred images.

use candle_core::{DType, Result, Tensor};
use candle_nn::VarBuilder;
use candle_nn::ops::sigmoid;

use crate::config::LikelihoodKind;
use crate::ops::{BIN, HALF_LOG_TAU, Scaled, bernoulli_nll, on_cpu, scaled_nll, to_vec};

/// Name of the tensor `[1]` with the logarithm of the scale.
pub const LOG_SCALE: &str = "decoder.log_scale";
/// Initial logarithm: a scale of 0.14 for values in `[0, 1]`.
pub const INITIAL_LOG_SCALE: f32 = -2.0;
/// Smallest logarithm. A smaller scale would resolve more than 8 bits.
const LEAST_LOG_SCALE: f32 = -6.0;

/// A likelihood with its scale.
#[derive(Clone, Debug)]
pub struct Likelihood {
    kind: LikelihoodKind,
    log_scale: Option<Tensor>,
}

impl Likelihood {
    /// Creates a likelihood with the logarithm of its scale, `[1]`, if the family has one.
    pub fn new(kind: LikelihoodKind, log_scale: Option<Tensor>) -> Self {
        Self { kind, log_scale }
    }

    /// Takes the scale, if the family has one, from `vb` under [`LOG_SCALE`].
    ///
    /// # Errors
    /// Fails if the scale is missing or of another shape.
    pub fn load(kind: LikelihoodKind, vb: &VarBuilder) -> Result<Self> {
        Ok(Self::new(kind, kind.is_scaled().then(|| vb.get(1, LOG_SCALE)).transpose()?))
    }

    /// −log p(x|l) in nats, summed over each image, `[N]`, for logits and images `[N, …]`. The Gaussian is a
    /// density, so the value may be negative; the others are probabilities.
    ///
    /// # Errors
    /// Fails if the shapes differ.
    pub fn nll(&self, logits: &Tensor, images: &Tensor) -> Result<Tensor> {
        let Some(log_scale) = &self.log_scale else { return bernoulli_nll(logits, images) };
        let log_scale = log_scale.maximum(LEAST_LOG_SCALE)?;
        if !on_cpu(logits) {
            return self.composed_nll(logits, images, &log_scale);
        }
        let family = if self.kind == LikelihoodKind::Gaussian { Scaled::Gaussian } else { Scaled::Logistic };
        scaled_nll(family, logits, images, &log_scale)
    }

    /// The families with a scale, in candle's operations.
    fn composed_nll(&self, logits: &Tensor, images: &Tensor, log_scale: &Tensor) -> Result<Tensor> {
        let mean = sigmoid(logits)?;
        let off = (images - mean)?.flatten_from(1)?;
        let precision = log_scale.neg()?.exp()?;
        if self.kind == LikelihoodKind::Gaussian {
            let squares = off.broadcast_mul(&precision)?.sqr()?;
            return ((squares * 0.5)? + HALF_LOG_TAU)?.broadcast_add(log_scale)?.sum(1);
        }
        let above = (&off + f64::from(BIN / 2.0))?.broadcast_mul(&precision)?;
        let below = (&off - f64::from(BIN / 2.0))?.broadcast_mul(&precision)?;
        let images = images.flatten_from(1)?;
        let not = |edge: &Tensor| edge.to_dtype(DType::F32);
        let (not_black, not_white) = (not(&images.gt(BIN / 4.0)?)?, not(&images.lt(1.0 - BIN / 4.0)?)?);
        // log(σ(a) − σ(b)) = log σ(a) + log σ(−b) + log(1 − exp(b − a)); 0 and 1 hold all beyond them.
        let width = (1.0 - (precision * -f64::from(BIN))?.exp()?)?.log()?;
        let inside = (&not_black * &not_white)?.broadcast_mul(&width)?;
        let upper = (softplus(&above.neg()?)? * not_white)?;
        let lower = (softplus(&below)? * not_black)?;
        ((upper + lower)? - inside)?.sum(1)
    }

    /// Like [`nll`](Self::nll) for the plain numbers of one image, as the page computes it.
    ///
    /// # Errors
    /// Fails if the scale can't be read.
    pub fn nll_of(&self, logits: &[f32], image: &[f32]) -> Result<f32> {
        let log_scale = match &self.log_scale {
            Some(scale) => to_vec(scale)?.first().copied().unwrap_or_default(),
            None => 0.0,
        };
        let values = logits.iter().zip(image);
        Ok(values.map(|(&logit, &x)| self.kind.nll(logit, x, log_scale)).sum::<f64>() as f32)
    }
}

impl LikelihoodKind {
    /// Whether the family has a learnt scale.
    pub fn is_scaled(self) -> bool {
        self != Self::Bernoulli
    }

    /// Name of the family, capitalised as usual.
    pub fn name(self) -> &'static str {
        match self {
            Self::Bernoulli => "Bernoulli",
            Self::Gaussian => "Gaussian",
            Self::Logistic => "discretised logistic",
        }
    }

    /// −log p(x|l) of a value x in `[0, 1]`, in nats.
    fn nll(self, logit: f32, x: f32, log_scale: f32) -> f64 {
        let (l, x) = (f64::from(logit), f64::from(x));
        if self == Self::Bernoulli {
            return l.max(0.0) - l * x + (-l.abs()).exp().ln_1p();
        }
        let log_scale = f64::from(log_scale.max(LEAST_LOG_SCALE));
        let off = x - 1.0 / (1.0 + (-l).exp());
        let precision = (-log_scale).exp();
        if self == Self::Gaussian {
            return 0.5 * (off * precision).powi(2) + log_scale + HALF_LOG_TAU;
        }
        let softplus = |v: f64| v.max(0.0) + (-v.abs()).exp().ln_1p();
        let bin = f64::from(BIN);
        let upper = softplus(-(off + bin / 2.0) * precision);
        let lower = softplus((off - bin / 2.0) * precision);
        if x <= bin / 4.0 {
            upper
        } else if x >= 1.0 - bin / 4.0 {
            lower
        } else {
            upper + lower - (-(-bin * precision).exp_m1()).ln()
        }
    }
}

/// log(1 + exp(x)), finite for every finite x.
fn softplus(x: &Tensor) -> Result<Tensor> {
    x.relu()? + (x.abs()?.neg()?.exp()? + 1.0)?.log()?
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::{Device, Var};
    use std::collections::HashMap;

    const KINDS: [LikelihoodKind; 3] =
        [LikelihoodKind::Bernoulli, LikelihoodKind::Gaussian, LikelihoodKind::Logistic];

    fn of(kind: LikelihoodKind, log_scale: f32) -> Likelihood {
        let tensor = Tensor::new(&[log_scale], &Device::Cpu).expect("one number fits");
        let tensors = HashMap::from([(LOG_SCALE.to_owned(), tensor)]);
        Likelihood::load(kind, &VarBuilder::from_tensors(tensors, DType::F32, &Device::Cpu))
            .expect("it is there")
    }

    #[test]
    fn both_forms_agree_and_are_finite_even_far_off() -> Result<()> {
        let logits = [-90f32, -3.0, -0.5, 0.0, 0.7, 2.0, 90.0];
        let values = [0f32, 1.0 / 255.0, 0.25, 0.5, 254.0 / 255.0, 1.0, 0.0];
        for kind in KINDS {
            for log_scale in [-9.0, -5.5, -2.0, 0.5] {
                let likelihood = of(kind, log_scale);
                let [l, x] = [&logits, &values].map(|v| Tensor::new(&[*v], &Device::Cpu));
                let tensor = likelihood.nll(&l?, &x?)?.to_vec1::<f32>()?[0];
                let plain = likelihood.nll_of(&logits, &values)?;
                assert!(plain.is_finite());
                assert!((tensor - plain).abs() <= 2e-4 * plain.abs().max(1.0), "{kind:?} {tensor} {plain}");
            }
        }
        Ok(())
    }

    #[test]
    fn the_fused_form_is_the_composed_one_with_its_gradients() -> Result<()> {
        use rand::{Rng, SeedableRng, rngs::SmallRng};
        let mut noise = SmallRng::seed_from_u64(5);
        let (n, size) = (5, 70);
        let logits: Vec<f32> = (0..n * size).map(|_| noise.random_range(-6.0..6.0)).collect();
        let images: Vec<f32> =
            (0..n * size).map(|_| (noise.random_range(0..=256) as f32 / 255.0).min(1.0)).collect();
        let images = Tensor::from_vec(images, (n, size), &Device::Cpu)?;
        let weights = Tensor::new(&[1f32, -2.0, 0.5, 3.0, 0.0], &Device::Cpu)?;
        for kind in [LikelihoodKind::Gaussian, LikelihoodKind::Logistic] {
            for log_scale in [-7.0, -4.0, -1.0, 1.0f32] {
                let logits = Var::from_vec(logits.clone(), (n, size), &Device::Cpu)?;
                let scale = Var::new(&[log_scale], &Device::Cpu)?;
                let likelihood = Likelihood::new(kind, Some(scale.as_tensor().clone()));
                let fused = likelihood.nll(&logits, &images)?;
                let floor = scale.maximum(LEAST_LOG_SCALE)?;
                let composed = likelihood.composed_nll(&logits, &images, &floor)?;
                let slopes = |nll: &Tensor| -> Result<[Vec<f32>; 2]> {
                    let gradients = (nll * &weights)?.sum_all()?.backward()?;
                    let of = |var: &Var| gradients.get(var).expect("it takes part").flatten_all()?.to_vec1();
                    Ok([of(&logits)?, of(&scale)?])
                };
                let close = |a: &[f32], b: &[f32]| {
                    let most = b.iter().fold(1f32, |most, v| most.max(v.abs()));
                    a.iter().zip(b).all(|(a, b)| (a - b).abs() <= 2e-4 * most)
                };
                assert!(close(&fused.to_vec1()?, &composed.to_vec1()?), "{kind:?} {log_scale}");
                let (fused, composed) = (slopes(&fused)?, slopes(&composed)?);
                assert!(close(&fused[0], &composed[0]), "by logits: {kind:?} {log_scale}");
                assert!(
                    close(&fused[1], &composed[1]),
                    "by scale: {kind:?} {log_scale} {:?} {:?}",
                    fused[1],
                    composed[1]
                );
            }
        }
        let odd = Tensor::zeros((n, size + 1), DType::F32, &Device::Cpu)?;
        assert!(of(LikelihoodKind::Gaussian, 0.0).nll(&odd, &images).is_err());
        Ok(())
    }

    #[test]
    fn values_worked_out_by_hand() {
        // Halfway: μ = ½.
        let ln = f64::ln;
        assert!((LikelihoodKind::Bernoulli.nll(0.0, 1.0, 0.0) - ln(2.0)).abs() < 1e-9);
        // (0.25/0.5)²/2 + ln 0.5 + ½ ln 2π.
        let gaussian = 0.125 + ln(0.5) + 0.5 * ln(std::f64::consts::TAU);
        assert!((LikelihoodKind::Gaussian.nll(0.0, 0.75, 0.5f32.ln()) - gaussian).abs() < 1e-6);
        // Black under a logistic of scale ½: σ((1/510 − ½)/½).
        let black = -ln(1.0 / (1.0 + (-(1.0 / 510.0 - 0.5) / 0.5_f64).exp()));
        assert!((LikelihoodKind::Logistic.nll(0.0, 0.0, 0.5f32.ln()) - black).abs() < 1e-6);
    }

    #[test]
    fn probabilities_sum_to_one_and_the_density_integrates_to_it() {
        let sum = |kind: LikelihoodKind, logit, log_scale| -> f64 {
            (0..=255u8).map(|v| (-kind.nll(logit, f32::from(v) / 255.0, log_scale)).exp()).sum()
        };
        for (logit, log_scale) in [(0.0, -1.0), (-3.0, -4.0), (2.0, -5.9), (0.3, 0.5)] {
            assert!((sum(LikelihoodKind::Logistic, logit, log_scale) - 1.0).abs() < 1e-4);
        }
        assert!((sum(LikelihoodKind::Gaussian, 0.0, -3.0) / 255.0 - 1.0).abs() < 1e-3);
    }

    #[test]
    fn the_scale_learns_and_no_gradient_is_lost_far_off() -> Result<()> {
        for kind in [LikelihoodKind::Gaussian, LikelihoodKind::Logistic] {
            let scale = Var::new(&[-2f32], &Device::Cpu)?;
            let logits = Var::new(&[[-40f32, 0.0, 3.0, 40.0]], &Device::Cpu)?;
            let likelihood = Likelihood::new(kind, Some(scale.as_tensor().clone()));
            let images = Tensor::new(&[[1f32, 0.5, 0.9, 0.0]], &Device::Cpu)?;
            let gradients = likelihood.nll(&logits, &images)?.sum_all()?.backward()?;
            let of = |var: &Var| gradients.get(var).expect("it takes part").flatten_all()?.to_vec1::<f32>();
            assert!(of(&logits)?.iter().all(|v| v.is_finite()));
            assert!(of(&scale)?[0] < -1.0, "with such errors the scale must grow");
        }
        Ok(())
    }
}
