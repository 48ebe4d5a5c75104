//! InfoMEC (Hsu et al. 2023, "Disentanglement via Latent Quantization"), from the normalised information
//! NMI[k, d] = I(k; z_d) / H(k) between factors and units. I is estimated by nearest neighbours.
//!
//! - InfoM (modularity): (mean over active units of max_k/Σ_k NMI − 1/K) / (1 − 1/K).
//! - InfoC (compactness): the same with factors in place of units, over the D active units.
//! - InfoE (explicitness): mean over factors of 1 − L/L₀, where L is the log loss of a balanced logistic
//!   regression without penalty on the standardised code, and L₀ = log K_k is the loss without any code.
//!
//! A unit is active if its range is over a twentieth of the largest range. All scores lie between 0 and
//! 1.

use crate::information::whole;
use crate::learn::{Logistic, Standard};
use crate::neighbours::information;
use crate::parallel;
use crate::{Metric, Representation, Sample, Score, ScoreName};

/// Fraction of the largest range above which a unit is active.
const ACTIVE: f64 = 1.0 / 20.0;

/// InfoMEC scores.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct InfoMec {
    /// InfoM, or 0 if no unit is active.
    pub modularity: f64,
    /// InfoC, or 0 with fewer than two active units; `None` for a code of one unit, for which it is
    /// undefined.
    pub compactness: Option<f64>,
    /// InfoE.
    pub explicitness: f64,
}

const MODULARITY: ScoreName = ScoreName::new("infomec_modularity", "InfoM");
const COMPACTNESS: ScoreName = ScoreName::new("infomec_compactness", "InfoC");
const EXPLICITNESS: ScoreName = ScoreName::new("infomec_explicitness", "InfoE");

pub(crate) const METRIC: Metric = Metric { reported: &[MODULARITY, COMPACTNESS, EXPLICITNESS], scores };

/// Scores distinct codes.
fn scores(sample: &Sample) -> Vec<Score> {
    let infomec = infomec(sample.distinct);
    let codes = format!("{} distinct codes", sample.distinct.rows());
    let neighbours = format!("information by 10 nearest neighbours; {codes}");
    let regression = format!("log loss of a balanced logistic regression; {codes}");
    let scores = [
        Some(MODULARITY.score(infomec.modularity, neighbours.clone())),
        COMPACTNESS.score_if_known(infomec.compactness, neighbours),
        Some(EXPLICITNESS.score(infomec.explicitness, regression)),
    ];
    scores.into_iter().flatten().collect()
}

/// Returns the InfoMEC scores of a sample.
pub fn infomec(sample: &Representation) -> InfoMec {
    let sizes = sample.sizes();
    let classes: Vec<Vec<usize>> = (0..sizes.len()).map(|factor| sample.factor(factor)).collect();
    let by_unit = parallel::map(sample.latent(), |unit| -> Vec<f64> {
        let values = sample.unit(unit);
        let of = |(classes, &size): (&Vec<usize>, &usize)| {
            let entropy = whole(classes, size);
            if entropy > 0.0 { information(&values, classes) / entropy } else { 0.0 }
        };
        classes.iter().zip(sizes).map(of).collect()
    });
    let active: Vec<&Vec<f64>> =
        by_unit.iter().zip(active(sample)).filter_map(|(nmi, on)| on.then_some(nmi)).collect();
    let by_factor: Vec<Vec<f64>> =
        (0..sizes.len()).map(|factor| active.iter().map(|unit| unit[factor]).collect()).collect();
    InfoMec {
        modularity: concentration(active.iter().map(|unit| &unit[..])),
        compactness: (sample.latent() > 1).then(|| concentration(by_factor.iter().map(|factor| &factor[..]))),
        explicitness: explicitness(sample, &classes),
    }
}

/// Whether each unit is active.
fn active(sample: &Representation) -> Vec<bool> {
    let range = |unit: usize| {
        let values = sample.unit(unit);
        let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        high - values.iter().copied().fold(f64::INFINITY, f64::min)
    };
    let ranges: Vec<f64> = (0..sample.latent()).map(range).collect();
    let largest = ranges.iter().copied().fold(0.0, f64::max);
    ranges.iter().map(|range| *range > ACTIVE * largest).collect()
}

/// (Mean over rows of max/Σ − 1/n) / (1 − 1/n), where n is the length of a row. A row of zeros counts as
/// chance, 1/n.
fn concentration<'a>(rows: impl ExactSizeIterator<Item = &'a [f64]> + Clone) -> f64 {
    let (count, width) = (rows.len() as f64, rows.clone().next().map_or(0, <[f64]>::len) as f64);
    if width < 2.0 {
        return 0.0;
    }
    let share = |row: &[f64]| {
        let sum: f64 = row.iter().sum();
        if sum > 0.0 { row.iter().copied().fold(0.0, f64::max) / sum } else { 1.0 / width }
    };
    (rows.map(share).sum::<f64>() / count - 1.0 / width) / (1.0 - 1.0 / width)
}

fn explicitness(sample: &Representation, classes: &[Vec<usize>]) -> f64 {
    let points = Standard::of(sample).table(sample);
    let scores = parallel::map(classes.len(), |factor| {
        let classifier = Logistic::balanced(&points, &classes[factor]);
        let none = (classifier.labels().len() as f64).ln();
        if none > 0.0 { 1.0 - classifier.loss(&points, &classes[factor]) / none } else { 0.0 }
    });
    scores.iter().sum::<f64>() / scores.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn concentration_is_one_for_one_entry_a_row_and_zero_for_equal_ones() {
        let of = |rows: &[[f64; 2]]| concentration(rows.iter().map(|row| &row[..]));
        assert_eq!(of(&[[0.0, 0.7], [0.2, 0.0]]), 1.0);
        assert_eq!(of(&[[0.3, 0.3], [0.0, 0.0]]), 0.0);
        assert!((of(&[[0.75, 0.25], [0.0, 1.0]]) - 0.75).abs() < 1e-12);
        assert_eq!(concentration([[0.4].as_slice()].into_iter()), 0.0);
    }
}
