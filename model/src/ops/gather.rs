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

use super::Activation;
use super::chain::{Layers, Weights};
use super::geometry::Geometry;
use super::quad::Quad;

/// Quads of channels, and pixels, per tile: 8 registers of sums, which never spill and hide the latency
/// of additions.
const WIDE: (usize, usize) = (2, 4);
const NARROW: (usize, usize) = (1, 8);

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

/// Takes the images of `x` through all layers, with ReLU between them. Outputs between layers have a
/// border.
pub(super) fn run(layers: &Layers, weights: &Weights, x: &[f32], y: &mut [f32]) {
    let (first, end) = (layers.first(), layers.end());
    let Some((last, inner)) = layers.geometries().split_last() else { return };
    let mut start = vec![0.0; first.bordered_len()];
    let mut between: Vec<Vec<f32>> = inner.iter().map(|g| vec![0.0; g.fine_image().bordered_len()]).collect();
    for (x, y) in x.chunks_exact(first.len()).zip(y.chunks_exact_mut(end.len())) {
        first.copy_inside(x, &mut start);
        let mut input = start.as_slice();
        let kernels = weights.kernels.iter().zip(&weights.biases);
        for ((g, (kernel, bias)), output) in inner.iter().zip(kernels).zip(&mut between) {
            Layer { g, kernel, bias, activation: Activation::Relu, border: 1 }.run(input, output);
            input = output;
        }
        let (Some(kernel), Some(bias)) = (weights.kernels.last(), weights.biases.last()) else { return };
        Layer { g: last, kernel, bias, activation: Activation::None, border: 0 }.run(input, y);
    }
}

struct Layer<'a> {
    g: &'a Geometry,
    kernel: &'a [f32],
    bias: &'a [f32],
    activation: Activation,
    /// Pixels of border around the output.
    border: usize,
}

impl Layer<'_> {
    fn run(&self, input: &[f32], output: &mut [f32]) {
        if wide(self.g) { self.phases(input, output) } else { self.quads(input, output) }
    }

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
                        self.tile(input, row + p, columns.map(|c| c + q), panel, bias);
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
                    let sums: [[_; NARROW.0]; NARROW.1] = self.tile(input, row, columns, panel, bias);
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
    fn tile<const P: usize, const N: usize>(
        &self,
        input: &[f32],
        row: usize,
        columns: [usize; P],
        panel: &[f32],
        bias: [Quad; N],
    ) -> [[Quad; N]; P] {
        let g = self.g;
        let stretch = 2 * g.coarse;
        let mut sums = [bias; P];
        for (t, panel) in panel.chunks_exact(stretch * 4 * N).enumerate() {
            let line = &input[(row + t) * (g.width + 2) * g.coarse..][..(g.width + 2) * g.coarse];
            let pixels = columns.map(|column| &line[column * g.coarse..][..stretch]);
            let (quads, _) = panel.as_chunks::<4>();
            let (quads, _) = quads.as_chunks::<N>();
            for (k, weights) in (0..stretch).zip(quads) {
                let weights = weights.map(Quad::new);
                for (sums, pixel) in sums.iter_mut().zip(pixels) {
                    for (sum, weights) in sums.iter_mut().zip(weights) {
                        *sum = sum.plus(pixel[k], weights);
                    }
                }
            }
        }
        match self.activation {
            Activation::None => sums,
            Activation::Relu => sums.map(|sums| sums.map(Quad::relu)),
        }
    }
}

/// `N` quads filled by `value`.
fn quads<const N: usize>(value: impl Fn(usize) -> f32) -> [Quad; N] {
    std::array::from_fn(|i| Quad::new(std::array::from_fn(|lane| value(4 * i + lane))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::kernels::Order;
    use crate::ops::reference;
    use candle_core::{Device, Result, Tensor};

    #[test]
    fn layers_of_any_width_and_channels_agree_with_the_reference() -> Result<()> {
        let cpu = Device::Cpu;
        for (height, width, channels) in
            [(4, 4, vec![5, 16, 8, 1]), (3, 5, vec![8, 8, 3]), (1, 9, vec![2, 4])]
        {
            let x = Tensor::randn(0_f32, 1.0, (2, height, width, channels[0]), &cpu)?;
            let layers = channels.windows(2).map(|pair| {
                let weight = Tensor::randn(0_f32, 0.3, (pair[0], 4, 4, pair[1]), &cpu)?;
                Ok((weight, Tensor::randn(0_f32, 1.0, pair[1], &cpu)?))
            });
            let layers = layers.collect::<Result<Vec<_>>>()?;
            let pairs: Vec<_> = layers.iter().map(|(weight, bias)| (weight, bias)).collect();
            let flat = |tensor: &Tensor| tensor.flatten_all()?.to_vec1::<f32>();
            let weights = pairs.iter().map(|(weight, _)| flat(weight)).collect::<Result<Vec<_>>>()?.concat();
            let biases = pairs.iter().map(|(_, bias)| flat(bias)).collect::<Result<Vec<_>>>()?.concat();
            let chain = Layers::new(Order::Deconv, x.shape(), &pairs, Activation::None)?;
            let expected = flat(&reference::deconvs(&x, &pairs)?)?;
            let mut found = vec![f32::NAN; expected.len()];
            run(&chain, &chain.pack_with(pack, &weights, &biases), &flat(&x)?, &mut found);
            for (i, (found, expected)) in found.iter().zip(&expected).enumerate() {
                assert!((found - expected).abs() <= 1e-4, "{channels:?}, value {i}: {found}, not {expected}");
            }
        }
        Ok(())
    }
}
