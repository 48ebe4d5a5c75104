//! Likelihoods with a learnt scale, fused and numerically stable, on the CPU. They cost one or two
//! exponentials and a logarithm per value, where candle's own operations make about twenty passes over
//! the images.
//!
//! With μ = σ(l), e = x − μ, p = exp(−log s) and bin width b = 1/255:
//!
//! | | −log p(x\|l) | derivative in μ | derivative in log s |
//! |---|---|---|---|
//! | Gaussian | (e·p)²/2 + log s + ½·log 2π | −e·p² | 1 − (e·p)² |
//! | logistic | ζ(−a) + ζ(c) − log(1 − exp(−b·p)) | p·(σ(−a) − σ(c)) | a·σ(−a) − c·σ(c) + b·p/(exp(b·p) − 1) |
//!
//! with a = (e + b/2)·p, c = (e − b/2)·p and ζ(v) = log(1 + exp(v)) (Salimans et al. 2017). The bin of
//! black extends to −∞ and that of white to ∞, so the terms in c (black) or a (white) and the last term
//! vanish there.

use candle_core::{CpuStorage, CustomOp3, Layout, Result, Shape, Tensor};
use pulp::{Arch, NullaryFnOnce};

use super::batch::for_images;
use super::elementary::{LANES, exp_negative, flushed, log_one_plus, sigmoid};
use super::storage::{training_only, values, with_values};

/// Distance between neighbouring 8-bit values.
pub(crate) const BIN: f32 = 1.0 / 255.0;
/// ½ log 2π.
pub(crate) const HALF_LOG_TAU: f64 = 0.918_938_533_204_672_8;

/// A likelihood family with a scale.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scaled {
    Gaussian,
    Logistic,
}

/// Computes −log p(x|l), summed over each image, in nats. Logits and images `[N, …]`, log s `[1]` →
/// `[N]`. The gradient flows to the logits and the scale.
///
/// # Errors
/// Fails if the shapes differ or the tensors aren't on the CPU.
pub(crate) fn scaled_nll(
    kind: Scaled,
    logits: &Tensor,
    images: &Tensor,
    log_scale: &Tensor,
) -> Result<Tensor> {
    logits.contiguous()?.apply_op3(&images.detach().contiguous()?, &log_scale.contiguous()?, kind)
}

/// Likelihood of a single value.
trait Family: Copy + Sync {
    /// −log p(x|l).
    fn nll(self, l: f32, x: f32) -> f32;
    /// Derivatives in l and in log s.
    fn slopes(self, l: f32, x: f32) -> (f32, f32);
}

#[derive(Clone, Copy)]
struct Gaussian {
    /// p.
    precision: f32,
    /// log s + ½·log 2π.
    constant: f32,
}

impl Gaussian {
    fn of(log_scale: f32) -> Self {
        let log_scale = f64::from(log_scale);
        Self { precision: (-log_scale).exp() as f32, constant: (log_scale + HALF_LOG_TAU) as f32 }
    }
}

impl Family for Gaussian {
    #[inline(always)]
    fn nll(self, l: f32, x: f32) -> f32 {
        let off = (x - sigmoid(l)) * self.precision;
        0.5 * off * off + self.constant
    }

    #[inline(always)]
    fn slopes(self, l: f32, x: f32) -> (f32, f32) {
        let mean = sigmoid(l);
        let off = (x - mean) * self.precision;
        (-off * self.precision * mean * (1.0 - mean), 1.0 - off * off)
    }
}

#[derive(Clone, Copy)]
struct Logistic {
    /// p.
    precision: f32,
    /// −log(1 − exp(−b·p)).
    constant: f32,
    /// b·p/(exp(b·p) − 1).
    slope: f32,
}

impl Logistic {
    fn of(log_scale: f32) -> Self {
        let precision = (-f64::from(log_scale)).exp();
        let bin = f64::from(BIN) * precision;
        let (constant, slope) = (-(-(-bin).exp_m1()).ln(), bin / bin.exp_m1());
        Self { precision: precision as f32, constant: constant as f32, slope: slope as f32 }
    }

    /// a and c.
    #[inline(always)]
    fn edges(self, off: f32) -> (f32, f32) {
        ((off + BIN / 2.0) * self.precision, (off - BIN / 2.0) * self.precision)
    }
}

impl Family for Logistic {
    #[inline(always)]
    fn nll(self, l: f32, x: f32) -> f32 {
        let (a, c) = self.edges(x - sigmoid(l));
        let (up, down) = sides(x);
        up * softplus(-a) + down * softplus(c) + up * down * self.constant
    }

    #[inline(always)]
    fn slopes(self, l: f32, x: f32) -> (f32, f32) {
        let mean = sigmoid(l);
        let (a, c) = self.edges(x - mean);
        let (up, down) = sides(x);
        let (upper, lower) = (up * sigmoid(-a), down * sigmoid(c));
        let by_mean = self.precision * (upper - lower);
        (by_mean * mean * (1.0 - mean), a * upper - c * lower + up * down * self.slope)
    }
}

/// 0 for white and 0 for black respectively, otherwise 1.
#[inline(always)]
fn sides(x: f32) -> (f32, f32) {
    let (not_white, not_black) = (x < 1.0 - BIN / 4.0, x > BIN / 4.0);
    (f32::from(u8::from(not_white)), f32::from(u8::from(not_black)))
}

/// log(1 + exp(v)).
#[inline(always)]
fn softplus(v: f32) -> f32 {
    v.max(0.0) + log_one_plus(exp_negative(-v.abs()))
}

/// −log p of one image. A struct instead of a closure, because a closure called through another may be
/// compiled without vector instructions.
struct Sum<'a, F> {
    logits: &'a [f32],
    images: &'a [f32],
    family: F,
}

