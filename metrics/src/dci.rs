//! Disentanglement, completeness and informativeness (Eastwood & Williams 2018, "A Framework for the
//! Quantitative Evaluation of Disentangled Representations"). Boosted trees predict each factor k from
//! the code; R[d, k] is the importance of unit d in the trees of factor k.
//!
//! - Disentanglement: Σ_d ρ_d·(1 − H_K(R[d, ·])), where ρ_d is the unit's share of all importance.
//! - Completeness: Σ_k ρ_k·(1 − H_D(R[·, k])), where ρ_k is the factor's share.
//! - Informativeness: mean accuracy of the trees on other points, over factors.
//!
//! H_n is the entropy to base n of a row or column scaled to sum to 1. All scores lie between 0 and 1.

use crate::learn::{Boosting, Standard};
use crate::{Metric, Representation, Sample, Score, ScoreName};

/// Added to every importance, so that the entropy of a row of zeros is defined.
const FLOOR: f64 = 1e-11;

/// DCI scores.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dci {
    /// How few factors each unit is important for; `None` for a code of one unit, to which all importance
    /// belongs.
    pub disentanglement: Option<f64>,
    /// How few units are important for each factor; `None` for a code of one unit.
    pub completeness: Option<f64>,
    /// How well the code predicts the factors.
    pub informativeness: f64,
}

const DISENTANGLEMENT: ScoreName = ScoreName::new("dci_disentanglement", "DCI disentanglement");
const COMPLETENESS: ScoreName = ScoreName::new("dci_completeness", "DCI completeness");
const INFORMATIVENESS: ScoreName = ScoreName::new("dci_informativeness", "DCI informativeness");

pub(crate) const METRIC: Metric =
    Metric { reported: &[DISENTANGLEMENT, COMPLETENESS, INFORMATIVENESS], scores };

/// Fits on the first codes and scores the others.
fn scores(sample: &Sample) -> Vec<Score> {
    let (train, test) = sample.parts();
    let dci = dci(&train, &test, sample.seed);
    let trees = format!("gradient-boosted trees; {}", sample.fitted());
    let scores = [
        DISENTANGLEMENT.score_if_known(dci.disentanglement, trees.clone()),
        COMPLETENESS.score_if_known(dci.completeness, trees.clone()),
        Some(INFORMATIVENESS.score(dci.informativeness, trees)),
    ];
    scores.into_iter().flatten().collect()
}

/// Fits trees on `train` and takes informativeness from `test`. Units are standardised, and the trees
/// visit them in an order drawn from `seed`, as in scikit-learn: equally informative units share their
/// importance.
pub fn dci(train: &Representation, test: &Representation, seed: u64) -> Dci {
    let standard = Standard::of(train);
    let (units, others) = (standard.columns(train), standard.columns(test));
    let factors = train.sizes().len();
    let fitted = |factor: usize| {
        let boosting = Boosting::fit(&units, &train.factor(factor), seed.wrapping_add(factor as u64));
        (boosting.accuracy(&others, &test.factor(factor)), boosting.importances().to_vec())
    };
    let (accuracies, by_factor): (Vec<f64>, Vec<Vec<f64>>) = (0..factors).map(fitted).unzip();
    let by_unit: Vec<Vec<f64>> =
        (0..train.latent()).map(|unit| by_factor.iter().map(|factor| factor[unit]).collect()).collect();
    let several = train.latent() > 1;
    Dci {
        disentanglement: several.then(|| concentration(&by_unit)),
        completeness: several.then(|| concentration(&by_factor)),
        informativeness: accuracies.iter().sum::<f64>() / factors as f64,
    }
}

/// Mean of 1 − entropy over rows, weighted by each row's share of the total.
fn concentration(rows: &[Vec<f64>]) -> f64 {
    let sum = |row: &[f64]| row.iter().sum::<f64>();
    let whole: f64 = rows.iter().map(|row| sum(row)).sum();
    let weighted = rows.iter().map(|row| {
        // No importance at all: every row has the same weight.
        let weight = if whole > 0.0 { sum(row) / whole } else { 1.0 / rows.len() as f64 };
        weight * (1.0 - entropy(row))
    });
    weighted.sum()
}

/// Entropy of a row scaled to sum to 1, to the base of its length.
fn entropy(row: &[f64]) -> f64 {
    let whole: f64 = row.iter().map(|value| value + FLOOR).sum();
    let terms = row.iter().map(|value| {
        let p = (value + FLOOR) / whole;
        -p * p.ln()
    });
    terms.sum::<f64>() / (row.len() as f64).ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn concentration_is_one_for_one_entry_a_row_and_zero_for_equal_ones() {
        assert!((concentration(&[vec![0.0, 0.7], vec![0.2, 0.0]]) - 1.0).abs() < 1e-8);
        assert!(concentration(&[vec![0.5, 0.5], vec![0.1, 0.1]]).abs() < 1e-8);
        assert!(concentration(&[vec![0.0, 0.0]]).abs() < 1e-8);
        // The pure row has three quarters of the importance.
        assert!((concentration(&[vec![0.75, 0.0], vec![0.125, 0.125]]) - 0.75).abs() < 1e-8);
    }
}
