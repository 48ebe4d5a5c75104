//! fine = kernelᵀ ∗ coarse, for one image: a transposed convolution, or the input gradient of a
//! convolution.
//!
//! With y the coarse image, bordered by one pixel of zeros, and t, s in {0, 1}, the fine image is
//!
//! ```text
//! x[2i + p, 2j + q] = Σ y[i + p + t, j + q + s] · w[3 − p − 2t, 3 − q − 2s]
//! ```
//!
//! for each phase p, q in {0, 1}. Each phase is a 2×2 convolution (Dumoulin & Visin 2016, ch. 4). The two
//! pixels of a row are adjacent, so that its sums run over two runs of 2C values. Fine pixels with few
//! channels would waste most of a vector, so there the 4×4×F values under the kernel are computed for
//! each coarse pixel and then added up.

use pulp::{Simd, WithSimd};

use super::finish::{Finish, Place, Target};
use super::geometry::Geometry;
use super::pixels::{Pixels, with_pixels};
use super::tile::{Left, Right, add_products, runs};

/// Whether the fine pixels are too narrow to fill a vector.
pub(super) fn narrow(g: &Geometry) -> bool {
    g.fine <= 4
}

/// Applies one kernel to one image.
pub(super) struct Up<'a> {
    pub(super) geometry: &'a Geometry,
    /// Packed by [`kernels::up`](super::kernels::up): `[p, q, t, s, C, F]` with F rounded up to whole
    /// vectors, or `[C, 4, 4, F]` rounded up if the fine pixels are [`narrow`].
    pub(super) kernel: &'a [f32],
    /// With a border: `[h + 2, w + 2, C]`.
    pub(super) coarse: &'a [f32],
    /// Receives `[2h, 2w, F]`.
    pub(super) fine: Target<'a>,
    pub(super) finish: Finish<'a>,
    /// Scratch space for narrow fine pixels, of [`Up::scratch_len`] values.
    pub(super) spread: &'a mut [f32],
}

impl WithSimd for Up<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        let g = self.geometry;
        if narrow(g) {
            with_pixels!(S, g.height, g.width, |pixels| self.spread(simd, pixels));
            self.gather();
        } else {
            with_pixels!(S, g.height, g.width, |pixels| self.run(simd, pixels));
        }
    }
}

