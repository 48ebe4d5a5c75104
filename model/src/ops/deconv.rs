//! k4 s2 p1 transposed convolutions, one after another, with fused bias and activation, on the CPU.
//!
//! A whole decoder's worth is one operation: an image runs through all layers while it is in the
//! cache, forward and backward, and no gradient between layers is ever a tensor that candle has to
//! clear, add to and pass on.

use std::sync::OnceLock;

use candle_core::{CpuStorage, CustomOp3, Layout, Result, Shape, Tensor};

use super::batch::{for_images, sum_images};
use super::elementary::{activate, add_pixels, mask};
use super::image::{Scratch, pack_deconv, unpack_deconv};
use super::phases::Geometry;
use super::storage::{on_cpu, training_only, values, with_values};
use super::{Activation, device};

/// Transposed convolution with kernel 4, stride 2, padding 1, plus bias and activation:
/// `[N, H, W, I]`, weight `[I, 4, 4, O]`, bias `[O]` → `[N, 2H, 2W, O]`.
///
/// # Errors
/// Fails if the shapes don't fit.
pub fn deconv(x: &Tensor, weight: &Tensor, bias: &Tensor, activation: Activation) -> Result<Tensor> {
    if !on_cpu(x) {
        return device::deconv(x, weight, bias, activation);
    }
    apply(x, &[(weight, bias)], activation)
}

/// [`deconv`] for each weight and bias in turn, ReLU between them, nothing after the last.
///
/// # Errors
/// Fails if the shapes don't fit.
pub fn deconvs(x: &Tensor, layers: &[(&Tensor, &Tensor)]) -> Result<Tensor> {
    if !on_cpu(x) {
        return device::deconvs(x, layers);
    }
    apply(x, layers, Activation::None)
}

fn apply(x: &Tensor, layers: &[(&Tensor, &Tensor)], last: Activation) -> Result<Tensor> {
    // The page's layers are frozen.
    if cfg!(target_arch = "wasm32") {
        candle_core::bail!("transposed convolutions that are not frozen are not built for wasm32")
    }
    let geometries = geometries(x.shape(), layers)?;
    if geometries.is_empty() {
        return Ok(x.clone());
    }
    let weights = layers.iter().map(|(weight, _)| weight.flatten_all()).collect::<Result<Vec<_>>>()?;
    let biases: Vec<&Tensor> = layers.iter().map(|(_, bias)| *bias).collect();
    let (weights, biases) = (Tensor::cat(&weights, 0)?, Tensor::cat(&biases, 0)?);
    let keep = x.track_op() || weights.track_op() || biases.track_op();
    let deconvs = Deconvs { geometries, last, keep, between: OnceLock::new() };
    x.contiguous()?.apply_op3(&weights, &biases, deconvs)
}

pub(super) fn geometries(x: &Shape, layers: &[(&Tensor, &Tensor)]) -> Result<Vec<Geometry>> {
    let (_, mut height, mut width, mut input) = x.dims4()?;
    let mut geometries = Vec::with_capacity(layers.len());
    for (weight, bias) in layers {
        let (coarse, _, _, fine) = weight.dims4()?;
        if weight.dims() != [input, 4, 4, fine] || bias.dims() != [fine] || x.elem_count() == 0 {
            candle_core::bail!(
                "a transposed convolution of {input} channels from {:?} with weight {:?} and bias {:?} has \
                 no meaning here",
                x,
                weight.shape(),
                bias.shape()
            )
        }
        geometries.push(Geometry { height, width, fine, coarse });
        (height, width, input) = (2 * height, 2 * width, fine);
    }
    Ok(geometries)
}

pub(super) struct Deconvs {
    geometries: Vec<Geometry>,
    last: Activation,
    /// Whether a backward pass may come.
    keep: bool,
    /// Outputs of all layers but the last, image by image, for the backward pass.
    between: OnceLock<Vec<f32>>,
}

