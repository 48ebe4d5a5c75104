//! The layers in candle's own operations: slow, plain, and what faster paths are held to.

use candle_core::{Result, Tensor};

use super::Activation;

/// Convolution with kernel 4, stride 2, padding 1, plus bias and activation.
///
/// # Errors
/// Fails if the shapes don't fit.
pub fn conv(x: &Tensor, weight: &Tensor, bias: &Tensor, activation: Activation) -> Result<Tensor> {
    let kernel = weight.permute((3, 2, 0, 1))?.contiguous()?;
    let x = x.permute((0, 3, 1, 2))?.contiguous()?;
    let y = x.conv2d(&kernel, 1, 2, 1, 1)?.permute((0, 2, 3, 1))?.contiguous()?;
    activate(&y.broadcast_add(bias)?, activation)
}

/// [`conv`] for each weight and bias in turn, ReLU after each.
///
/// # Errors
/// Fails if the shapes don't fit.
pub fn convs(x: &Tensor, layers: &[(&Tensor, &Tensor)]) -> Result<Tensor> {
    super::in_turn(conv, x, layers, Activation::Relu)
}

/// Transposed convolution with kernel 4, stride 2, padding 1, plus bias and activation.
///
/// # Errors
/// Fails if the shapes don't fit.
pub fn deconv(x: &Tensor, weight: &Tensor, bias: &Tensor, activation: Activation) -> Result<Tensor> {
    let kernel = weight.permute((0, 3, 1, 2))?.contiguous()?;
    let x = x.permute((0, 3, 1, 2))?.contiguous()?;
    let y = x.conv_transpose2d(&kernel, 1, 0, 2, 1)?;
    activate(&y.permute((0, 2, 3, 1))?.contiguous()?.broadcast_add(bias)?, activation)
}

/// [`deconv`] for each weight and bias in turn, ReLU between them, nothing after the last.
///
/// # Errors
/// Fails if the shapes don't fit.
pub fn deconvs(x: &Tensor, layers: &[(&Tensor, &Tensor)]) -> Result<Tensor> {
    super::in_turn(deconv, x, layers, Activation::None)
}

/// x·Wᵀ plus bias and activation.
///
/// # Errors
/// Fails if the shapes don't fit.
pub fn dense(x: &Tensor, weight: &Tensor, bias: &Tensor, activation: Activation) -> Result<Tensor> {
    activate(&x.matmul(&weight.t()?)?.broadcast_add(bias)?, activation)
}

/// −log p(x|logits) of independent Bernoulli pixels, summed over each image, in nats, `[N]`:
/// Σ max(l, 0) − l·x + log(1 + exp(−|l|)), finite for every finite logit.
///
/// # Errors
/// Fails if the shapes differ.
pub fn bernoulli_nll(logits: &Tensor, targets: &Tensor) -> Result<Tensor> {
    let tail = (logits.abs()?.neg()?.exp()? + 1.0)?.log()?;
    let nll = ((logits.relu()? - (logits * targets)?)? + tail)?;
    nll.flatten_from(1)?.sum(1)
}

fn activate(x: &Tensor, activation: Activation) -> Result<Tensor> {
    match activation {
        Activation::None => Ok(x.clone()),
        Activation::Relu => x.relu(),
    }
}