impl Up<'_> {
    /// Number of values in `spread` for an image of this geometry.
    pub(super) fn scratch_len(g: &Geometry) -> usize {
        if narrow(g) { g.height * g.width * 16 * g.fine } else { 0 }
    }

    #[inline(always)]
    fn run<S: Simd, const M: usize>(&mut self, simd: S, pixels: Pixels<M>) {
        let phase = self.kernel.len() / 4;
        let vectors = phase / (4 * self.geometry.coarse) / S::F32_LANES;
        for [p, q] in [[0, 0], [0, 1], [1, 0], [1, 1]] {
            for (vector, count) in runs(vectors, 2) {
                let first = vector * S::F32_LANES;
                match count {
                    2 => self.channels::<S, M, 2>(simd, pixels, [p, q], first),
                    _ => self.channels::<S, M, 1>(simd, pixels, [p, q], first),
                }
            }
        }
    }

    /// All pixels of a phase, for V vectors of channels from `first`.
    #[inline(always)]
    fn channels<S: Simd, const M: usize, const V: usize>(
        &mut self,
        simd: S,
        pixels: Pixels<M>,
        [p, q]: [usize; 2],
        first: usize,
    ) {
        let g = self.geometry;
        let (row, run) = (g.coarse_image().row(1), 2 * g.coarse);
        let phase = self.kernel.len() / 4;
        let step = phase / (4 * g.coarse);
        let (near, far) = pixels.strides(g.coarse, row);
        let start: [_; V] = self.finish.start(simd, first);
        for y in pixels.rows() {
            for x in pixels.columns() {
                let mut sums = [start; M];
                for t in 0..2 {
                    let left = Left {
                        values: self.coarse,
                        start: (y + p + t) * row + (x + q) * g.coarse,
                        step: 1,
                        row: |m| m % 4 * near + m / 4 * far,
                    };
                    let right = Right {
                        values: self.kernel,
                        start: (2 * p + q) * phase + t * run * step + first,
                        step,
                    };
                    add_products::<S, _, M, V>(simd, run, left, right, &mut sums);
                }
                let image = g.fine_image();
                let place = |border| Place {
                    start: image.at(border, 2 * y + p, 2 * x + q),
                    strides: pixels.strides(2 * image.channels, 2 * image.row(border)),
                };
                self.finish.store(simd, sums, first, &mut self.fine, place);
            }
        }
    }

    /// Computes the 4×4×F values of each coarse pixel.
    #[inline(always)]
    fn spread<S: Simd, const M: usize>(&mut self, simd: S, pixels: Pixels<M>) {
        let vectors = self.kernel.len() / self.geometry.coarse / S::F32_LANES;
        for (vector, count) in runs(vectors, 3) {
            let first = vector * S::F32_LANES;
            match count {
                3 => self.taps::<S, M, 3>(simd, pixels, first),
                _ => self.taps::<S, M, 1>(simd, pixels, first),
            }
        }
    }

    /// V vectors of each coarse pixel's values from `first`.
    #[inline(always)]
    fn taps<S: Simd, const M: usize, const V: usize>(&mut self, simd: S, pixels: Pixels<M>, first: usize) {
        let g = self.geometry;
        let (row, size) = (g.coarse_image().row(1), 16 * g.fine);
        let step = self.kernel.len() / g.coarse;
        let (near, far) = pixels.strides(g.coarse, row);
        let used = (V * S::F32_LANES).min(size - first);
        for y in pixels.rows() {
            for x in pixels.columns() {
                let mut sums = [[simd.splat_f32s(0.0); V]; M];
                let left = Left {
                    values: self.coarse,
                    start: (y + 1) * row + (x + 1) * g.coarse,
                    step: 1,
                    row: |m| m % 4 * near + m / 4 * far,
                };
                let right = Right { values: self.kernel, start: first, step };
                add_products::<S, _, M, V>(simd, g.coarse, left, right, &mut sums);
                for (m, sums) in sums.iter().enumerate() {
                    let (dy, dx) = pixels.place(m);
                    let at = ((y + dy) * g.width + x + dx) * size + first;
                    let out = &mut self.spread[at..at + used];
                    if used == V * S::F32_LANES {
                        let (out, _) = S::as_mut_simd_f32s(out);
                        for (out, sum) in out.iter_mut().zip(sums) {
                            *out = *sum;
                        }
                    } else {
                        out.copy_from_slice(&pulp::bytemuck::cast_slice(sums)[..used]);
                    }
                }
            }
        }
    }

    /// Adds up the spread values, row by row of the fine image.
    #[inline(always)]
    fn gather(&mut self) {
        let g = *self.geometry;
        let run = 4 * g.fine;
        let mut line = vec![0.0; g.fine_image().row(1)];
        let bias = match self.finish {
            Finish::Bias(bias, _) => bias[..g.fine].repeat(2 * g.width),
            Finish::Plain | Finish::Mask(_) => Vec::new(),
        };
        for row in 0..2 * g.height {
            line.fill(0.0);
            // With the border above, the row is under kernel rows r of at most two coarse rows y.
            let (half, odd) = (row.div_ceil(2), (row + 1) % 2);
            for (y, r) in [(half, odd), (half.wrapping_sub(1), odd + 2)] {
                if y >= g.height {
                    continue;
                }
                let spread = &self.spread[y * g.width * 4 * run..][..g.width * 4 * run];
                // Runs of pixels two apart are adjacent in the line; those of their neighbours overlap
                // them.
                for odd in 0..2 {
                    let pixels = spread.chunks_exact(4 * run).skip(odd).step_by(2);
                    let runs = line[odd * 2 * g.fine..].chunks_exact_mut(run);
                    for (values, pixel) in runs.zip(pixels) {
                        for (value, tap) in values.iter_mut().zip(&pixel[r * run..][..run]) {
                            *value += tap;
                        }
                    }
                }
            }
            self.finish.store_row(&line[g.fine..][..2 * g.width * g.fine], &bias, &mut self.fine, row);
        }
    }
}
