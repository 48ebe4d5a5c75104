//! Multinomial logistic regression as scikit-learn's `LogisticRegression` fits it: minimises Σ −c_y·log
//! p_y + λ‖W‖²/2 over W `[K, D]` and b `[K]`, where p = softmax(W·x + b). By default c = λ = 1; balanced
//! and without penalty, c_y = N/(K·N_y) and λ = 0.

use super::descent::minimise;
use super::{Table, accuracy, classes, largest, softmax};

/// Largest entry of the gradient of the mean loss at the minimum.
const TOLERANCE: f64 = 1e-5;
/// Maximum number of steps.
const STEPS: usize = 1000;
/// Tolerance and steps without penalty, as in scikit-learn. Separable classes have no minimum, so where
/// the descent stops is part of the metric.
const UNPENALISED: (f64, usize) = (1e-4, 100);

/// A fitted classifier.
pub(crate) struct Logistic {
    labels: Vec<usize>,
    /// `[K, D + 1]`, b last.
    weights: Vec<f64>,
}

impl Logistic {
    /// Fits `labels`, one per point.
    pub(crate) fn fit(points: &Table, labels: &[usize]) -> Self {
        let (labels, classes) = classes(labels);
        // With two classes scikit-learn has a single row of weights, twice as long as each of these.
        let penalty = if labels.len() == 2 { 2.0 } else { 1.0 };
        let importances = vec![1.0; labels.len()];
        Self::descend(points, labels, &classes, &importances, penalty, (TOLERANCE, STEPS))
    }

    /// Fits `labels` without penalty, with equal weight for each class.
    pub(crate) fn balanced(points: &Table, labels: &[usize]) -> Self {
        let (labels, classes) = classes(labels);
        let mut counts = vec![0.0; labels.len()];
        classes.iter().for_each(|&class| counts[class] += 1.0);
        let share = classes.len() as f64 / labels.len() as f64;
        let importances: Vec<f64> = counts.iter().map(|count| share / count).collect();
        Self::descend(points, labels, &classes, &importances, 0.0, UNPENALISED)
    }

    fn descend(
        points: &Table,
        labels: Vec<usize>,
        classes: &[usize],
        importances: &[f64],
        penalty: f64,
        (tolerance, steps): (f64, usize),
    ) -> Self {
        let width = points.width() + 1;
        let rows = classes.len() as f64;
        let mut weights = vec![0.0; labels.len() * width];
        let mut p = vec![0.0; labels.len()];
        minimise(&mut weights, tolerance, steps, |weights, gradient| {
            gradient.fill(0.0);
            let mut loss = 0.0;
            for (point, &class) in points.rows().zip(classes) {
                scores(weights, point, &mut p);
                softmax(&mut p);
                let importance = importances[class] / rows;
                loss -= importance * p[class].max(f64::MIN_POSITIVE).ln();
                p[class] -= 1.0;
                for (gradient, error) in gradient.chunks_exact_mut(width).zip(&p) {
                    let error = importance * error;
                    gradient.iter_mut().zip(point).for_each(|(slope, value)| *slope += error * value);
                    gradient[width - 1] += error;
                }
            }
            for (gradient, weights) in gradient.chunks_exact_mut(width).zip(weights.chunks_exact(width)) {
                for (slope, weight) in gradient.iter_mut().zip(weights).take(width - 1) {
                    *slope += penalty * weight / rows;
                    loss += penalty * weight * weight / (2.0 * rows);
                }
            }
            loss
        });
        Self { labels, weights }
    }

    /// Fraction of the points whose most likely label is the true one.
    pub(crate) fn accuracy(&self, points: &Table, labels: &[usize]) -> f64 {
        let mut p = vec![0.0; self.labels.len()];
        let predicted = points.rows().map(|point| {
            scores(&self.weights, point, &mut p);
            self.labels[largest(p.iter().copied())]
        });
        accuracy(predicted, labels)
    }

    /// Distinct labels, in ascending order.
    pub(crate) fn labels(&self) -> &[usize] {
        &self.labels
    }

    /// Mean of −log p of the true labels, all of which must have been fitted.
    pub(crate) fn loss(&self, points: &Table, labels: &[usize]) -> f64 {
        let mut p = vec![0.0; self.labels.len()];
        let losses = points.rows().zip(labels).map(|(point, label)| {
            scores(&self.weights, point, &mut p);
            softmax(&mut p);
            -p[self.labels.partition_point(|other| other < label)].max(f64::EPSILON).ln()
        });
        losses.sum::<f64>() / labels.len() as f64
    }

    /// Mean over the points of p of the largest label, or 1 if there is only one label.
    pub(crate) fn share(&self, points: &Table) -> f64 {
        let mut p = vec![0.0; self.labels.len()];
        let (mut sum, mut count) = (0.0, 0);
        for point in points.rows() {
            scores(&self.weights, point, &mut p);
            softmax(&mut p);
            sum += p.last().copied().unwrap_or_default();
            count += 1;
        }
        sum / f64::from(count.max(1))
    }

    /// Each label with its probability at each point.
    pub(crate) fn shares(&self, points: &Table) -> Vec<(usize, Vec<f64>)> {
        let mut shares: Vec<(usize, Vec<f64>)> =
            self.labels.iter().map(|&label| (label, Vec::new())).collect();
        let mut p = vec![0.0; self.labels.len()];
        for point in points.rows() {
            scores(&self.weights, point, &mut p);
            softmax(&mut p);
            shares.iter_mut().zip(&p).for_each(|((_, column), share)| column.push(*share));
        }
        shares
    }
}

/// W·x + b for each class.
fn scores(weights: &[f64], point: &[f64], scores: &mut [f64]) {
    for (score, weights) in scores.iter_mut().zip(weights.chunks_exact(point.len() + 1)) {
        let product: f64 = weights.iter().zip(point).map(|(weight, value)| weight * value).sum();
        *score = product + weights[point.len()];
    }
}
