//! Principal components.

use nalgebra::DMatrix;

/// Added to each variance, as a share of the largest, so that noise isn't raised to the size of the rest.
const RIDGE: f64 = 0.003;
/// Variance below which rows don't differ.
const ALIKE: f64 = 1e-9;

/// Returns the first `keep` principal components of the rows of `table`, `[N, D]`, with a variance of almost 1:
/// `[N, K]`, where K is `keep`, or D if that is smaller. They are estimated from the first `kept` rows. Returns
/// `None` if these don't differ.
///
/// If `table` holds the whitened components of several windows side by side, the result is that of generalised
/// canonical correlation analysis.
pub(super) fn whiten(mut table: DMatrix<f64>, kept: usize, keep: usize) -> Option<DMatrix<f64>> {
    for mut column in table.column_iter_mut() {
        let mean = column.rows(0, kept).mean();
        column.add_scalar_mut(-mean);
    }
    let rows = table.rows(0, kept);
    let covariance = (rows.transpose() * rows) / kept as f64;
    let eigen = covariance.symmetric_eigen();
    let mut order: Vec<usize> = (0..eigen.eigenvalues.len()).collect();
    order.sort_by(|&a, &b| eigen.eigenvalues[b].total_cmp(&eigen.eigenvalues[a]));
    let largest = eigen.eigenvalues[*order.first()?];
    if largest.is_nan() || largest <= ALIKE {
        return None;
    }
    let axes: Vec<_> = order
        .iter()
        .take(keep)
        .map(|&place| {
            let variance = eigen.eigenvalues[place].max(0.0) + RIDGE * largest;
            eigen.eigenvectors.column(place) / variance.sqrt()
        })
        .collect();
    Some(table * DMatrix::from_columns(&axes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn components_are_uncorrelated_and_the_largest_come_first() {
        // Rows a·(3, 0, 4) + b·(0, 1, 0): the first axis is (0.6, 0, 0.8) with deviation 5, the second has 1.
        let rows = [(1.0, 1.0), (-1.0, 1.0), (1.0, -1.0), (-1.0, -1.0), (9.0, 0.0)];
        let table = DMatrix::from_row_iterator(5, 3, rows.iter().flat_map(|(a, b)| [3.0 * a, *b, 4.0 * a]));
        let found = whiten(table, 4, 2).expect("the rows differ");
        assert_eq!(found.shape(), (5, 2));
        let covariance = found.rows(0, 4).transpose() * found.rows(0, 4) / 4.0;
        assert!((covariance[(0, 0)] - 1.0).abs() < 0.01 && covariance[(0, 1)].abs() < 1e-9);
        assert!((covariance[(1, 1)] - 1.0 / 1.075).abs() < 0.01, "the ridge adds 0.003 of 25 to 1");
        assert!((found[(4, 0)].abs() - 9.0).abs() < 0.1, "a row that is not kept is transformed, too");
        assert!(whiten(DMatrix::from_element(5, 3, 0.4), 4, 2).is_none());
    }
}
