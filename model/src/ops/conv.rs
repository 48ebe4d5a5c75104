//! k4 s2 p1 convolution and transposed convolution with fused bias and activation, on the CPU.

use candle_core::{CpuStorage, CustomOp3, Layout, Result, Shape, Tensor};

use super::batch::{for_images, sum_images};
use super::phases::{
    Geometry, coarse_from_fine, fine_from_coarse, fold, kernel_gradient, pack_conv, pack_deconv, unfold,
    unpack_conv, unpack_deconv, wide_row, widen,
};
use super::storage::{values, with_values};
use super::{Activation, reference};

/// Convolution with kernel 4, stride 2, padding 1, plus bias and activation:
/// `[N, H, W, I]`, weight `[4, 4, I, O]`, bias `[O]` → `[N, H/2, W/2, O]`.
///
/// # Errors
/// Fails if the shapes don't fit or H or W is odd.
pub fn conv(x: &Tensor, weight: &Tensor, bias: &Tensor, activation: Activation) -> Result<Tensor> {
    if !x.device().is_cpu() {
        return reference::conv(x, weight, bias, activation);
    }
    x.contiguous()?.apply_op3(weight, bias, Conv(activation))
}

/// Transposed convolution with kernel 4, stride 2, padding 1, plus bias and activation:
/// `[N, H, W, I]`, weight `[I, 4, 4, O]`, bias `[O]` → `[N, 2H, 2W, O]`.
///
/// # Errors
/// Fails if the shapes don't fit.
pub fn deconv(x: &Tensor, weight: &Tensor, bias: &Tensor, activation: Activation) -> Result<Tensor> {
    if !x.device().is_cpu() {
        return reference::deconv(x, weight, bias, activation);
    }
    x.contiguous()?.apply_op3(weight, bias, Deconv(activation))
}

struct Conv(Activation);
struct Deconv(Activation);

/// Bias added, activation applied.
fn finish(activation: Activation, sums: &[f32], bias: &[f32], out: &mut [f32]) {
    for (sums, out) in sums.chunks_exact(bias.len()).zip(out.chunks_exact_mut(bias.len())) {
        for ((out, sum), bias) in out.iter_mut().zip(sums).zip(bias) {
            let y = sum + bias;
            *out = if activation == Activation::Relu { y.max(0.0) } else { y };
        }
    }
}

/// The gradient before the activation, given the one after it and the output.
fn masked(activation: Activation, gradient: &[f32], output: &[f32], out: &mut [f32]) {
    if activation == Activation::None {
        return out.copy_from_slice(gradient);
    }
    for ((out, &gradient), &output) in out.iter_mut().zip(gradient).zip(output) {
        *out = if output > 0.0 { gradient } else { 0.0 };
    }
}

/// Adds the pixels of `gradient`, each as wide as `sum`, to `sum`.
fn add_pixels(gradient: &[f32], sum: &mut [f32]) {
    for pixel in gradient.chunks_exact(sum.len()) {
        for (sum, value) in sum.iter_mut().zip(pixel) {
            *sum += value;
        }
    }
}

impl Conv {
    fn geometry(x: &Shape, weight: &Shape, bias: &Shape) -> Result<(usize, Geometry)> {
        let (n, h, w, input) = x.dims4()?;
        let (_, _, fine, coarse) = weight.dims4()?;
        let fits = weight.dims() == [4, 4, input, coarse] && bias.dims() == [coarse];
        if !fits || h % 2 != 0 || w % 2 != 0 || x.elem_count() == 0 {
            candle_core::bail!(
                "a convolution of {x:?} with weight {weight:?} and bias {bias:?} has no meaning here"
            )
        }
        let geometry = Geometry { height: h / 2, width: w / 2, fine, coarse };
        Ok((n, geometry))
    }
}