impl<F: Family> NullaryFnOnce for Sum<'_, F> {
    type Output = f32;

    #[inline(always)]
    fn call(self) -> f32 {
        let mut sums = [0f32; LANES];
        let (ls, l_tail) = self.logits.as_chunks::<LANES>();
        let (xs, x_tail) = self.images.as_chunks::<LANES>();
        for (l, x) in ls.iter().zip(xs) {
            for i in 0..LANES {
                sums[i] += self.family.nll(l[i], x[i]);
            }
        }
        let tail: f32 = l_tail.iter().zip(x_tail).map(|(&l, &x)| self.family.nll(l, x)).sum();
        sums.iter().sum::<f32>() + tail
    }
}

/// Writes `weight` times the derivatives in an image's logits, and returns that in log s.
struct Slopes<'a, F> {
    logits: &'a [f32],
    images: &'a [f32],
    weight: f32,
    out: &'a mut [f32],
    family: F,
}

impl<F: Family> NullaryFnOnce for Slopes<'_, F> {
    type Output = f32;

    #[inline(always)]
    fn call(self) -> f32 {
        let mut sums = [0f32; LANES];
        let (ls, l_tail) = self.logits.as_chunks::<LANES>();
        let (xs, x_tail) = self.images.as_chunks::<LANES>();
        let (outs, out_tail) = self.out.as_chunks_mut::<LANES>();
        for ((out, l), x) in outs.iter_mut().zip(ls).zip(xs) {
            for i in 0..LANES {
                let (by_logit, by_scale) = self.family.slopes(l[i], x[i]);
                out[i] = flushed(by_logit * self.weight);
                sums[i] += by_scale;
            }
        }
        for ((out, &l), &x) in out_tail.iter_mut().zip(l_tail).zip(x_tail) {
            let (by_logit, by_scale) = self.family.slopes(l, x);
            *out = flushed(by_logit * self.weight);
            sums[0] += by_scale;
        }
        self.weight * sums.iter().sum::<f32>()
    }
}

/// −log p of each of `n` images.
fn nll(family: impl Family, logits: &[f32], images: &[f32], n: usize) -> Vec<f32> {
    let (arch, size) = (Arch::new(), logits.len() / n);
    let mut nll = vec![0.0; n];
    for_images(n, [(&mut nll, 1)], |places, [nll]| {
        for (i, nll) in places.zip(nll) {
            let (logits, images) = (&logits[i * size..][..size], &images[i * size..][..size]);
            *nll = arch.dispatch(Sum { logits, images, family });
        }
    });
    nll
}

/// Gradients of the logits and of log s, for one image per entry of `weights`.
fn slopes(family: impl Family, logits: &[f32], images: &[f32], weights: &[f32]) -> (Vec<f32>, f32) {
    let (arch, n) = (Arch::new(), weights.len());
    let size = logits.len() / n;
    let (mut by_logits, mut by_scale) = (vec![0.0; logits.len()], vec![0.0; n]);
    for_images(n, [(&mut by_logits, size), (&mut by_scale, 1)], |places, [by_logits, by_scale]| {
        for ((i, out), sum) in places.zip(by_logits.chunks_exact_mut(size)).zip(by_scale) {
            let (logits, images) = (&logits[i * size..][..size], &images[i * size..][..size]);
            *sum = arch.dispatch(Slopes { logits, images, weight: weights[i], out, family });
        }
    });
    (by_logits, by_scale.iter().sum())
}

/// Number of images.
fn count(logits: &Shape, images: &Shape, log_scale: &Shape) -> Result<usize> {
    if logits != images || logits.rank() < 2 || logits.elem_count() == 0 || log_scale.elem_count() != 1 {
        candle_core::bail!("logits of {logits:?} and a scale of {log_scale:?} don't fit images of {images:?}")
    }
    Ok(logits.dims()[0])
}

impl CustomOp3 for Scaled {
    fn name(&self) -> &'static str {
        "scaled-nll"
    }

    fn cpu_fwd(
        &self,
        logits: &CpuStorage,
        logits_layout: &Layout,
        images: &CpuStorage,
        images_layout: &Layout,
        log_scale: &CpuStorage,
        scale_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let n = count(logits_layout.shape(), images_layout.shape(), scale_layout.shape())?;
        let (logits, images) = (values(logits, logits_layout)?, values(images, images_layout)?);
        let log_scale = values(log_scale, scale_layout)?[0];
        let nll = match self {
            Self::Gaussian => nll(Gaussian::of(log_scale), logits, images, n),
            Self::Logistic => nll(Logistic::of(log_scale), logits, images, n),
        };
        Ok((CpuStorage::F32(nll), Shape::from(n)))
    }

    fn bwd(
        &self,
        logits: &Tensor,
        images: &Tensor,
        log_scale: &Tensor,
        _nll: &Tensor,
        gradient: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        training_only()?;
        count(logits.shape(), images.shape(), log_scale.shape())?;
        let gradient = gradient.contiguous()?;
        let tensors = [logits, images, log_scale, &gradient];
        let (by_logits, by_scale) = with_values(tensors, |[logits, images, log_scale, gradient]| {
            Ok(match self {
                Self::Gaussian => slopes(Gaussian::of(log_scale[0]), logits, images, gradient),
                Self::Logistic => slopes(Logistic::of(log_scale[0]), logits, images, gradient),
            })
        })?;
        let by_logits = Tensor::from_vec(by_logits, logits.shape(), logits.device())?;
        let by_scale = Tensor::from_vec(vec![by_scale], log_scale.shape(), logits.device())?;
        Ok((Some(by_logits), None, Some(by_scale)))
    }
}
