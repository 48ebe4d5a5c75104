//! The k4 s2 p1 convolution of one image, without im2col.
//!
//! Pad the fine image by one pixel and fold each 2×2 block of pixels into channels. A 4×4 kernel
//! of stride 2 becomes a 2×2 kernel of stride 1 over that folded image, `[h+1, w+1, 4F]`, where
//! `h × w` is the coarse image. Its two columns of folded pixels lie side by side in memory, so each
//! kernel row is one matrix product whose rows overlap. The coarse image gets one unused column at
//! the right, so that both images have rows of the same length and one stride fits all pixels.
//!
//! The three products here are all that convolution, transposed convolution and their gradients
//! need: a transposed convolution is the adjoint of a convolution (Dumoulin & Visin 2016, ch. 4).

use super::gemm::{Strides, Write, product};

/// Sizes of one convolution: a fine image of 2h × 2w with F channels, a coarse one of h × w with C.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Geometry {
    pub(super) height: usize,
    pub(super) width: usize,
    pub(super) fine: usize,
    pub(super) coarse: usize,
}

impl Geometry {
    /// Values of one fine image.
    pub(super) fn fine_len(&self) -> usize {
        4 * self.height * self.width * self.fine
    }

    /// Values of one coarse image.
    pub(super) fn coarse_len(&self) -> usize {
        self.height * self.width * self.coarse
    }

    /// Values of the kernel.
    pub(super) fn kernel_len(&self) -> usize {
        16 * self.fine * self.coarse
    }

    /// Values of the folded fine image.
    pub(super) fn folded_len(&self) -> usize {
        (self.height + 1) * self.row() * 4 * self.fine
    }

    /// Values of the coarse image with its unused column.
    pub(super) fn wide_len(&self) -> usize {
        self.height * self.row() * self.coarse
    }

    /// Pixels a row of both images.
    fn row(&self) -> usize {
        self.width + 1
    }

    /// Pixels that the products run over: all but the last row's unused one, whose neighbour would
    /// lie beyond the folded image.
    fn pixels(&self) -> usize {
        self.height * self.row() - 1
    }
}

/// Folds a fine image, `[2h, 2w, F]`, into `[h+1, w+1, (2, 2, F)]` with a border of zeros.
pub(super) fn fold(g: &Geometry, image: &[f32], folded: &mut [f32]) {
    let (f, row) = (g.fine, g.row());
    for (y, line) in folded.chunks_exact_mut(row * 4 * f).enumerate() {
        for py in 0..2 {
            // Padded row 2y + py holds the image's row 2y + py − 1.
            let inside = (2 * y + py).checked_sub(1).filter(|&r| r < 2 * g.height);
            for (x, pixel) in line.chunks_exact_mut(4 * f).enumerate() {
                let pair = &mut pixel[2 * f * py..2 * f * (py + 1)];
                let Some(source) = inside else {
                    pair.fill(0.0);
                    continue;
                };
                // The pair's two columns, 2x − 1 and 2x, as far as they lie in the image.
                let at = source * 2 * g.width * f;
                let columns = &image[at..at + 2 * g.width * f];
                if x == 0 {
                    pair[..f].fill(0.0);
                    pair[f..].copy_from_slice(&columns[..f]);
                } else if x == g.width {
                    pair[..f].copy_from_slice(&columns[(2 * x - 1) * f..]);
                    pair[f..].fill(0.0);
                } else {
                    pair.copy_from_slice(&columns[(2 * x - 1) * f..(2 * x + 1) * f]);
                }
            }
        }
    }
}

/// Takes a folded image apart again: the inverse of [`fold`], dropping the border.
pub(super) fn unfold(g: &Geometry, folded: &[f32], image: &mut [f32]) {
    let (f, row) = (g.fine, g.row());
    for (r, line) in image.chunks_exact_mut(2 * g.width * f).enumerate() {
        let (y, py) = (r.div_ceil(2), (r + 1) % 2);
        let folded = &folded[y * row * 4 * f..(y + 1) * row * 4 * f];
        // Columns 2x − 1 and 2x lie side by side in folded pixel x; the first and last lie alone.
        line[..f].copy_from_slice(&folded[(2 * py + 1) * f..][..f]);
        let pairs = line[f..].chunks_exact_mut(2 * f);
        for (x, pair) in pairs.enumerate() {
            pair.copy_from_slice(&folded[(4 * (x + 1) + 2 * py) * f..][..2 * f]);
        }
        let last = (2 * g.width - 1) * f;
        line[last..].copy_from_slice(&folded[(4 * g.width + 2 * py) * f..][..f]);
    }
}

