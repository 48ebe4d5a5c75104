//! The k4 s2 p1 convolution of one image with few fine channels: im2col.
//!
//! With one or three channels the folded image's pixels are too narrow for vectors. Here each coarse
//! pixel has a row of the 4×4×F fine values under its kernel, so that convolution, its adjoint and
//! the kernel's gradient are each one product with a whole kernel, `[16F, C]`.

use super::gemm::{Strides, Write, product};
use super::phases::Geometry;

/// Spreads a fine image, `[2h, 2w, F]`, to `[h, w, (4, 4, F)]`, zero beyond the border.
pub(super) fn spread(g: &Geometry, image: &[f32], columns: &mut [f32]) {
    columns.fill(0.0);
    each_run(g, |pixels, taps| copy(&image[pixels], &mut columns[taps]));
}

/// The adjoint of [`spread`]: adds up what each fine value was spread to.
pub(super) fn gather(g: &Geometry, columns: &[f32], image: &mut [f32]) {
    image.fill(0.0);
    each_run(g, |pixels, taps| add(&columns[taps], &mut image[pixels]));
}

/// Runs of values that lie side by side in the image and in the columns.
#[inline(always)]
fn each_run(g: &Geometry, mut run: impl FnMut(std::ops::Range<usize>, std::ops::Range<usize>)) {
    let f = g.fine;
    for y in 0..g.height {
        for row in 0..4 {
            let Some(source) = (2 * y + row).checked_sub(1).filter(|&s| s < 2 * g.height) else { continue };
            for x in 0..g.width {
                // Kernel columns that lie in the image: of the first pixel not the first, and so on.
                let (first, end) = (usize::from(x == 0), if x + 1 == g.width { 3 } else { 4 });
                let pixel = (source * 2 * g.width + 2 * x + first - 1) * f;
                let tap = ((y * g.width + x) * 16 + 4 * row + first) * f;
                let length = (end - first) * f;
                run(pixel..pixel + length, tap..tap + length);
            }
        }
    }
}

/// Copies; four values, the usual length, without a call.
#[inline(always)]
fn copy(from: &[f32], to: &mut [f32]) {
    match (<&[f32; 4]>::try_from(from), <&mut [f32; 4]>::try_from(&mut *to)) {
        (Ok(from), Ok(to)) => *to = *from,
        _ => to.copy_from_slice(from),
    }
}

#[inline(always)]
fn add(from: &[f32], to: &mut [f32]) {
    for (to, from) in to.iter_mut().zip(from) {
        *to += from;
    }
}

fn taps(g: &Geometry) -> Strides {
    Strides::row_major(16 * g.fine)
}

/// coarse = kernel ∗ fine.
pub(super) fn coarse_from_columns(g: &Geometry, columns: &[f32], kernel: &[f32], coarse: &mut [f32]) {
    let (pixels, out) = (g.height * g.width, Strides::row_major(g.coarse));
    product(
        [pixels, 16 * g.fine, g.coarse],
        columns,
        taps(g),
        kernel,
        out,
        coarse,
        out,
        Write::Replace,
        false,
    );
}

/// fine = kernelᵀ ∗ coarse, still in columns.
pub(super) fn columns_from_coarse(g: &Geometry, coarse: &[f32], kernel: &[f32], columns: &mut [f32]) {
    let (pixels, wide) = (g.height * g.width, Strides::row_major(g.coarse));
    let turned = wide.transposed();
    product(
        [pixels, g.coarse, 16 * g.fine],
        coarse,
        wide,
        kernel,
        turned,
        columns,
        taps(g),
        Write::Replace,
        false,
    );
}

/// Adds ∂/∂kernel to `gradient`.
pub(super) fn kernel_gradient(g: &Geometry, columns: &[f32], coarse: &[f32], gradient: &mut [f32]) {
    let (pixels, wide) = (g.height * g.width, Strides::row_major(g.coarse));
    let turned = taps(g).transposed();
    product(
        [16 * g.fine, pixels, g.coarse],
        columns,
        turned,
        coarse,
        wide,
        gradient,
        wide,
        Write::Add,
        false,
    );
}
