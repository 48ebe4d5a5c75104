//! Interventional robustness score (Suter et al. 2019, "Robustly Disentangled Causal Mechanisms"): how
//! little a unit changes while one factor is fixed and all others vary. For unit d and factor k
//!
//! IRS[d, k] = 1 − mean over k's values of q₀.₉₉|z_d − E(z_d | value)| / max|z_d − E(z_d)|;
//!
//! The score is the mean over units of the largest entry, weighted by max|z_d − E(z_d)|. Factors are
//! sorted into [`BINS`] bins; constant units are left out. 0 to 1.

use crate::angle::{distance, mean};
use crate::information::{BINS, bins};
use crate::{Metric, Representation, Sample, Score, ScoreName};

/// Quantile of the deviations that is used in place of their maximum.
const QUANTILE: f64 = 0.99;

const IRS: ScoreName = ScoreName::new("irs", "IRS");

pub(crate) const METRIC: Metric = Metric { reported: &[IRS], scores };

/// Scores all codes.
fn scores(sample: &Sample) -> Vec<Score> {
    let protocol = format!("0.99-quantile of deviations, {BINS} bins of a factor; {}", sample.codes());
    vec![IRS.score(irs(sample.whole), protocol)]
}

/// Returns the IRS of a sample, or 0 if no unit varies.
pub fn irs(sample: &Representation) -> f64 {
    let groups: Vec<Vec<Vec<usize>>> = (0..sample.sizes().len()).map(|factor| rows(sample, factor)).collect();
    let (mut sum, mut weights) = (0.0, 0.0);
    for unit in 0..sample.latent() {
        let values = sample.unit(unit);
        let circle = unit >= sample.latent() - sample.circles();
        let whole = deviations(&values, circle).into_iter().fold(0.0, f64::max);
        if values.iter().any(|value| *value != values[0]) {
            let held = groups.iter().map(|groups| deviation(&values, groups, circle));
            sum += whole - held.fold(f64::INFINITY, f64::min);
            weights += whole;
        }
    }
    if weights > 0.0 { sum / weights } else { 0.0 }
}

/// Rows of each non-empty bin of a factor.
fn rows(sample: &Representation, factor: usize) -> Vec<Vec<usize>> {
    let classes: Vec<f64> = sample.factor(factor).into_iter().map(|class| class as f64).collect();
    let mut rows = vec![Vec::new(); BINS];
    for (row, bin) in bins(&classes).into_iter().enumerate() {
        rows[bin].push(row);
    }
    rows.retain(|rows| !rows.is_empty());
    rows
}

/// Mean over groups of the 0.99-quantile of the deviations from the group's mean.
fn deviation(values: &[f64], groups: &[Vec<usize>], circle: bool) -> f64 {
    let quantiles = groups.iter().map(|rows| {
        let inside: Vec<f64> = rows.iter().map(|&row| values[row]).collect();
        quantile(deviations(&inside, circle))
    });
    quantiles.sum::<f64>() / groups.len() as f64
}

/// Distance of each value from the mean; along the circle for circular units.
fn deviations(values: &[f64], circle: bool) -> Vec<f64> {
    let mean = mean(values.iter().copied(), circle);
    values.iter().map(|&value| distance(value, mean, circle)).collect()
}

/// The 0.99-quantile, with linear interpolation.
fn quantile(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    let place = QUANTILE * (values.len() - 1) as f64;
    let low = values[place as usize];
    let high = values[(place as usize + 1).min(values.len() - 1)];
    low + (high - low) * place.fract()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantile_lies_between_its_neighbours() {
        assert!((quantile((0..=100).map(f64::from).collect()) - 99.0).abs() < 1e-12);
        assert!((quantile(vec![2.0, 0.0]) - 1.98).abs() < 1e-12);
        assert_eq!(quantile(vec![3.0]), 3.0);
    }
}
