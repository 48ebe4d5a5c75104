//! The layers for GPUs, in candle's own operations: one matrix product forward, and one per gradient.
//!
//! candle's CUDA kernels for transposed and backward convolutions are plain loops. Here the taps under
//! each kernel are gathered into rows (`taps`), and cuBLAS multiplies them; a transposed convolution is
//! the adjoint (Dumoulin & Visin 2016, ch. 4). Weights keep their layout in memory.
//!
//! The code is not specific to CUDA; tests run it on the CPU.

mod composed;
mod taps;

use std::sync::{Mutex, PoisonError};

use candle_core::{DType, Device, Result, Tensor};

use super::{Activation, reference};
use composed::Composed;
use taps::Taps;

/// Maximum number of rows in one sum, where they can be split.
const LONG: usize = 4096;
/// Maximum number of parts into which a longer sum is split.
const MOST_PARTS: usize = 64;

/// Computes a convolution with kernel 4, stride 2, padding 1, bias and activation:
/// `[N, H, W, I]`, weight `[4, 4, I, O]`, bias `[O]` → `[N, H/2, W/2, O]`.
///
/// # Errors
/// Fails if the shapes don't match or H or W is odd.
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
        Ok((dx, product_over_rows(&rows, &gradient)?.reshape(weight.shape())?))
    })
}

/// Applies [`conv`] for each weight and bias in turn, with ReLU after each.
///
/// # Errors
/// Fails if the shapes don't match or a side is odd.
pub fn convs(x: &Tensor, layers: &[(&Tensor, &Tensor)]) -> Result<Tensor> {
    super::in_turn(conv, x, layers, Activation::Relu)
}

/// Computes a transposed convolution with kernel 4, stride 2, padding 1, bias and activation:
/// `[N, H, W, I]`, weight `[I, 4, 4, O]`, bias `[O]` → `[N, 2H, 2W, O]`.
///
/// # Errors
/// Fails if the shapes don't match.
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
        let dw = product_over_rows(&rows, &spread)?.reshape(weight.shape())?;
        Ok((dx, dw))
    })
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
    let sum = x.detach().matmul(&weight.detach().t()?)?;
    let wanted = x.track_op();
    finish(sum, [x, weight, bias], activation, move |x, weight, gradient| {
        let dx = wanted.then(|| gradient.matmul(weight)).transpose()?;
        Ok((dx, product_over_rows(gradient, x)?))
    })
}

/// Computes −log p(x|logits) of independent Bernoulli values, summed over each image, in nats: `[N, …]` →
/// `[N]`. The gradient, σ(l) − x, flows only to the logits.
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

/// Adds bias and activation to a layer's sum. `backward` computes the gradients of the input and the
/// weight from both and the gradient of the sum.
fn finish(
    sum: Tensor,
    inputs: [&Tensor; 3],
    activation: Activation,
    backward: impl Fn(&Tensor, &Tensor, &Tensor) -> Result<(Option<Tensor>, Tensor)> + Send + Sync + 'static,
) -> Result<Tensor> {
    let [x, weight, bias] = inputs;
    let sum = sum.broadcast_add(&bias.detach())?;
    // The ReLU's output; its sign masks the gradient.
    let (y, output) = match activation {
        Activation::None => (sum, None),
        Activation::Relu => {
            let y = sum.relu()?;
            (y.clone(), Some(y))
        }
    };
    let composed = Composed::new(y, move |[x, weight, bias], gradient| {
        let masked = match &output {
            Some(y) => (gradient * y.sign()?)?,
            None => gradient.clone(),
        };
        let (dx, dw) = backward(x, weight, &masked)?;
        Ok([dx, Some(dw), Some(sum_over_rows(&masked.reshape(((), bias.elem_count()))?)?)])
    })?;
    x.apply_op3(weight, bias, composed)
}

/// Computes leftᵀ·right: `[P, A]` and `[P, B]` → `[A, B]`.
///
/// Over many rows, the sums are long and few. The rows are then split into parts that are multiplied
/// separately, to use the whole GPU.
fn product_over_rows(left: &Tensor, right: &Tensor) -> Result<Tensor> {
    let rows = left.dim(0)?;
    let parts = parts(rows);
    if parts == 1 {
        return left.t()?.matmul(right);
    }
    let (a, b) = (left.dim(1)?, right.dim(1)?);
    let (left, right) = (left.reshape((parts, (), a))?, right.reshape((parts, (), b))?);
    let each = left.transpose(1, 2)?.matmul(&right)?;
    sum_over_rows(&each.reshape((parts, a * b))?)?.reshape((a, b))
}

/// Sums over rows, `[P, C]` → `[C]`, as products, because candle would give each column to one block.
fn sum_over_rows(rows: &Tensor) -> Result<Tensor> {
    let (count, columns) = rows.dims2()?;
    let parts = parts(count);
    let rows = if parts == 1 { rows.clone() } else { rows.reshape((parts, ()))? };
    let sum = ones(rows.dim(0)?, rows.device())?.matmul(&rows)?;
    if parts == 1 { sum.squeeze(0) } else { sum_over_rows(&sum.reshape(((), columns))?) }
}

/// Cache of rows of ones: a network needs a few lengths in every step.
static CACHE: Mutex<Vec<Tensor>> = Mutex::new(Vec::new());

/// Returns a row of ones, `[1, count]`.
fn ones(count: usize, device: &Device) -> Result<Tensor> {
    let mut cache = CACHE.lock().unwrap_or_else(PoisonError::into_inner);
    let fits = |row: &&Tensor| row.dims() == [1, count] && row.device().same_device(device);
    if let Some(row) = cache.iter().find(fits) {
        return Ok(row.clone());
    }
    let row = Tensor::ones((1, count), DType::F32, device)?;
    cache.push(row.clone());
    Ok(row)
}

/// Number of equal parts into which a sum over `rows` is split.
fn parts(rows: usize) -> usize {
    if rows <= LONG { 1 } else { 1 << rows.trailing_zeros().min(MOST_PARTS.ilog2()) }
}

fn refuse(layer: &str, x: &Tensor, weight: &Tensor) -> Result<Tensor> {
    candle_core::bail!("a {layer} of {:?} with weight {:?} has no meaning here", x.shape(), weight.shape())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_sums_are_the_same_in_parts() -> Result<()> {
        for rows in [LONG, 2 * LONG, 3 * LONG + 8, LONG + 1] {
            let values: Vec<f32> = (0..rows * 3).map(|i| (i as f32 * 0.7).sin()).collect();
            let left = Tensor::from_vec(values, (rows, 3), &Device::Cpu)?;
            let right = (&left * 2.0)?.narrow(1, 0, 2)?.contiguous()?;
            let product = (product_over_rows(&left, &right)? - left.t()?.matmul(&right)?)?;
            let sum = (sum_over_rows(&left)? - left.sum(0)?)?;
            for difference in [product.flatten_all()?, sum] {
                assert!(difference.abs()?.max(0)?.to_scalar::<f32>()? < 1e-5 * rows as f32);
            }
        }
        assert_eq!([LONG, 2 * LONG, 3 * LONG + 8, LONG + 1].map(parts), [1, 64, 8, 1]);
        Ok(())
    }
}