impl Deconvs {
    /// Layers that no backward pass comes to, nothing after the last.
    pub(super) fn forward_only(geometries: Vec<Geometry>) -> Self {
        Self { geometries, last: Activation::None, keep: false, between: OnceLock::new() }
    }

    /// Values an image: of all layers' outputs but the last's.
    fn between_len(&self) -> usize {
        self.geometries.iter().rev().skip(1).map(Geometry::fine_len).sum()
    }

    fn input_len(&self) -> usize {
        self.geometries.first().map_or(0, Geometry::coarse_len)
    }

    fn output_len(&self) -> usize {
        self.geometries.last().map_or(0, Geometry::fine_len)
    }

    fn scratch(&self) -> Scratch {
        Scratch::new(self.geometries.iter())
    }

    fn pack(&self, mut weights: &[f32]) -> Vec<Vec<f32>> {
        let pack = |g: &Geometry| {
            let (weight, rest) = weights.split_at(g.kernel_len());
            weights = rest;
            pack_deconv(g, weight)
        };
        self.geometries.iter().map(pack).collect()
    }

    /// `n` images through all layers; `between` is empty unless they are kept.
    pub(super) fn all(
        &self,
        n: usize,
        kernels: &[Vec<f32>],
        biases: &[f32],
        x: &[f32],
        y: &mut [f32],
        between: &mut [f32],
    ) {
        let (input, size, output) = (self.input_len(), self.between_len(), self.output_len());
        let kept = if self.keep { size } else { 0 };
        for_images(n, [(y, output), (between, kept)], |images, [y, between]| {
            let mut scratch = self.scratch();
            let mut passing = vec![0.0; size - kept];
            for (j, (i, y)) in images.zip(y.chunks_exact_mut(output)).enumerate() {
                let between = if self.keep { &mut between[j * size..(j + 1) * size] } else { &mut passing };
                self.forward(kernels, biases, &x[i * input..][..input], between, y, &mut scratch);
            }
        });
    }

    /// One image through all layers.
    fn forward(
        &self,
        kernels: &[Vec<f32>],
        mut biases: &[f32],
        x: &[f32],
        mut between: &mut [f32],
        y: &mut [f32],
        scratch: &mut Scratch,
    ) {
        let mut input = x;
        let Some((last, inner)) = self.geometries.split_last() else { return };
        let Some((last_kernel, kernels)) = kernels.split_last() else { return };
        for (g, kernel) in inner.iter().zip(kernels) {
            let (output, rest) = between.split_at_mut(g.fine_len());
            let (bias, other) = biases.split_at(g.fine);
            scratch.up(g, kernel, input, output);
            activate(Activation::Relu, bias, output);
            (input, between, biases) = (output, rest, other);
        }
        scratch.up(last, last_kernel, input, y);
        activate(self.last, biases, y);
    }

    /// One image back through all layers: adds each layer's gradients to `sums` and, if `dx` isn't
    /// empty, writes the input's there. `gradient` is the output's and is overwritten.
    fn backward(
        &self,
        kernels: &[Vec<f32>],
        [x, between]: [&[f32]; 2],
        gradient: &mut Vec<f32>,
        spare: &mut Vec<f32>,
        [sums, dx]: [&mut [f32]; 2],
        scratch: &mut Scratch,
    ) {
        let (mut input_end, mut sums_end) = (between.len(), sums.len());
        for (layer, (g, kernel)) in self.geometries.iter().zip(kernels).enumerate().rev() {
            let sums = &mut sums[sums_end - g.kernel_len() - g.fine..sums_end];
            sums_end -= sums.len();
            let (kernel_sum, bias_sum) = sums.split_at_mut(g.kernel_len());
            let fine = &gradient[..g.fine_len()];
            add_pixels(fine, bias_sum);
            if layer == 0 {
                scratch.kernel_gradient(g, fine, x, kernel_sum);
                if !dx.is_empty() {
                    scratch.down_again(g, kernel, dx);
                }
                return;
            }
            let input = &between[input_end - g.coarse_len()..input_end];
            input_end -= input.len();
            scratch.kernel_gradient(g, fine, input, kernel_sum);
            let coarse = &mut spare[..g.coarse_len()];
            scratch.down_again(g, kernel, coarse);
            mask(input, coarse);
            std::mem::swap(gradient, spare);
        }
    }
}

