//! Explicitness (Ridgeway & Mozer 2018, "Learning Deep Disentangled Embeddings with the F-Statistic
//! Loss"): mean over factors and their classes of the area under the ROC curve of a logistic regression
//! on the standardised code. ½ is chance, 1 is best.

use crate::area::area;
use crate::learn::{Logistic, Standard};
use crate::parallel;
use crate::{Metric, Representation, Sample, Score, ScoreName};

const EXPLICITNESS: ScoreName = ScoreName::new("explicitness", "explicitness");

pub(crate) const METRIC: Metric = Metric { reported: &[EXPLICITNESS], scores };

/// Fits on the first codes and scores the others.
fn scores(sample: &Sample) -> Vec<Score> {
    let (train, test) = sample.parts();
    let protocol = format!("logistic regression; {}", sample.fitted());
    vec![EXPLICITNESS.score(explicitness(&train, &test), protocol)]
}

/// Returns the explicitness, with classifiers fitted on `train` and scored on `test`.
pub fn explicitness(train: &Representation, test: &Representation) -> f64 {
    let standard = Standard::of(train);
    let (points, others) = (standard.table(train), standard.table(test));
    let factors = train.sizes().len();
    let scores = parallel::map(factors, |factor| {
        let classifier = Logistic::fit(&points, &train.factor(factor));
        let truth = test.factor(factor);
        let areas: Vec<f64> = classifier
            .shares(&others)
            .iter()
            .filter_map(|(label, shares)| area(shares, |row| truth[row] == *label))
            .collect();
        if areas.is_empty() { 0.5 } else { areas.iter().sum::<f64>() / areas.len() as f64 }
    });
    scores.iter().sum::<f64>() / factors as f64
}
