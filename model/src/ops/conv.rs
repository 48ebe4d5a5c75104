//! k4 s2 p1 convolution with fused bias and activation, on the CPU.

use candle_core::{CpuStorage, CustomOp3, Layout, Result, Shape, Tensor};

use super::batch::{for_images, sum_images};
use super::elementary::{activate, add_pixels, mask};
use super::image::{Scratch, pack_conv, unpack_conv};
use super::phases::Geometry;
use super::storage::{on_cpu, training_only, values, with_values};
use super::{Activation, device};

/// Convolution with kernel 4, stride 2, padding 1, plus bias and activation:
/// `[N, H, W, I]`, weight `[4, 4, I, O]`, bias `[O]` → `[N, H/2, W/2, O]`.
///
/// # Errors
/// Fails if the shapes don't fit or H or W is odd.
pub fn conv(x: &Tensor, weight: &Tensor, bias: &Tensor, activation: Activation) -> Result<Tensor> {
    if !on_cpu(x) {
        return device::conv(x, weight, bias, activation);
    }
    x.contiguous()?.apply_op3(weight, bias, Conv(activation))
}

struct Conv(Activation);

fn geometry(x: &Shape, weight: &Shape, bias: &Shape) -> Result<(usize, Geometry)> {
    let (n, h, w, input) = x.dims4()?;
    let (_, _, fine, coarse) = weight.dims4()?;
    let fits = weight.dims() == [4, 4, input, coarse] && bias.dims() == [coarse];
    if !fits || h % 2 != 0 || w % 2 != 0 || x.elem_count() == 0 {
        candle_core::bail!(
            "a convolution of {x:?} with weight {weight:?} and bias {bias:?} has no meaning here"
        )
    }
    Ok((n, Geometry { height: h / 2, width: w / 2, fine, coarse }))
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
        let (n, g) = geometry(x_layout.shape(), weight_layout.shape(), bias_layout.shape())?;
        let (x, bias) = (values(x, x_layout)?, values(bias, bias_layout)?);
        let kernel = pack_conv(&g, values(weight, weight_layout)?);
        let (fine, coarse) = (g.fine_len(), g.coarse_len());
        let mut y = vec![0.0; n * coarse];
        for_images(n, [(&mut y, coarse)], |images, [y]| {
            let mut scratch = Scratch::new(std::iter::once(&g));
            for (i, y) in images.zip(y.chunks_exact_mut(coarse)) {
                scratch.down(&g, &kernel, &x[i * fine..(i + 1) * fine], y);
                activate(self.0, bias, y);
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
        training_only()?;
        let (n, g) = geometry(x.shape(), weight.shape(), bias.shape())?;
        let gradient = gradient.contiguous()?;
        let (fine, coarse) = (g.fine_len(), g.coarse_len());
        let wanted = if x.track_op() { fine } else { 0 };
        let mut dx = vec![0.0; n * wanted];
        let length = g.kernel_len() + g.coarse;
        let sums = with_values([x, weight, y, &gradient], |[x, weight, y, gradient]| {
            let kernel = pack_conv(&g, weight);
            Ok(sum_images(n, length, [(&mut dx, wanted)], |images, sums, [dx]| {
                let (kernel_sum, bias_sum) = sums.split_at_mut(g.kernel_len());
                let mut scratch = Scratch::new(std::iter::once(&g));
                let mut local = vec![0.0; coarse];
                for (j, i) in images.enumerate() {
                    local.copy_from_slice(&gradient[i * coarse..(i + 1) * coarse]);
                    if self.0 == Activation::Relu {
                        mask(&y[i * coarse..(i + 1) * coarse], &mut local);
                    }
                    add_pixels(&local, bias_sum);
                    scratch.kernel_gradient(&g, &x[i * fine..(i + 1) * fine], &local, kernel_sum);
                    if wanted > 0 {
                        scratch.up_again(&g, &kernel, &local, &mut dx[j * fine..(j + 1) * fine]);
                    }
                }
            }))
        })?;
        let (dw, db) = sums.split_at(g.kernel_len());
        let dx = if wanted > 0 { Some(Tensor::from_vec(dx, x.shape(), x.device())?) } else { None };
        let dw = Tensor::from_vec(unpack_conv(&g, dw), weight.shape(), x.device())?;
        Ok((dx, Some(dw), Some(Tensor::from_slice(db, bias.shape(), x.device())?)))
    }
}
