//! Bernoulli likelihood of logits, fused and numerically stable, on the CPU.

use candle_core::{CpuStorage, CustomOp2, Layout, Result, Shape, Tensor};

use super::batch::for_images;
use super::storage::{on_cpu, training_only, values, with_values};
use super::{device, elementary};

/// Computes −log p(x|logits) of independent Bernoulli values, summed over each image, in nats:
/// Σ max(l, 0) − l·x + log(1 + exp(−|l|)). Logits and targets `[N, …]` → `[N]`; targets lie in 0 to 1.
///
/// The result is finite for every finite logit. The gradient, σ(l) − x, flows only to the logits.
///
/// # Errors
/// Fails if the shapes differ.
pub fn bernoulli_nll(logits: &Tensor, targets: &Tensor) -> Result<Tensor> {
    if !on_cpu(logits) {
        return device::bernoulli_nll(logits, targets);
    }
    logits.contiguous()?.apply_op2(&targets.detach().contiguous()?, BernoulliNll)
}

struct BernoulliNll;

/// Number of images, and values per image.
fn sizes(logits: &Shape, targets: &Shape) -> Result<(usize, usize)> {
    if logits != targets || logits.rank() < 2 || logits.elem_count() == 0 {
        candle_core::bail!("logits of {logits:?} don't fit targets of {targets:?}")
    }
    let n = logits.dims()[0];
    Ok((n, logits.elem_count() / n))
}

impl CustomOp2 for BernoulliNll {
    fn name(&self) -> &'static str {
        "bernoulli-nll"
    }

    fn cpu_fwd(
        &self,
        logits: &CpuStorage,
        logits_layout: &Layout,
        targets: &CpuStorage,
        targets_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (n, size) = sizes(logits_layout.shape(), targets_layout.shape())?;
        let (logits, targets) = (values(logits, logits_layout)?, values(targets, targets_layout)?);
        let mut nll = vec![0.0; n];
        for_images(n, [(&mut nll, 1)], |images, [nll]| {
            for (i, nll) in images.zip(nll) {
                let at = i * size;
                *nll = elementary::bernoulli_nll(&logits[at..at + size], &targets[at..at + size]);
            }
        });
        Ok((CpuStorage::F32(nll), Shape::from(n)))
    }

    fn bwd(
        &self,
        logits: &Tensor,
        targets: &Tensor,
        _nll: &Tensor,
        gradient: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>)> {
        training_only()?;
        let (n, size) = sizes(logits.shape(), targets.shape())?;
        let gradient = gradient.contiguous()?;
        let dl = with_values([logits, targets, &gradient], |[logits, targets, gradient]| {
            let mut dl = vec![0.0; n * size];
            for_images(n, [(&mut dl, size)], |images, [dl]| {
                for (i, dl) in images.zip(dl.chunks_exact_mut(size)) {
                    let at = i * size;
                    let (l, x) = (&logits[at..at + size], &targets[at..at + size]);
                    elementary::bernoulli_gradient(l, x, gradient[i], dl);
                }
            });
            Ok(dl)
        })?;
        Ok((Some(Tensor::from_vec(dl, logits.shape(), logits.device())?), None))
    }
}