/// coarse = kernel ∗ fine: `folded` → `wide`, `[h, w+1, C]`; the unused column is left undefined.
pub(super) fn coarse_from_fine(g: &Geometry, folded: &[f32], kernel: &[f32], wide: &mut [f32]) {
    let (width, k) = (4 * g.fine, 8 * g.fine);
    for ky in 0..2 {
        product(
            [g.pixels(), k, g.coarse],
            folded,
            Strides::row_major(width).at(ky * g.row() * width),
            kernel,
            Strides::row_major(g.coarse).at(ky * k * g.coarse),
            wide,
            Strides::row_major(g.coarse),
            if ky == 0 { Write::Replace } else { Write::Add },
            false,
        );
    }
}

/// fine = kernelᵀ ∗ coarse: `wide`, whose unused column must be zero, is added to `folded`.
pub(super) fn fine_from_coarse(g: &Geometry, wide: &[f32], kernel: &[f32], folded: &mut [f32]) {
    let width = 4 * g.fine;
    for tap in 0..4 {
        let shift = (tap / 2) * g.row() + tap % 2;
        product(
            [g.pixels(), g.coarse, width],
            wide,
            Strides::row_major(g.coarse),
            kernel,
            Strides::row_major(g.coarse).at(tap * width * g.coarse).transposed(),
            folded,
            Strides::row_major(width).at(shift * width),
            Write::Add,
            false,
        );
    }
}

/// Adds ∂/∂kernel to `gradient`: `folded`ᵀ · `wide`, whose unused column must be zero.
pub(super) fn kernel_gradient(g: &Geometry, folded: &[f32], wide: &[f32], gradient: &mut [f32]) {
    let (width, k) = (4 * g.fine, 8 * g.fine);
    for ky in 0..2 {
        product(
            [k, g.pixels(), g.coarse],
            folded,
            Strides::row_major(width).at(ky * g.row() * width).transposed(),
            wide,
            Strides::row_major(g.coarse),
            gradient,
            Strides::row_major(g.coarse).at(ky * k * g.coarse),
            Write::Add,
            false,
        );
    }
}

/// Spreads a coarse image, `[h, w, C]`, over rows of w + 1 pixels, the last of them zero.
pub(super) fn widen(g: &Geometry, image: &[f32], wide: &mut [f32]) {
    let length = g.width * g.coarse;
    for (line, image) in wide.chunks_exact_mut(g.row() * g.coarse).zip(image.chunks_exact(length)) {
        let (used, unused) = line.split_at_mut(length);
        used.copy_from_slice(image);
        unused.fill(0.0);
    }
}

/// The inverse of [`widen`].
pub(super) fn narrow(g: &Geometry, wide: &[f32], image: &mut [f32]) {
    let length = g.width * g.coarse;
    for (line, image) in wide.chunks_exact(g.row() * g.coarse).zip(image.chunks_exact_mut(length)) {
        image.copy_from_slice(&line[..length]);
    }
}

/// A convolution's weight, `[4, 4, F, C]`, in the order of the products: `[ky, kx, py, px, F, C]`
/// where the kernel's row is 2·ky + py and its column 2·kx + px.
pub(super) fn pack_conv(g: &Geometry, weight: &[f32]) -> Vec<f32> {
    permute(g, |row, column, f, c| weight[((4 * row + column) * g.fine + f) * g.coarse + c])
}

/// A transposed convolution's weight, `[C, 4, 4, F]`, in the same order.
pub(super) fn pack_deconv(g: &Geometry, weight: &[f32]) -> Vec<f32> {
    permute(g, |row, column, f, c| weight[(16 * c + 4 * row + column) * g.fine + f])
}

fn permute(g: &Geometry, weight: impl Fn(usize, usize, usize, usize) -> f32) -> Vec<f32> {
    let mut packed = Vec::with_capacity(g.kernel_len());
    for (row, column) in taps() {
        for f in 0..g.fine {
            packed.extend((0..g.coarse).map(|c| weight(row, column, f, c)));
        }
    }
    packed
}

/// The inverse of [`pack_conv`].
pub(super) fn unpack_conv(g: &Geometry, packed: &[f32]) -> Vec<f32> {
    let mut weight = vec![0.0; packed.len()];
    let size = g.fine * g.coarse;
    for ((row, column), block) in taps().zip(packed.chunks_exact(size)) {
        weight[(4 * row + column) * size..][..size].copy_from_slice(block);
    }
    weight
}

/// The inverse of [`pack_deconv`].
pub(super) fn unpack_deconv(g: &Geometry, packed: &[f32]) -> Vec<f32> {
    let mut weight = vec![0.0; packed.len()];
    for ((row, column), block) in taps().zip(packed.chunks_exact(g.fine * g.coarse)) {
        for (f, line) in block.chunks_exact(g.coarse).enumerate() {
            for (c, &value) in line.iter().enumerate() {
                weight[(16 * c + 4 * row + column) * g.fine + f] = value;
            }
        }
    }
    weight
}

/// Kernel row and column in the order of the products.
fn taps() -> impl Iterator<Item = (usize, usize)> {
    (0..16).map(|i| (2 * (i / 8) + i / 2 % 2, 2 * (i / 4 % 2) + i % 2))
}
