//! coarse = kernel ∗ fine, for one image: a convolution, or the input gradient of a transposed
//! convolution.
//!
//! The fine image has a border of one pixel, and the four pixels of each kernel row are adjacent in
//! memory. So each coarse pixel sums over four runs of 4F values. Tiles of pixels and channels stay in
//! registers over the whole sum.

use pulp::{Simd, WithSimd};

use super::finish::{Finish, Place, Target};
use super::geometry::Geometry;
use super::pixels::{Pixels, with_pixels};
use super::tile::{Left, Right, add_products, runs};

/// Applies one kernel to one image.
pub(super) struct Down<'a> {
    pub(super) geometry: &'a Geometry,
    /// Packed by [`kernels::down`](super::kernels::down): `[4, 4, F, C]`, with C rounded up to whole
    /// vectors.
    pub(super) kernel: &'a [f32],
    /// With a border: `[2h + 2, 2w + 2, F]`.
    pub(super) fine: &'a [f32],
    /// Receives `[h, w, C]`.
    pub(super) coarse: Target<'a>,
    pub(super) finish: Finish<'a>,
}

impl WithSimd for Down<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        with_pixels!(S, self.geometry.height, self.geometry.width, |pixels| self.run(simd, pixels));
    }
}

impl Down<'_> {
    #[inline(always)]
    fn run<S: Simd, const M: usize>(mut self, simd: S, pixels: Pixels<M>) {
        let vectors = self.kernel.len() / (16 * self.geometry.fine) / S::F32_LANES;
        for (vector, count) in runs(vectors, 2) {
            let first = vector * S::F32_LANES;
            match count {
                2 => self.channels::<S, M, 2>(simd, pixels, first),
                _ => self.channels::<S, M, 1>(simd, pixels, first),
            }
        }
    }

    /// All pixels, for V vectors of channels from `first`.
    #[inline(always)]
    fn channels<S: Simd, const M: usize, const V: usize>(
        &mut self,
        simd: S,
        pixels: Pixels<M>,
        first: usize,
    ) {
        let g = self.geometry;
        let (row, run) = (g.fine_image().row(1), 4 * g.fine);
        let step = self.kernel.len() / (16 * g.fine);
        let (near, far) = pixels.strides(2 * g.fine, 2 * row);
        let start: [_; V] = self.finish.start(simd, first);
        for y in pixels.rows() {
            for x in pixels.columns() {
                let mut sums = [start; M];
                for r in 0..4 {
                    let left = Left {
                        values: self.fine,
                        start: (2 * y + r) * row + 2 * x * g.fine,
                        step: 1,
                        row: |m| m % 4 * near + m / 4 * far,
                    };
                    let right = Right { values: self.kernel, start: r * run * step + first, step };
                    add_products::<S, _, M, V>(simd, run, left, right, &mut sums);
                }
                let image = g.coarse_image();
                let place = |border| Place {
                    start: image.at(border, y, x),
                    strides: pixels.strides(image.channels, image.row(border)),
                };
                self.finish.store(simd, sums, first, &mut self.coarse, place);
            }
        }
    }
}
