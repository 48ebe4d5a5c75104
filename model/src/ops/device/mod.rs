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

use std::sync::{Mutex, PoisonError};

use candle_core::{DType, Device, Result, Tensor};

use super::{Activation, reference};
use composed::Composed;
use taps::Taps;

/// Rows that one sum runs over at most, if they can be split.
const LONG: usize = 4096;
/// Parts that sums over more are split into at most.
const MOST_PARTS: usize = 64;

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
        Ok((dx, product_over_rows(&rows, &gradient)?.reshape(weight.shape())?))
    })
}

/// [`conv`] for each weight and bias in turn, ReLU after each.
///
/// # Errors
/// Fails if the shapes don't fit or a side is odd.
pub fn convs(x: &Tensor, layers: &[(&Tensor, &Tensor)]) -> Result<Tensor> {
    super::in_turn(conv, x, layers, Activation::Relu)
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
        let dw = product_over_rows(&rows, &spread)?.reshape(weight.shape())?;
        Ok((dx, dw))
    })
}

/// [`deconv`] for each weight and bias in turn, ReLU between them, nothing after the last.
///
/// # Errors
/// Fails if the shapes don't fit.
pub fn deconvs(x: &Tensor, layers: &[(&Tensor, &Tensor)]) -> Result<Tensor> {
    super::in_turn(deconv, x, layers, Activation::None)
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
        Ok((dx, product_over_rows(gradient, x)?))
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
        Ok([dx, Some(dw), Some(sum_over_rows(&masked.reshape(((), bias.elem_count()))?)?)])
    })?;
    x.apply_op3(weight, bias, composed)
}

/// leftᵀ·right, `[P, A]` and `[P, B]` → `[A, B]`.
///
/// Over many rows the sums are long and few: runs of rows are then multiplied apart, so that there is
/// work for all of a GPU.
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

/// Sums over rows, `[P, C]` → `[C]`, as products: candle would give each column to one block.
fn sum_over_rows(rows: &Tensor) -> Result<Tensor> {
    let (count, columns) = rows.dims2()?;
    let parts = parts(count);
    let rows = if parts == 1 { rows.clone() } else { rows.reshape((parts, ()))? };
    let sum = ones(rows.dim(0)?, rows.device())?.matmul(&rows)?;
    if parts == 1 { sum.squeeze(0) } else { sum_over_rows(&sum.reshape(((), columns))?) }
}

/// Rows of ones made so far: a network has a handful of lengths, and each step needs them all.
static ONES: Mutex<Vec<Tensor>> = Mutex::new(Vec::new());

/// A row of ones, `[1, count]`.
fn ones(count: usize, device: &Device) -> Result<Tensor> {
    let mut known = ONES.lock().unwrap_or_else(PoisonError::into_inner);
    let fits = |row: &&Tensor| row.dims() == [1, count] && row.device().same_device(device);
    if let Some(row) = known.iter().find(fits) {
        return Ok(row.clone());
    }
    let row = Tensor::ones((1, count), DType::F32, device)?;
    known.push(row.clone());
    Ok(row)
}

/// Runs of equally many rows that a long sum is split into.
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
