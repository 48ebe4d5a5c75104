//! The classifiers that metrics use, as scikit-learn fits them by default.

mod boosting;
mod descent;
mod logistic;
mod svm;
mod table;
mod tree;

pub(crate) use boosting::Boosting;
pub(crate) use logistic::Logistic;
pub(crate) use svm::Svm;
pub(crate) use table::{Moments, Standard, Table};

/// Returns the distinct labels in ascending order, and the position of each row's label among them.
fn classes(labels: &[usize]) -> (Vec<usize>, Vec<usize>) {
    let mut distinct = labels.to_vec();
    distinct.sort_unstable();
    distinct.dedup();
    let places = labels.iter().map(|label| distinct.partition_point(|other| other < label)).collect();
    (distinct, places)
}

/// Fraction of correct predictions.
fn accuracy(predicted: impl Iterator<Item = usize>, labels: &[usize]) -> f64 {
    let right = predicted.zip(labels).filter(|(predicted, label)| predicted == *label).count();
    right as f64 / labels.len() as f64
}

/// Index of the largest value; the first of equals.
fn largest(values: impl Iterator<Item = f64>) -> usize {
    let best =
        values.enumerate().fold(
            (0, f64::NEG_INFINITY),
            |best, (place, value)| {
                if value > best.1 { (place, value) } else { best }
            },
        );
    best.0
}

/// Computes exp(v) / Σ exp(v) in place.
fn softmax(values: &mut [f64]) {
    let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    values.iter_mut().for_each(|value| *value = (*value - high).exp());
    let sum: f64 = values.iter().sum();
    values.iter_mut().for_each(|value| *value /= sum);
}
