//! Mutual information gap (Chen et al. 2018, "Isolating Sources of Disentanglement in VAEs"):
//!
//! MIG = mean over factors k of (I(z₁; k) − I(z₂; k)) / H(k),
//!
//! where z₁ and z₂ are the two units, in [`BINS`] bins, with the most
//! information about k. 0 to 1.

use crate::information::{BINS, matrix, whole};
use crate::{Metric, Representation, Sample, Score, ScoreName};

const MIG: ScoreName = ScoreName::new("mig", "MIG");

pub(crate) const METRIC: Metric = Metric { reported: &[MIG], scores };

/// Scores all codes.
fn scores(sample: &Sample) -> Vec<Score> {
    let protocol = format!("mutual information gap, {BINS} bins; {}", sample.codes());
    MIG.score_if_known(mig(sample.whole), protocol).into_iter().collect()
}

/// Returns the MIG of a sample, or `None` for a code of one unit. A factor of one class counts as 0.
pub fn mig(sample: &Representation) -> Option<f64> {
    if sample.latent() < 2 {
        return None;
    }
    let information = matrix(sample);
    let factors = sample.sizes().len();
    let gap = |factor: usize| {
        let (first, second) = top_two(information.iter().map(|unit| unit[factor]));
        let entropy = whole(&sample.factor(factor), sample.sizes()[factor]);
        if entropy > 0.0 { (first - second) / entropy } else { 0.0 }
    };
    Some((0..factors).map(gap).sum::<f64>() / factors as f64)
}

/// Returns the largest and the second largest value.
pub(crate) fn top_two(values: impl Iterator<Item = f64>) -> (f64, f64) {
    values.fold((f64::NEG_INFINITY, f64::NEG_INFINITY), |(first, second), value| {
        if value > first { (value, first) } else { (first, second.max(value)) }
    })
}
