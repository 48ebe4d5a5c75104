//! Modularity (Ridgeway & Mozer 2018, "Learning Deep Disentangled Embeddings with the F-Statistic
//! Loss"): mean over units of
//!
//! 1 − Σ over all factors but the best of I² / (I_best²·(K − 1)),
//!
//! where I is the mutual information of the unit, in [`BINS`] bins, and a
//! factor. 0 to 1; a unit without information counts as 0.

use crate::information::{BINS, matrix};
use crate::{Metric, Representation, Sample, Score, ScoreName};

const MODULARITY: ScoreName = ScoreName::new("modularity", "modularity");

pub(crate) const METRIC: Metric = Metric { reported: &[MODULARITY], scores };

/// Scores all codes.
fn scores(sample: &Sample) -> Vec<Score> {
    let protocol = format!("information, {BINS} bins; {}", sample.codes());
    vec![MODULARITY.score(modularity(sample.whole), protocol)]
}

/// Returns the modularity of a sample.
pub fn modularity(sample: &Representation) -> f64 {
    let units = matrix(sample);
    let scores = units.iter().map(|unit| {
        let squares = || unit.iter().map(|information| information * information);
        let best = squares().fold(0.0, f64::max);
        let others = squares().sum::<f64>() - best;
        if best > 0.0 { 1.0 - others / (best * (unit.len() as f64 - 1.0)) } else { 0.0 }
    });
    scores.sum::<f64>() / units.len() as f64
}
