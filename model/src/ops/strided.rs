//! k4 s2 p1 convolution of one image with compact code: each output is summed in registers and written
//! once, as in [`gather`](super::gather) for transposed convolutions.
//!
//! The input has a border of one pixel of zeros, so that an output pixel sums over four stretches of
//! memory, one per kernel row.

use super::geometry::Geometry;
use super::panel::{Layer, WIDE, quads};

const LANES: usize = 4 * WIDE.0;

/// Packs a weight `[4, 4, F, C]` in the order of the sums: panels of a tile's channels, `[4, (4, F),
/// lanes]` each, padded with zeros.
pub(super) fn pack(g: &Geometry, weight: &[f32]) -> Vec<f32> {
    let mut packed = Vec::with_capacity(16 * g.fine * g.coarse.next_multiple_of(LANES));
    for first in (0..g.coarse).step_by(LANES) {
        for values in weight.chunks_exact(g.coarse) {
            packed.extend((first..first + LANES).map(|c| values.get(c).copied().unwrap_or(0.0)));
        }
    }
    packed
}

/// Runs a layer on one image with a border.
pub(super) fn run(layer: &Layer<'_>, input: &[f32], output: &mut [f32]) {
    let (g, image) = (layer.g, layer.g.coarse_image());
    let (line, stretch) = (g.fine_image().row(1), 4 * g.fine);
    for (panel, first) in layer.kernel.chunks_exact(4 * stretch * LANES).zip((0..).step_by(LANES)) {
        let lanes = LANES.min(g.coarse - first);
        let bias = quads(|lane| layer.bias.get(first + lane).copied().unwrap_or(0.0));
        for row in 0..g.height {
            for column in (0..g.width).step_by(WIDE.1) {
                let columns = std::array::from_fn(|m| (column + m).min(g.width - 1));
                let starts = columns.map(|column| 2 * row * line + 2 * column * g.fine);
                let sums: [[_; WIDE.0]; WIDE.1] = layer.tile(input, line, starts, stretch, panel, bias);
                for (column, sums) in columns.into_iter().zip(sums) {
                    let values = sums.map(super::quad::Quad::values);
                    let at = image.at(layer.border, row, column) + first;
                    output[at..at + lanes].copy_from_slice(&values.as_flattened()[..lanes]);
                }
            }
        }
    }
}