impl CustomOp3 for Conv {
    fn name(&self) -> &'static str {
        "conv-k4s2p1"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        x_layout: &Layout,
        weight: &CpuStorage,
        weight_layout: &Layout,
        bias: &CpuStorage,
        bias_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (n, g) = Self::geometry(x_layout.shape(), weight_layout.shape(), bias_layout.shape())?;
        let (x, bias) = (values(x, x_layout)?, values(bias, bias_layout)?);
        let kernel = pack_conv(&g, values(weight, weight_layout)?);
        let mut y = vec![0.0; n * g.coarse_len()];
        for_images(&mut y, g.coarse_len(), |first, y| {
            let mut folded = vec![0.0; g.folded_len()];
            let mut wide = vec![0.0; g.wide_len()];
            for (i, y) in y.chunks_exact_mut(g.coarse_len()).enumerate() {
                let image = &x[(first + i) * g.fine_len()..][..g.fine_len()];
                fold(&g, image, &mut folded, |from, to, _| to.copy_from_slice(from));
                coarse_from_fine(&g, &folded, &kernel, &mut wide);
                for (row, y) in y.chunks_exact_mut(g.width * g.coarse).enumerate() {
                    finish(self.0, wide_row(&g, &wide, row), bias, y);
                }
            }
        });
        Ok((CpuStorage::F32(y), Shape::from((n, g.height, g.width, g.coarse))))
    }

    fn bwd(
        &self,
        x: &Tensor,
        weight: &Tensor,
        bias: &Tensor,
        y: &Tensor,
        gradient: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let (n, g) = Self::geometry(x.shape(), weight.shape(), bias.shape())?;
        let gradient = gradient.contiguous()?;
        with_values([x, weight, y, &gradient], |[x_values, weight_values, y, gradient]| {
            let spread = |i: usize, wide: &mut [f32]| {
                let at = i * g.coarse_len();
                let image = &gradient[at..][..g.coarse_len()];
                widen(&g, image, wide, |from, to, start| {
                    masked(self.0, from, &y[at + start..][..from.len()], to);
                });
            };
            let sums = sum_images(n, g.kernel_len() + g.coarse, |images, sums| {
                let (kernel, bias) = sums.split_at_mut(g.kernel_len());
                let mut folded = vec![0.0; g.folded_len()];
                let mut wide = vec![0.0; g.wide_len()];
                for i in images {
                    let image = &x_values[i * g.fine_len()..][..g.fine_len()];
                    fold(&g, image, &mut folded, |from, to, _| to.copy_from_slice(from));
                    spread(i, &mut wide);
                    kernel_gradient(&g, &folded, &wide, kernel);
                    add_pixels(&wide, bias);
                }
            });
            let dx = if x.track_op() {
                let kernel = pack_conv(&g, weight_values);
                let mut dx = vec![0.0; n * g.fine_len()];
                for_images(&mut dx, g.fine_len(), |first, dx| {
                    let mut folded = vec![0.0; g.folded_len()];
                    let mut wide = vec![0.0; g.wide_len()];
                    for (i, dx) in dx.chunks_exact_mut(g.fine_len()).enumerate() {
                        spread(first + i, &mut wide);
                        folded.fill(0.0);
                        fine_from_coarse(&g, &wide, &kernel, &mut folded);
                        unfold(&g, &folded, dx, |from, to| to.copy_from_slice(from));
                    }
                });
                Some(Tensor::from_vec(dx, x.shape(), x.device())?)
            } else {
                None
            };
            let (dw, db) = sums.split_at(g.kernel_len());
            let dw = Tensor::from_vec(unpack_conv(&g, dw), weight.shape(), x.device())?;
            let db = Tensor::from_slice(db, bias.shape(), x.device())?;
            Ok((dx, Some(dw), Some(db)))
        })
    }
}

impl Deconv {
    fn geometry(x: &Shape, weight: &Shape, bias: &Shape) -> Result<(usize, Geometry)> {
        let (n, height, width, input) = x.dims4()?;
        let (coarse, _, _, fine) = weight.dims4()?;
        if weight.dims() != [input, 4, 4, fine] || bias.dims() != [fine] || x.elem_count() == 0 {
            candle_core::bail!(
                "a transposed convolution of {x:?} with weight {weight:?} and bias {bias:?} has no meaning here"
            )
        }
        let geometry = Geometry { height, width, fine, coarse };
        Ok((n, geometry))
    }
}

