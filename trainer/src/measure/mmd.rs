//! Unbiased squared maximum mean discrepancy (Gretton et al. 2012, "A kernel two-sample test", lemma 6):
//!
//! MMD² = mean k(x, x') + mean k(y, y') − 2 mean k(x, y), over pairs of different images,
//!
//! where k(a, b) = exp(−‖a − b‖² / 2h²) and h² is half the median of ‖x − x'‖² over the data. The
//! expectation is 0 if both sets have the same distribution, so single values may be negative.

use super::distances::squared;

/// Returns MMD² of `data` and `samples`, each row-major with P `values` per point.
pub(super) fn mmd(data: &[f32], samples: &[f32], values: usize) -> candle_core::Result<f64> {
    let within = squared(data, data, values)?;
    let scale = median(&within);
    let inner = |distances: &[Vec<f32>]| {
        let count = distances.len() as f64;
        // The distance of an image to itself is 0.
        (sum(distances, scale) - count) / (count * (count - 1.0))
    };
    let across = squared(data, samples, values)?;
    let pairs = across.iter().map(Vec::len).sum::<usize>() as f64;
    let other = squared(samples, samples, values)?;
    Ok(inner(&exact(within)) + inner(&exact(other)) - 2.0 * sum(&across, scale) / pairs)
}

/// Sets the diagonal to exactly 0, where rounding left small values.
fn exact(mut distances: Vec<Vec<f32>>) -> Vec<Vec<f32>> {
    for (place, row) in distances.iter_mut().enumerate() {
        row[place] = 0.0;
    }
    distances
}

/// Σ exp(−d / scale) over all distances.
fn sum(distances: &[Vec<f32>], scale: f32) -> f64 {
    distances.iter().flatten().map(|distance| f64::from((-distance / scale).exp())).sum()
}

/// Median of the distances above the diagonal; positive even if all data are equal.
fn median(distances: &[Vec<f32>]) -> f32 {
    let upper = distances.iter().enumerate().flat_map(|(place, row)| &row[place + 1..]);
    let mut all: Vec<f32> = upper.copied().collect();
    let middle = all.len() / 2;
    let median = (middle < all.len()).then(|| *all.select_nth_unstable_by(middle, f32::total_cmp).1);
    median.unwrap_or(0.0).max(f32::MIN_POSITIVE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_value_matches_a_hand_computed_one() -> candle_core::Result<()> {
        // The data are 0 and 2, so the median of ‖x − x'‖² is 4; both samples are 1.
        let value = mmd(&[0.0, 2.0], &[1.0, 1.0], 1)?;
        let expected = (-1f64).exp() + 1.0 - 2.0 * (-0.25f64).exp();
        assert!((value - expected).abs() < 1e-6, "{value} is not {expected}");
        Ok(())
    }

    #[test]
    fn samples_like_the_data_are_nearer_than_others() -> candle_core::Result<()> {
        let points = |from: usize, shift: f32| -> Vec<f32> {
            (0..300).map(|place| ((from + place) * 7919 % 1009) as f32 / 1009.0 + shift).collect()
        };
        let alike = mmd(&points(0, 0.0), &points(5000, 0.0), 1)?;
        let other = mmd(&points(0, 0.0), &points(5000, 0.5), 1)?;
        assert!(alike.abs() < 0.01 && other > 0.1, "{alike}, {other}");
        Ok(())
    }
}
