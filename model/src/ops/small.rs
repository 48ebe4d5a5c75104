//! Compact matrix products for the page: four rows of the left matrix at a time, times panels of eight
//! columns of the right matrix.

use super::matrix::{Strides, Write};
use super::quad::Quad;

/// Rows, and quads of columns, per tile of sums.
const ROWS: usize = 4;
const QUADS: usize = 2;
const COLUMNS: usize = 4 * QUADS;

/// Same as [`product`](super::gemm::product), on one thread.
#[allow(clippy::too_many_arguments)]
pub(super) fn product(
    [m, k, n]: [usize; 3],
    a: &[f32],
    a_strides: Strides,
    b: &[f32],
    b_strides: Strides,
    c: &mut [f32],
    c_strides: Strides,
    write: Write,
) {
    if m == 1 && a_strides.columns == 1 && b_strides.rows == 1 {
        // With one row, packing the right matrix's columns would take longer than the products.
        for column in 0..n {
            let b = &b[b_strides.offset + column * b_strides.columns..][..k];
            let sum = dot(&a[a_strides.offset..][..k], b);
            let c = &mut c[c_strides.offset + column * c_strides.columns];
            *c = if write == Write::Add { *c + sum } else { sum };
        }
        return;
    }
    let mut panel = vec![[0.0; COLUMNS]; k];
    for first in (0..n).step_by(COLUMNS) {
        let columns = COLUMNS.min(n - first);
        for (row, line) in panel.iter_mut().enumerate() {
            let at = b_strides.offset + row * b_strides.rows + first * b_strides.columns;
            // The last panel's surplus columns keep old values; their sums are never read.
            for (column, value) in line[..columns].iter_mut().enumerate() {
                *value = b[at + column * b_strides.columns];
            }
        }
        for top in (0..m).step_by(ROWS) {
            let rows: [usize; ROWS] = std::array::from_fn(|i| (top + i).min(m - 1));
            let starts = rows.map(|row| a_strides.offset + row * a_strides.rows);
            let sums = tile(a, starts, a_strides.columns, &panel);
            for (row, sums) in (top..m).zip(&sums) {
                let at = c_strides.offset + row * c_strides.rows + first * c_strides.columns;
                for (column, &sum) in sums.as_flattened()[..columns].iter().enumerate() {
                    let c = &mut c[at + column * c_strides.columns];
                    *c = if write == Write::Add { *c + sum } else { sum };
                }
            }
        }
    }
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    const LANES: usize = 16;
    let mut sums = [0.0; LANES];
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    for (a, b) in a.iter().zip(b) {
        for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
            *sum += a * b;
        }
    }
    sums.iter().sum::<f32>() + a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum::<f32>()
}

/// Multiplies rows, given by their start indices, by the panel.
fn tile(
    a: &[f32],
    starts: [usize; ROWS],
    stride: usize,
    panel: &[[f32; COLUMNS]],
) -> [[[f32; 4]; QUADS]; ROWS] {
    let mut sums = [[Quad::new([0.0; 4]); QUADS]; ROWS];
    let mut add = |values: [f32; ROWS], line: &[f32; COLUMNS]| {
        let weights: [Quad; QUADS] =
            std::array::from_fn(|q| Quad::new(std::array::from_fn(|lane| line[4 * q + lane])));
        for (sums, value) in sums.iter_mut().zip(values) {
            for (sum, weights) in sums.iter_mut().zip(weights) {
                *sum = sum.plus(value, weights);
            }
        }
    };
    if stride == 1 {
        let rows = starts.map(|start| &a[start..start + panel.len()]);
        for (l, line) in (0..panel.len()).zip(panel) {
            add(rows.map(|row| row[l]), line);
        }
    } else {
        for (l, line) in panel.iter().enumerate() {
            add(starts.map(|start| a[start + l * stride]), line);
        }
    }
    sums.map(|sums| sums.map(Quad::values))
}
