//! Gradient of a kernel, over a few images at once.
//!
//! ∂/∂w\[r, k, f, c\] = Σ fine\[2y + r, 2x + k, f\] · coarse\[y, x, c\], where the fine image has a
//! border. A tile of the kernel stays in registers over all pixels of all images.

use pulp::{Simd, WithSimd};

use super::geometry::Geometry;
use super::tile::{Left, Right, add_products};

/// Writes the gradient of a kernel, or adds it to `sum`.
pub(super) struct Slope<'a> {
    pub(super) geometry: &'a Geometry,
    /// Fine and coarse side of each image, both with a border.
    pub(super) images: &'a [(&'a [f32], &'a [f32])],
    /// `[4, 4, F, C]`.
    pub(super) sum: &'a mut [f32],
    pub(super) add: bool,
}

impl WithSimd for Slope<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        let taps = 4 * self.geometry.fine;
        if S::F32_LANES >= 16 && taps.is_multiple_of(8) {
            self.run::<S, 8>(simd);
        } else if S::F32_LANES >= 16 && taps.is_multiple_of(12) {
            self.run::<S, 12>(simd);
        } else {
            self.run::<S, 4>(simd);
        }
    }
}

impl Slope<'_> {
    #[inline(always)]
    fn run<S: Simd, const M: usize>(&mut self, simd: S) {
        let channels = self.geometry.coarse;
        for row in 0..4 {
            for tap in (0..4 * self.geometry.fine).step_by(M) {
                let mut first = 0;
                while first < channels {
                    if channels - first > S::F32_LANES {
                        self.tile::<S, M, 2>(simd, row, tap, first);
                        first += 2 * S::F32_LANES;
                    } else {
                        self.tile::<S, M, 1>(simd, row, tap, first);
                        first += S::F32_LANES;
                    }
                }
            }
        }
    }

    /// M taps of a kernel row, for V vectors of channels.
    #[inline(always)]
    fn tile<S: Simd, const M: usize, const V: usize>(
        &mut self,
        simd: S,
        row: usize,
        tap: usize,
        first: usize,
    ) {
        let g = self.geometry;
        let (fine_row, coarse) = (g.fine_image().row(1), g.coarse_image());
        let mut sums = [[simd.splat_f32s(0.0); V]; M];
        for (fine_values, coarse_values) in self.images {
            for y in 0..g.height {
                let left = Left {
                    values: fine_values,
                    start: (2 * y + row) * fine_row + tap,
                    step: 2 * g.fine,
                    row: |m| m,
                };
                let start = coarse.at(1, y, 0) + first;
                let right = Right { values: coarse_values, start, step: g.coarse };
                add_products::<S, _, M, V>(simd, g.width, left, right, &mut sums);
            }
        }
        let count = (V * S::F32_LANES).min(g.coarse - first);
        for (m, sums) in sums.iter().enumerate() {
            let at = (row * 4 * g.fine + tap + m) * g.coarse + first;
            let sums: &[f32] = pulp::bytemuck::cast_slice(sums);
            let total = &mut self.sum[at..at + count];
            if self.add {
                for (total, sum) in total.iter_mut().zip(sums) {
                    *total += sum;
                }
            } else {
                total.copy_from_slice(&sums[..count]);
            }
        }
    }
}
