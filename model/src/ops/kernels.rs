//! Weights in the order of the products.

use super::geometry::Geometry;
use super::up::narrow;

/// Values of the widest vector: rows of kernels are whole vectors.
const LANES: usize = 16;

/// In which order a weight lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// `[4, 4, F, C]`: a convolution's.
    Conv,
    /// `[C, 4, 4, F]`: a transposed one's.
    Deconv,
}

/// A kernel for [`Down`](super::down::Down): `[4, 4, F, C]`, C rounded up to whole vectors.
pub(super) fn down(g: &Geometry, order: Order, weight: &[f32]) -> Vec<f32> {
    let taps = 16 * g.fine;
    match order {
        Order::Conv => padded(weight, g.coarse),
        Order::Deconv => padded(&transposed(weight, g.coarse, taps), g.coarse),
    }
}

/// A kernel for [`Up`](super::up::Up).
pub(super) fn up(g: &Geometry, order: Order, weight: &[f32]) -> Vec<f32> {
    let (f, taps) = (g.fine, 16 * g.fine);
    let turned;
    // `[C, 4, 4, F]`, whatever it was.
    let weight = match order {
        Order::Deconv => weight,
        Order::Conv => {
            turned = transposed(weight, taps, g.coarse);
            &turned
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

/// A gradient `[4, 4, F, C]` in the weight's order.
pub(super) fn ordered(g: &Geometry, order: Order, gradient: &[f32]) -> Vec<f32> {
    match order {
        Order::Conv => gradient.to_vec(),
        Order::Deconv => transposed(gradient, 16 * g.fine, g.coarse),
    }
}

fn pairs() -> impl Iterator<Item = (usize, usize)> {
    [(0, 0), (0, 1), (1, 0), (1, 1)].into_iter()
}

/// Values with zeros behind them, up to whole vectors.
pub(super) fn whole_vectors(values: &[f32]) -> Vec<f32> {
    padded(values, values.len())
}

/// Rows of so many values, rounded up to whole vectors.
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

/// The transpose of a matrix, in squares that fit the cache's lines.
fn transposed(matrix: &[f32], rows: usize, columns: usize) -> Vec<f32> {
    const SIDE: usize = 16;
    let mut turned = vec![0.0; matrix.len()];
    for top in (0..rows).step_by(SIDE) {
        for left in (0..columns).step_by(SIDE) {
            for r in top..(top + SIDE).min(rows) {
                for c in left..(left + SIDE).min(columns) {
                    turned[c * rows + r] = matrix[r * columns + c];
                }
            }
        }
    }
    turned
}
