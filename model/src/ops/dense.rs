//! Dense layer with fused bias and activation, on the CPU.

use candle_core::{CpuStorage, CustomOp3, Layout, Result, Shape, Tensor};

use super::batch::each_part;
use super::gemm::product;
use super::matrix::{Strides, Write};
use super::storage::{on_cpu, training_only, values, with_values};
use super::{Activation, device};

/// Computes x·Wᵀ plus bias and activation: `[N, I]`, weight `[O, I]`, bias `[O]` → `[N, O]`.
///
/// # Errors
/// Fails if the shapes don't match.
pub fn dense(x: &Tensor, weight: &Tensor, bias: &Tensor, activation: Activation) -> Result<Tensor> {
    if !on_cpu(x) {
        return device::dense(x, weight, bias, activation);
    }
    x.contiguous()?.apply_op3(weight, bias, Dense(activation))
}

/// Terms that are summed before they are added to the total; shorter sums round less.
const TERMS: usize = 128;

/// Images per task.
const ROWS: usize = 16;

/// Tasks per weight gradient.
const PARTS: usize = 4;

/// A product whose left and resulting matrices are row-major and contiguous.
fn rows_product(
    [m, k, n]: [usize; 3],
    left: &[f32],
    right: &[f32],
    right_strides: Strides,
    out: &mut [f32],
    write: Write,
) {
    let (rows, out_rows) = (Strides::row_major(k), Strides::row_major(n));
    product([m, k, n], left, rows, right, right_strides, out, out_rows, write);
}

/// Same as [`dense`], for plain values; the rows of `x` are as long as those of the weight.
pub(crate) fn forward(x: &[f32], weight: &[f32], bias: &[f32], activation: Activation) -> Vec<f32> {
    let (output, input) = (bias.len(), weight.len() / bias.len());
    let n = x.len() / input;
    let mut y = bias.repeat(n);
    let of_x = Strides::row_major(input);
    each_part(n, ROWS, [(&mut y, output)], |rows, [y]| {
        let x = &x[rows.start * input..rows.end * input];
        for offset in (0..input).step_by(TERMS) {
            let size = [rows.len(), TERMS.min(input - offset), output];
            let (left, right) = (Strides { offset, ..of_x }, Strides { offset, ..of_x.transposed() });
            product(size, x, left, weight, right, y, Strides::row_major(output), Write::Add);
        }
        if activation == Activation::Relu {
            y.iter_mut().for_each(|y| *y = if *y > 0.0 { *y } else { 0.0 });
        }
    });
    y
}

struct Dense(Activation);

fn sizes(x: &Shape, weight: &Shape, bias: &Shape) -> Result<[usize; 3]> {
    let (n, input) = x.dims2()?;
    let (output, width) = weight.dims2()?;
    if width != input || bias.dims() != [output] {
        candle_core::bail!(
            "a dense layer of {x:?} with weight {weight:?} and bias {bias:?} has no meaning here"
        )
    }
    Ok([n, input, output])
}

impl CustomOp3 for Dense {
    fn name(&self) -> &'static str {
        "dense"
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
        let [n, _, output] = sizes(x_layout.shape(), weight_layout.shape(), bias_layout.shape())?;
        let (x, bias) = (values(x, x_layout)?, values(bias, bias_layout)?);
        let weight = values(weight, weight_layout)?;
        let y = forward(x, weight, bias, self.0);
        Ok((CpuStorage::F32(y), Shape::from((n, output))))
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
        let [n, input, output] = sizes(x.shape(), weight.shape(), bias.shape())?;
        let gradient = gradient.contiguous()?;
        with_values([x, weight, y, &gradient], |[x_values, weight_values, y, gradient]| {
            let masked: Vec<f32> = match self.0 {
                Activation::None => gradient.to_vec(),
                Activation::Relu => {
                    gradient.iter().zip(y).map(|(&g, &y)| if y > 0.0 { g } else { 0.0 }).collect()
                }
            };
            let (of_x, of_y) = (Strides::row_major(input), Strides::row_major(output));
            let mut dw = vec![0.0; output * input];
            each_part(output, output.div_ceil(PARTS), [(&mut dw, input)], |rows, [dw]| {
                let transposed = Strides { offset: rows.start, ..of_y.transposed() };
                let size = [rows.len(), n, input];
                product(size, &masked, transposed, x_values, of_x, dw, of_x, Write::Replace);
            });
            let mut db = vec![0.0; output];
            for row in masked.chunks_exact(output) {
                db.iter_mut().zip(row).for_each(|(sum, value)| *sum += value);
            }
            let dx = if x.track_op() {
                let mut dx = vec![0.0; n * input];
                each_part(n, ROWS, [(&mut dx, input)], |rows, [dx]| {
                    let masked = &masked[rows.start * output..rows.end * output];
                    rows_product(
                        [rows.len(), output, input],
                        masked,
                        weight_values,
                        of_x,
                        dx,
                        Write::Replace,
                    );
                });
                Some(Tensor::from_vec(dx, x.shape(), x.device())?)
            } else {
                None
            };
            let dw = Tensor::from_vec(dw, weight.shape(), x.device())?;
            Ok((dx, Some(dw), Some(Tensor::from_vec(db, bias.shape(), x.device())?)))
        })
    }
}
