//! Moments, percentiles and histograms.

use model::card::Histogram;

/// Bins of the histograms in cards.
const BINS: usize = 64;

/// Mean, or 0 for no values. Sums in f64, so that the error doesn't grow with the sample.
pub(super) fn mean(values: &[f32]) -> f32 {
    let sum: f64 = values.iter().map(|&v| f64::from(v)).sum();
    (sum / values.len().max(1) as f64) as f32
}

/// Population standard deviation.
pub(super) fn standard_deviation(values: &[f32]) -> f32 {
    let centre = f64::from(mean(values));
    let sum: f64 = values.iter().map(|&v| (f64::from(v) - centre).powi(2)).sum();
    (sum / values.len().max(1) as f64).sqrt() as f32
}

/// The value at the quantile `share` (0 to 1) of `sorted`, without interpolation.
pub(super) fn percentile(sorted: &[f32], share: f64) -> f32 {
    sorted[((sorted.len() - 1) as f64 * share).round() as usize]
}

/// Counts over equal bins from `low` to `high` inclusive.
pub(super) fn histogram(values: &[f32], low: f32, high: f32) -> Histogram {
    let mut counts = vec![0; BINS];
    let width = (high - low).max(f32::MIN_POSITIVE);
    for &value in values {
        let bin = ((value - low) / width * BINS as f32) as usize;
        counts[bin.min(BINS - 1)] += 1;
    }
    Histogram { low, high, counts }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_match_hand_computed_ones() {
        assert_eq!(mean(&[1.0, 2.0, 6.0]), 3.0);
        assert_eq!(standard_deviation(&[1.0, 3.0, 5.0, 7.0]), 5f32.sqrt());
        assert_eq!((mean(&[]), standard_deviation(&[])), (0.0, 0.0));
    }

    #[test]
    fn percentiles_are_values_of_the_sample() {
        let sorted: Vec<f32> = (0..=1000).map(|v| v as f32).collect();
        assert_eq!(percentile(&sorted, 0.005), 5.0);
        assert_eq!(percentile(&sorted, 0.995), 995.0);
        assert_eq!(percentile(&[4.0], 0.995), 4.0);
    }

    #[test]
    fn every_value_falls_into_a_bin_even_if_all_are_equal() {
        let histogram_of = |values: &[f32]| histogram(values, values[0], values[values.len() - 1]).counts;
        let spread = histogram_of(&[0.0, 0.5, 1.0]);
        assert_eq!((spread[0], spread[BINS / 2], spread[BINS - 1]), (1, 1, 1));
        assert_eq!(histogram_of(&[2.0; 5]).iter().sum::<u32>(), 5);
    }
}
