//! One image through one convolution, forward and backward, by whichever form suits its width.

use super::columns;
use super::phases::{self, Geometry};

/// Room for one image's rearranged values, reused from image to image.
pub(super) struct Scratch {
    fine: Vec<f32>,
    coarse: Vec<f32>,
}

/// Whether the fine image is too narrow to fold: its columns then take few vectors anyway.
fn narrow(g: &Geometry) -> bool {
    16 * g.fine <= 64
}

impl Scratch {
    /// Enough for each of the layers.
    pub(super) fn new<'a>(layers: impl Iterator<Item = &'a Geometry> + Clone) -> Self {
        let most = |length: fn(&Geometry) -> usize| vec![0.0; layers.clone().map(length).max().unwrap_or(0)];
        let fine = |g: &Geometry| if narrow(g) { 4 * g.fine_len() } else { g.folded_len() };
        Self { fine: most(fine), coarse: most(Geometry::wide_len) }
    }

    fn of(&mut self, g: &Geometry) -> (&mut [f32], &mut [f32]) {
        let fine = if narrow(g) { 4 * g.fine_len() } else { g.folded_len() };
        (&mut self.fine[..fine], &mut self.coarse[..g.wide_len()])
    }

    /// coarse = kernel ∗ fine.
    pub(super) fn down(&mut self, g: &Geometry, kernel: &[f32], fine: &[f32], coarse: &mut [f32]) {
        let (folded, wide) = self.of(g);
        if narrow(g) {
            columns::spread(g, fine, folded);
            columns::coarse_from_columns(g, folded, kernel, coarse);
        } else {
            phases::fold(g, fine, folded);
            phases::coarse_from_fine(g, folded, kernel, wide);
            phases::narrow(g, wide, coarse);
        }
    }

    /// fine = kernelᵀ ∗ coarse.
    pub(super) fn up(&mut self, g: &Geometry, kernel: &[f32], coarse: &[f32], fine: &mut [f32]) {
        let (folded, wide) = self.of(g);
        if narrow(g) {
            columns::columns_from_coarse(g, coarse, kernel, folded);
            columns::gather(g, folded, fine);
        } else {
            phases::widen(g, coarse, wide);
            folded.fill(0.0);
            phases::fine_from_coarse(g, wide, kernel, folded);
            phases::unfold(g, folded, fine);
        }
    }

    /// Adds the kernel's gradient to `sum`, of either direction: one image is the layer's input, the
    /// other its output's gradient. The image's own gradient goes through [`Self::down_again`] or
    /// [`Self::up_again`], which find this one's rearranged values in place.
    pub(super) fn kernel_gradient(&mut self, g: &Geometry, fine: &[f32], coarse: &[f32], sum: &mut [f32]) {
        let (folded, wide) = self.of(g);
        if narrow(g) {
            columns::spread(g, fine, folded);
            columns::kernel_gradient(g, folded, coarse, sum);
        } else {
            phases::fold(g, fine, folded);
            phases::widen(g, coarse, wide);
            phases::kernel_gradient(g, folded, wide, sum);
        }
    }

    /// [`Self::down`] of the fine image that [`Self::kernel_gradient`] was just given.
    pub(super) fn down_again(&mut self, g: &Geometry, kernel: &[f32], coarse: &mut [f32]) {
        let (folded, wide) = self.of(g);
        if narrow(g) {
            columns::coarse_from_columns(g, folded, kernel, coarse);
        } else {
            phases::coarse_from_fine(g, folded, kernel, wide);
            phases::narrow(g, wide, coarse);
        }
    }

    /// [`Self::up`] of the coarse image that [`Self::kernel_gradient`] was just given.
    pub(super) fn up_again(&mut self, g: &Geometry, kernel: &[f32], coarse: &[f32], fine: &mut [f32]) {
        if narrow(g) {
            return self.up(g, kernel, coarse, fine);
        }
        let (folded, wide) = self.of(g);
        folded.fill(0.0);
        phases::fine_from_coarse(g, wide, kernel, folded);
        phases::unfold(g, folded, fine);
    }
}

/// A convolution's weight, `[4, 4, F, C]`, as the products want it.
pub(super) fn pack_conv(g: &Geometry, weight: &[f32]) -> Vec<f32> {
    if narrow(g) { weight.to_vec() } else { phases::pack_conv(g, weight) }
}

/// The inverse of [`pack_conv`].
pub(super) fn unpack_conv(g: &Geometry, packed: &[f32]) -> Vec<f32> {
    if narrow(g) { packed.to_vec() } else { phases::unpack_conv(g, packed) }
}

/// A transposed convolution's weight, `[C, 4, 4, F]`, as the products want it.
pub(super) fn pack_deconv(g: &Geometry, weight: &[f32]) -> Vec<f32> {
    if narrow(g) { transpose(weight, g.coarse) } else { phases::pack_deconv(g, weight) }
}

/// The inverse of [`pack_deconv`].
pub(super) fn unpack_deconv(g: &Geometry, packed: &[f32]) -> Vec<f32> {
    if narrow(g) { transpose(packed, 16 * g.fine) } else { phases::unpack_deconv(g, packed) }
}

/// The transpose of a matrix of so many rows.
fn transpose(matrix: &[f32], rows: usize) -> Vec<f32> {
    let columns = matrix.len() / rows.max(1);
    (0..columns).flat_map(|c| (0..rows).map(move |r| matrix[r * columns + c])).collect()
}
