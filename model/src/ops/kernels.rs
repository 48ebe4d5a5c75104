//! Packs weights in the order of the products.

use super::geometry::Geometry;
use super::up::narrow;

/// Values in the widest vector; rows of kernels are padded to whole vectors.
const LANES: usize = 16;

/// Memory layout of a weight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// `[4, 4, F, C]`, of a convolution.
    Conv,
    /// `[C, 4, 4, F]`, of a transposed convolution.
    Deconv,
}

/// Packs a kernel for [`Down`](super::down::Down): `[4, 4, F, C]`, with C rounded up to whole vectors.
pub(super) fn down(g: &Geometry, order: Order, weight: &[f32]) -> Vec<f32> {
    let taps = 16 * g.fine;
    match order {
        Order::Conv => padded(weight, g.coarse),
        Order::Deconv => padded(&transposed(weight, g.coarse, taps), g.coarse),
    }
}

/// Packs a kernel for [`Up`](super::up::Up).
pub(super) fn up(g: &Geometry, order: Order, weight: &[f32]) -> Vec<f32> {
    let (f, taps) = (g.fine, 16 * g.fine);
    let transposed_weight;
    // `[C, 4, 4, F]` in either case.
    let weight = match order {
        Order::Deconv => weight,
        Order::Conv => {
            transposed_weight = transposed(weight, taps, g.coarse);
            &transposed_weight
        }
    };
    if narrow(g) {
        return padded(weight, taps);
    }
    let width = f.next_multiple_of(LANES);
    let mut kernel = vec![0.0; 16 * g.coarse * width];
    let mut rows = kernel.chunks_exact_mut(width);
    for (p, q) in pairs() {
        for (t, s) in pairs() {
            let tap = (4 * (3 - p - 2 * t) + 3 - q - 2 * s) * f;
            for (pixel, row) in weight.chunks_exact(taps).zip(&mut rows) {
                row[..f].copy_from_slice(&pixel[tap..tap + f]);
            }
        }
    }
    kernel
}

/// Converts a gradient `[4, 4, F, C]` to the layout of the weight.
pub(super) fn ordered(g: &Geometry, order: Order, gradient: &[f32]) -> Vec<f32> {
    match order {
        Order::Conv => gradient.to_vec(),
        Order::Deconv => transposed(gradient, 16 * g.fine, g.coarse),
    }
}

fn pairs() -> impl Iterator<Item = (usize, usize)> {
    [(0, 0), (0, 1), (1, 0), (1, 1)].into_iter()
}

/// Pads values with zeros to whole vectors.
pub(super) fn whole_vectors(values: &[f32]) -> Vec<f32> {
    padded(values, values.len())
}

/// Pads rows of `width` values to whole vectors.
fn padded(rows: &[f32], width: usize) -> Vec<f32> {
    if width.is_multiple_of(LANES) {
        return rows.to_vec();
    }
    let mut padded = vec![0.0; rows.len() / width * width.next_multiple_of(LANES)];
    for (to, from) in padded.chunks_exact_mut(width.next_multiple_of(LANES)).zip(rows.chunks_exact(width)) {
        to[..width].copy_from_slice(from);
    }
    padded
}

/// Transposes a matrix in square blocks that fit cache lines.
fn transposed(matrix: &[f32], rows: usize, columns: usize) -> Vec<f32> {
    const SIDE: usize = 16;
    let mut result = vec![0.0; matrix.len()];
    for top in (0..rows).step_by(SIDE) {
        for left in (0..columns).step_by(SIDE) {
            for r in top..(top + SIDE).min(rows) {
                for c in left..(left + SIDE).min(columns) {
                    result[c * rows + r] = matrix[r * columns + c];
                }
            }
        }
    }
    result
}
