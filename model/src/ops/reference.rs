//! The layers in candle's own operations: slow and simple, to test the faster implementations against.

use candle_core::{Result, Tensor};

use super::Activation;

/// Computes a convolution with kernel 4, stride 2, padding 1, bias and activation:
/// `[N, H, W, I]`, weight `[4, 4, I, O]`, bias `[O]` → `[N, H/2, W/2, O]`.
///
/// # Errors
/// Fails if the shapes don't match.
pub fn conv(x: &Tensor, weight: &Tensor, bias: &Tensor, activation: Activation) -> Result<Tensor> {
    let kernel = weight.permute((3, 2, 0, 1))?.contiguous()?;
    let x = x.permute((0, 3, 1, 2))?.contiguous()?;
    let y = x.conv2d(&kernel, 1, 2, 1, 1)?.permute((0, 2, 3, 1))?.contiguous()?;
    activate(&y.broadcast_add(bias)?, activation)
}

/// Applies [`conv`] for each weight and bias in turn, with ReLU after each.
///
/// # Errors
/// Fails if the shapes don't match.
pub fn convs(x: &Tensor, layers: &[(&Tensor, &Tensor)]) -> Result<Tensor> {
    super::in_turn(conv, x, layers, Activation::Relu)
}

/// Computes a transposed convolution with kernel 4, stride 2, padding 1, bias and activation:
/// `[N, H, W, I]`, weight `[I, 4, 4, O]`, bias `[O]` → `[N, 2H, 2W, O]`.
///
/// # Errors
/// Fails if the shapes don't match.
pub fn deconv(x: &Tensor, weight: &Tensor, bias: &Tensor, activation: Activation) -> Result<Tensor> {
    let kernel = weight.permute((0, 3, 1, 2))?.contiguous()?;
    let x = x.permute((0, 3, 1, 2))?.contiguous()?;
    let y = x.conv_transpose2d(&kernel, 1, 0, 2, 1)?;
    activate(&y.permute((0, 2, 3, 1))?.contiguous()?.broadcast_add(bias)?, activation)
}

/// Applies [`deconv`] for each weight and bias in turn, with ReLU between them and no activation after
/// the last.
///
/// # Errors
/// Fails if the shapes don't match.
pub fn deconvs(x: &Tensor, layers: &[(&Tensor, &Tensor)]) -> Result<Tensor> {
    super::in_turn(deconv, x, layers, Activation::None)
}

/// Computes x·Wᵀ plus bias and activation: `[N, I]`, weight `[O, I]`, bias `[O]` → `[N, O]`.
///
/// # Errors
/// Fails if the shapes don't match.
pub fn dense(x: &Tensor, weight: &Tensor, bias: &Tensor, activation: Activation) -> Result<Tensor> {
    activate(&x.matmul(&weight.t()?)?.broadcast_add(bias)?, activation)
}

/// Computes −log p(x|logits) of independent Bernoulli values, summed over each image, in nats:
/// Σ max(l, 0) − l·x + log(1 + exp(−|l|)), finite for every finite logit. Logits and targets `[N, …]` → `[N]`.
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
