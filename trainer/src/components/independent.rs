//! Independent component analysis: FastICA with symmetric decorrelation and the nonlinearity tanh (Hyvärinen
//! 1999).

use nalgebra::DMatrix;
use rand::RngCore;
use rand_distr::{Distribution, StandardNormal};

/// Largest number of iterations.
const ITERATIONS: usize = 150;
/// Change of a direction, as 1 − |cos|, at which the iterations end.
const SETTLED: f64 = 1e-4;

/// Turns the columns of `table`, `[N, K]`, which are uncorrelated and have variance 1, so that they become as
/// independent as possible over the first `kept` rows.
pub(super) fn turn(table: &DMatrix<f64>, kept: usize, rng: &mut dyn RngCore) -> DMatrix<f64> {
    let count = table.ncols();
    let rows = table.rows(0, kept);
    let mut axes = orthogonal(&DMatrix::from_fn(count, count, |_, _| StandardNormal.sample(rng)));
    for _ in 0..ITERATIONS {
        // w ← E[x g(wᵀx)] − E[g′(wᵀx)] w, for the columns w of `axes`.
        let bent = (rows * &axes).map(f64::tanh);
        let mut next = (rows.transpose() * &bent) / kept as f64;
        for (place, mut axis) in next.column_iter_mut().enumerate() {
            let slope = bent.column(place).iter().map(|value| 1.0 - value * value).sum::<f64>() / kept as f64;
            axis.axpy(-slope, &axes.column(place), 1.0);
        }
        let next = orthogonal(&next);
        let settled =
            axes.column_iter().zip(next.column_iter()).all(|(a, b)| 1.0 - a.dot(&b).abs() < SETTLED);
        axes = next;
        if settled {
            break;
        }
    }
    table * axes
}

/// Returns the orthogonal matrix that is closest to a square matrix.
fn orthogonal(axes: &DMatrix<f64>) -> DMatrix<f64> {
    let parts = axes.clone().svd(true, true);
    match (parts.u, parts.v_t) {
        (Some(u), Some(v_t)) => u * v_t,
        _ => unreachable!("both were asked for"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::random::{Purpose, stream};
    use rand::Rng;

    #[test]
    fn mixed_sources_are_found_again() {
        let rng = &mut stream(3, Purpose::Evaluation, 0);
        // Uniform sources with variance 1.
        let sources = DMatrix::from_fn(4000, 3, |_, _| rng.random_range(-1.0..1.0) * 3f64.sqrt());
        let mixed = &sources * orthogonal(&DMatrix::from_fn(3, 3, |_, _| rng.random_range(-1.0..1.0)));
        let found = turn(&mixed, 3000, rng);
        for source in sources.column_iter() {
            let best = found.column_iter().map(|column| column.dot(&source).abs() / 4000.0);
            assert!(best.fold(0.0, f64::max) > 0.98);
        }
    }
}
