//! Transposed k4 s2 p1 convolution of one image, for targets such as wasm32 where these loops are faster
//! than products from the `gemm` crate. Each output is summed in registers and written once.
//!
//! With y the input, bordered by one pixel of zeros, and `t`, `s` in {0, 1}, the output is
//!
//! ```text
//! x[2i + p, 2j + q] = b + Σ y[i + p + t, j + q + s] · w[3 − p − 2t, 3 − q − 2s]
//! ```
//!
//! for each phase p, q in {0, 1}. The two pixels of a row are adjacent, so that a sum runs over two
//! stretches of memory. A tile of pixels and channels stays in registers over the whole sum, which
//! includes bias and ReLU, and is stored inside the next layer's border. If there are too few channels
//! for a tile, the tile covers the four phases that read the same pixels: those of x[2i − 1…2i, 2j −
//! 1…2j].

use super::geometry::Geometry;
use super::panel::{Layer, NARROW, WIDE, quads};
use super::quad::Quad;

/// Whether a tile covers the channels of a single phase.
fn wide(g: &Geometry) -> bool {
    g.fine.is_multiple_of(4 * WIDE.0)
}

/// Packs a weight `[C, 4, 4, F]` in the order of the sums: panels of a tile's channels,
/// `[t, (s, C), lanes]` each, phase by phase or with all phases together.
pub(super) fn pack(g: &Geometry, weight: &[f32]) -> Vec<f32> {
    let at = |c: usize, row: usize, column: usize, f: usize| weight[(16 * c + 4 * row + column) * g.fine + f];
    let lanes = 4 * if wide(g) { WIDE.0 } else { NARROW.0 };
    let mut packed = Vec::with_capacity(g.kernel_len());
    for panel in 0..4 * g.fine / lanes {
        for (t, s) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
            for c in 0..g.coarse {
                packed.extend((panel * lanes..(panel + 1) * lanes).map(|output| {
                    let (phase, f) = (output / g.fine, output % g.fine);
                    let (p, q) = (phase / 2, phase % 2);
                    // Without the input shift of a single phase, the rows are 2i − 1 and 2i.
                    if wide(g) {
                        at(c, 3 - p - 2 * t, 3 - q - 2 * s, f)
                    } else {
                        at(c, 2 + p - 2 * t, 2 + q - 2 * s, f)
                    }
                }));
            }
        }
    }
    packed
}

/// Runs a layer on one image with a border.
pub(super) fn run(layer: &Layer<'_>, input: &[f32], output: &mut [f32]) {
    if wide(layer.g) { layer.phases(input, output) } else { layer.quads(input, output) }
}

impl Layer<'_> {
    /// Computes one phase after another.
    fn phases(&self, input: &[f32], output: &mut [f32]) {
        const LANES: usize = 4 * WIDE.0;
        let (g, panels) = (self.g, self.g.fine / LANES);
        for (i, panel) in self.kernel.chunks_exact(4 * g.coarse * LANES).enumerate() {
            let (p, q, f) = (i / panels / 2, i / panels % 2, i % panels * LANES);
            let bias = quads(|lane| self.bias[f + lane]);
            for row in 0..g.height {
                for column in (0..g.width).step_by(WIDE.1) {
                    let columns = std::array::from_fn(|m| (column + m).min(g.width - 1));
                    let sums: [[_; WIDE.0]; WIDE.1] =
                        self.squares(input, row + p, columns.map(|c| c + q), panel, bias);
                    for (column, sums) in columns.into_iter().zip(sums) {
                        let at = self.at(2 * row + p, 2 * column + q) + f;
                        output[at..at + LANES].copy_from_slice(sums.map(Quad::values).as_flattened());
                    }
                }
            }
        }
    }

    /// Computes the four phases that read the same pixels together.
    fn quads(&self, input: &[f32], output: &mut [f32]) {
        const LANES: usize = 4 * NARROW.0;
        let g = self.g;
        for (i, panel) in self.kernel.chunks_exact(4 * g.coarse * LANES).enumerate() {
            let bias = quads(|lane| self.bias[(i * LANES + lane) % g.fine]);
            for row in 0..=g.height {
                for column in (0..=g.width).step_by(NARROW.1) {
                    let columns = std::array::from_fn(|m| (column + m).min(g.width));
                    let sums: [[_; NARROW.0]; NARROW.1] = self.squares(input, row, columns, panel, bias);
                    for (column, sums) in columns.into_iter().zip(sums) {
                        for (lane, &sum) in sums.map(Quad::values).as_flattened().iter().enumerate() {
                            let (phase, f) = ((i * LANES + lane) / g.fine, (i * LANES + lane) % g.fine);
                            let (y, x) = (2 * row + phase / 2, 2 * column + phase % 2);
                            // Output pixel (y − 1, x − 1); the outermost ones lie outside the image.
                            if (1..=2 * g.height).contains(&y) && (1..=2 * g.width).contains(&x) {
                                output[self.at(y - 1, x - 1) + f] = sum;
                            }
                        }
                    }
                }
            }
        }
    }

    /// Index of an output pixel's first value.
    fn at(&self, y: usize, x: usize) -> usize {
        ((y + self.border) * 2 * (self.g.width + self.border) + x + self.border) * self.g.fine
    }

    /// Outputs of the pixels that read `row` and `row + 1`, each from its entry of `columns` on.
    #[inline(always)]
    fn squares<const P: usize, const N: usize>(
        &self,
        input: &[f32],
        row: usize,
        columns: [usize; P],
        panel: &[f32],
        bias: [Quad; N],
    ) -> [[Quad; N]; P] {
        let line = self.g.coarse_image().row(1);
        let starts = columns.map(|column| row * line + column * self.g.coarse);
        self.tile(input, line, starts, 2 * self.g.coarse, panel, bias)
    }
}