impl CustomOp3 for Deconv {
    fn name(&self) -> &'static str {
        "deconv-k4s2p1"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        x_layout: &Layout,
        weight: &CpuStorage,
        weight_layout: &Layout,
        bias: &CpuStorage,
        bias_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (n, g) = Self::geometry(x_layout.shape(), weight_layout.shape(), bias_layout.shape())?;
        let (x, bias) = (values(x, x_layout)?, values(bias, bias_layout)?);
        let kernel = pack_deconv(&g, values(weight, weight_layout)?);
        let mut y = vec![0.0; n * g.fine_len()];
        for_images(&mut y, g.fine_len(), |first, y| {
            let mut folded = vec![0.0; g.folded_len()];
            let mut wide = vec![0.0; g.wide_len()];
            for (i, y) in y.chunks_exact_mut(g.fine_len()).enumerate() {
                let image = &x[(first + i) * g.coarse_len()..][..g.coarse_len()];
                widen(&g, image, &mut wide, |from, to, _| to.copy_from_slice(from));
                folded.fill(0.0);
                fine_from_coarse(&g, &wide, &kernel, &mut folded);
                unfold(&g, &folded, y, |sums, y| finish(self.0, sums, bias, y));
            }
        });
        Ok((CpuStorage::F32(y), Shape::from((n, 2 * g.height, 2 * g.width, g.fine))))
    }

    fn bwd(
        &self,
        x: &Tensor,
        weight: &Tensor,
        bias: &Tensor,
        y: &Tensor,
        gradient: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let (n, g) = Self::geometry(x.shape(), weight.shape(), bias.shape())?;
        let gradient = gradient.contiguous()?;
        with_values([x, weight, y, &gradient], |[x_values, weight_values, y, gradient]| {
            let folded_gradient = |i: usize, folded: &mut [f32]| {
                let at = i * g.fine_len();
                let image = &gradient[at..][..g.fine_len()];
                fold(&g, image, folded, |from, to, start| {
                    masked(self.0, from, &y[at + start..][..from.len()], to);
                });
            };
            let sums = sum_images(n, g.kernel_len() + g.fine, |images, sums| {
                let (kernel, bias) = sums.split_at_mut(g.kernel_len());
                let mut folded = vec![0.0; g.folded_len()];
                let mut wide = vec![0.0; g.wide_len()];
                for i in images {
                    let image = &x_values[i * g.coarse_len()..][..g.coarse_len()];
                    widen(&g, image, &mut wide, |from, to, _| to.copy_from_slice(from));
                    folded_gradient(i, &mut folded);
                    kernel_gradient(&g, &folded, &wide, kernel);
                    add_pixels(&folded, bias);
                }
            });
            let dx = if x.track_op() {
                let kernel = pack_deconv(&g, weight_values);
                let mut dx = vec![0.0; n * g.coarse_len()];
                for_images(&mut dx, g.coarse_len(), |first, dx| {
                    let mut folded = vec![0.0; g.folded_len()];
                    let mut wide = vec![0.0; g.wide_len()];
                    for (i, dx) in dx.chunks_exact_mut(g.coarse_len()).enumerate() {
                        folded_gradient(first + i, &mut folded);
                        coarse_from_fine(&g, &folded, &kernel, &mut wide);
                        for (row, dx) in dx.chunks_exact_mut(g.width * g.coarse).enumerate() {
                            dx.copy_from_slice(wide_row(&g, &wide, row));
                        }
                    }
                });
                Some(Tensor::from_vec(dx, x.shape(), x.device())?)
            } else {
                None
            };
            let (dw, db) = sums.split_at(g.kernel_len());
            let dw = Tensor::from_vec(unpack_deconv(&g, dw), weight.shape(), x.device())?;
            let db = Tensor::from_slice(db, bias.shape(), x.device())?;
            Ok((dx, Some(dw), Some(db)))
        })
    }
}