impl CustomOp3 for Deconvs {
    fn name(&self) -> &'static str {
        "deconvs-k4s2p1"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        x_layout: &Layout,
        weights: &CpuStorage,
        weights_layout: &Layout,
        biases: &CpuStorage,
        biases_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let n = x_layout.dims()[0];
        let (x, biases) = (values(x, x_layout)?, values(biases, biases_layout)?);
        let kernels = self.pack(values(weights, weights_layout)?);
        let kept = if self.keep { self.between_len() } else { 0 };
        let (mut y, mut between) = (vec![0.0; n * self.output_len()], vec![0.0; n * kept]);
        self.all(n, &kernels, biases, x, &mut y, &mut between);
        if self.keep && self.between.set(between).is_err() {
            candle_core::bail!("transposed convolutions were applied twice as one operation")
        }
        let last = self.geometries.last().map_or((0, 0, 0), |g| (2 * g.height, 2 * g.width, g.fine));
        Ok((CpuStorage::F32(y), Shape::from((n, last.0, last.1, last.2))))
    }

    fn bwd(
        &self,
        x: &Tensor,
        weights: &Tensor,
        biases: &Tensor,
        y: &Tensor,
        gradient: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        training_only()?;
        let Some(between) = self.between.get() else {
            candle_core::bail!("transposed convolutions kept nothing for a backward pass")
        };
        let n = x.dim(0)?;
        let (input, size, output) = (self.input_len(), self.between_len(), self.output_len());
        let gradient = gradient.contiguous()?;
        let wanted = if x.track_op() { input } else { 0 };
        let mut dx = vec![0.0; n * wanted];
        let length = weights.elem_count() + biases.elem_count();
        let sums = with_values([x, weights, y, &gradient], |[x, weights, y, gradient]| {
            let kernels = self.pack(weights);
            let widest = self.geometries.iter().map(Geometry::fine_len).max().unwrap_or(0);
            Ok(sum_images(n, length, [(&mut dx, wanted)], |images, sums, [dx]| {
                let mut scratch = self.scratch();
                let (mut local, mut spare) = (vec![0.0; widest], vec![0.0; widest]);
                for (j, i) in images.enumerate() {
                    let range = i * output..(i + 1) * output;
                    local[..output].copy_from_slice(&gradient[range.clone()]);
                    if self.last == Activation::Relu {
                        mask(&y[range], &mut local[..output]);
                    }
                    let known = [&x[i * input..(i + 1) * input], &between[i * size..(i + 1) * size]];
                    let results = [&mut *sums, &mut dx[j * wanted..(j + 1) * wanted]];
                    self.backward(&kernels, known, &mut local, &mut spare, results, &mut scratch);
                }
            }))
        })?;
        let (mut dw, mut db) = (Vec::new(), Vec::new());
        let mut rest = sums.as_slice();
        for g in &self.geometries {
            let (kernel, after) = rest.split_at(g.kernel_len());
            let (bias, after) = after.split_at(g.fine);
            dw.extend(unpack_deconv(g, kernel));
            db.extend_from_slice(bias);
            rest = after;
        }
        let device = x.device();
        let dx = if wanted > 0 { Some(Tensor::from_vec(dx, x.shape(), device)?) } else { None };
        let (dw, db) =
            (Tensor::from_vec(dw, weights.shape(), device)?, Tensor::from_vec(db, biases.shape(), device)?);
        Ok((dx, Some(dw), Some(db)))
    }
}
