//! The layers for GPUs, in candle's own operations: each one matrix product, forward, and one a
//! gradient.
//!
//! candle's CUDA convolutions, transposed and backward, are plain loops. Here the taps under each
//! kernel are gathered to rows ([`taps`]) and cuBLAS does the rest; a transposed convolution is the
//! adjoint (Dumoulin & Visin 2016, ch. 4). Weights are used as they lie in memory.
//!
//! Nothing here is tied to CUDA: tests run it on the CPU.

mod composed;
mod taps;

use candle_core::{DType, Result, Tensor};

use super::{Activation, reference};
use composed::Composed;
use taps::Taps;

/// Convolution with kernel 4, stride 2, padding 1, plus bias and activation:
/// `[N, H, W, I]`, weight `[4, 4, I, O]`, bias `[O]` → `[N, H/2, W/2, O]`.
///
/// # Errors
/// Fails if the shapes don't fit or H or W is odd.
pub fn conv(x: &Tensor, weight: &Tensor, bias: &Tensor, activation: Activation) -> Result<Tensor> {
    let ((n, h, w, input), (.., output)) = (x.dims4()?, weight.dims4()?);
    if weight.dims() != [4, 4, input, output] || h % 2 != 0 || w % 2 != 0 || x.elem_count() == 0 {
        return refuse("convolution", x, weight);
    }
    let taps = Taps::of(x.device(), h / 2, w / 2)?;
    let kernel = (16 * input, output);
    let rows = taps.spread(&x.detach())?;
    let sum = rows.matmul(&weight.detach().reshape(kernel)?)?;
    let sum = sum.reshape((n, h / 2, w / 2, output))?;
    let wanted = x.track_op();
    finish(sum, [x, weight, bias], activation, move |_, weight, gradient| {
        let gradient = gradient.reshape(((), output))?;
        let dx =
            wanted.then(|| taps.collect(&gradient.matmul(&weight.reshape(kernel)?.t()?)?)).transpose()?;
        Ok((dx, rows.t()?.matmul(&gradient)?.reshape(weight.shape())?))
    })
}

/// Transposed convolution with kernel 4, stride 2, padding 1, plus bias and activation:
/// `[N, H, W, I]`, weight `[I, 4, 4, O]`, bias `[O]` → `[N, 2H, 2W, O]`.
///
/// # Errors
/// Fails if the shapes don't fit.
pub fn deconv(x: &Tensor, weight: &Tensor, bias: &Tensor, activation: Activation) -> Result<Tensor> {
    let ((_, h, w, input), (.., output)) = (x.dims4()?, weight.dims4()?);
    if weight.dims() != [input, 4, 4, output] || x.elem_count() == 0 {
        return refuse("transposed convolution", x, weight);
    }
    let taps = Taps::of(x.device(), h, w)?;
    let kernel = (input, 16 * output);
    let rows = x.detach().contiguous()?.reshape(((), input))?;
    let sum = taps.collect(&rows.matmul(&weight.detach().reshape(kernel)?)?)?;
    let wanted = x.track_op();
    finish(sum, [x, weight, bias], activation, move |x, weight, gradient| {
        let spread = taps.spread(gradient)?;
        let dx =
            wanted.then(|| spread.matmul(&weight.reshape(kernel)?.t()?)?.reshape(x.shape())).transpose()?;
        let dw = rows.t()?.matmul(&spread)?.reshape(weight.shape())?;
        Ok((dx, dw))
    })
}

/// [`deconv`] for each weight and bias in turn, ReLU between them, nothing after the last.
///
/// # Errors
/// Fails if the shapes don't fit.
pub fn deconvs(x: &Tensor, layers: &[(&Tensor, &Tensor)]) -> Result<Tensor> {
    let mut x = x.clone();
    for (i, (weight, bias)) in layers.iter().enumerate() {
        let last = i + 1 == layers.len();
        x = deconv(&x, weight, bias, if last { Activation::None } else { Activation::Relu })?;
    }
    Ok(x)
}

/// x·Wᵀ plus bias and activation: `[N, I]`, weight `[O, I]`, bias `[O]` → `[N, O]`.
///
/// # Errors
/// Fails if the shapes don't fit.
pub fn dense(x: &Tensor, weight: &Tensor, bias: &Tensor, activation: Activation) -> Result<Tensor> {
    let sum = x.detach().matmul(&weight.detach().t()?)?;
    let wanted = x.track_op();
    finish(sum, [x, weight, bias], activation, move |x, weight, gradient| {
        let dx = wanted.then(|| gradient.matmul(weight)).transpose()?;
        Ok((dx, gradient.t()?.matmul(x)?))
    })
}

/// −log p(x|logits) of independent Bernoulli pixels, summed over each image, in nats, `[N]`; its
/// gradient, σ(l) − x, reaches the logits alone.
///
/// # Errors
/// Fails if the shapes differ.
pub fn bernoulli_nll(logits: &Tensor, targets: &Tensor) -> Result<Tensor> {
    let nll = reference::bernoulli_nll(&logits.detach(), &targets.detach())?;
    let composed = Composed::new(nll, |[logits, targets], gradient| {
        let each = (candle_nn::ops::sigmoid(&logits.contiguous()?)? - targets)?.flatten_from(1)?;
        let each = each.broadcast_mul(&gradient.unsqueeze(1)?)?;
        Ok([Some(each.reshape(logits.shape())?), None])
    })?;
    logits.apply_op2(targets, composed)
}

/// Adds bias and activation to a layer's sum. `backward` gives the gradients of input and weight from
/// those two and the sum's gradient.
fn finish(
    sum: Tensor,
    inputs: [&Tensor; 3],
    activation: Activation,
    backward: impl Fn(&Tensor, &Tensor, &Tensor) -> Result<(Option<Tensor>, Tensor)> + Send + Sync + 'static,
) -> Result<Tensor> {
    let [x, weight, bias] = inputs;
    let sum = sum.broadcast_add(&bias.detach())?;
    // Where the ReLU lets gradients through, 1, else 0.
    let (y, open) = match activation {
        Activation::None => (sum, None),
        Activation::Relu => {
            let y = sum.relu()?;
            (y.clone(), Some(y))
        }
    };
    let composed = Composed::new(y, move |[x, weight, bias], gradient| {
        let masked = match &open {
            Some(y) => (gradient * y.sign()?)?,
            None => gradient.clone(),
        };
        let (dx, dw) = backward(x, weight, &masked)?;
        Ok([dx, Some(dw), Some(column_sums(&masked.reshape(((), bias.elem_count()))?)?)])
    })?;
    x.apply_op3(weight, bias, composed)
}

/// Sums over rows, `[P, C]` → `[C]`, as a product: candle would give each column to one block.
fn column_sums(rows: &Tensor) -> Result<Tensor> {
    Tensor::ones((1, rows.dim(0)?), DType::F32, rows.device())?.matmul(rows)?.squeeze(0)
}

fn refuse(layer: &str, x: &Tensor, weight: &Tensor) -> Result<Tensor> {
    candle_core::bail!("a {layer} of {:?} with weight {:?} has no meaning here", x.shape(), weight.shape())
}
