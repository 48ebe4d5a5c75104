//! fine = kernelᵀ ∗ coarse, of one image: a transposed convolution, or the gradient of a convolution for
//! its input.
//!
//! With y the coarse image, bordered by one pixel of zeros, and t, s in {0, 1}, the fine one is
//!
//! ```text
//! x[2i + p, 2j + q] = Σ y[i + p + t, j + q + s] · w[3 − p − 2t, 3 − q − 2s]
//! ```
//!
//! for each phase p, q in {0, 1}: a 2×2 convolution (Dumoulin & Visin 2016, ch. 4), whose two pixels of a
//! row lie side by side, so that its sums run over two stretches of 2C values. Fine pixels of few channels
//! would waste most of a vector: there each coarse pixel gives the 4×4×F values under its kernel, which are
//! then added up.

use pulp::{Simd, WithSimd};

use super::finish::{Finish, Place, Target};
use super::geometry::Geometry;
use super::pixels::{Pixels, with_pixels};
use super::tile::{Left, Right, add_products, runs};

/// Whether the fine pixels are too narrow to fill a vector.
pub(super) fn narrow(g: &Geometry) -> bool {
    g.fine <= 4
}

/// One image through one kernel.
pub(super) struct Up<'a> {
    pub(super) geometry: &'a Geometry,
    /// As [`Kernels::up`](super::kernels::up) puts it: `[p, q, t, s, C, F]`, F rounded up to whole vectors;
    /// if the fine pixels are [`narrow`], `[C, 4, 4, F]`, rounded up likewise.
    pub(super) kernel: &'a [f32],
    /// With a border, `[h + 2, w + 2, C]`.
    pub(super) coarse: &'a [f32],
    /// Takes `[2h, 2w, F]`.
    pub(super) fine: Target<'a>,
    pub(super) finish: Finish<'a>,
    /// Room for narrow fine pixels' values, [`Up::room`].
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
    /// Values of `spread` for an image of this geometry.
    pub(super) fn room(g: &Geometry) -> usize {
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

    /// All pixels of a phase, of V vectors of channels from `first` on.
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

    /// Each coarse pixel's 4×4×F values.
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

    /// V vectors of each coarse pixel's values from `first` on.
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

    /// Adds the spread values up, row by row of the fine image.
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
            // With the border above, the row lies under kernel rows r of coarse rows y, two at most.
            let (half, odd) = (row.div_ceil(2), (row + 1) % 2);
            for (y, r) in [(half, odd), (half.wrapping_sub(1), odd + 2)] {
                if y >= g.height {
                    continue;
                }
                let spread = &self.spread[y * g.width * 4 * run..][..g.width * 4 * run];
                // Runs of pixels two apart lie side by side in the line; their neighbours overlap them.
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
