//! Linear support vector machine on one feature, as scikit-learn fits it with
//! `LinearSVC(C=0.01, class_weight="balanced")`. For each class against the others, it minimises (w² + b²)/2 + Σ
//! c·max(0, 1 − y·(w·x + b))², where c = C·n/(K·n_class) for rows of the class and C for the others. With
//! two classes, c is balanced for both.

use super::{accuracy, classes, largest};
use crate::parallel;

/// Weight of the loss relative to the penalty (as in disentanglement_lib's configuration).
const C: f64 = 0.01;
/// Maximum number of Newton steps; the loss is piecewise quadratic, and a few steps suffice.
const STEPS: usize = 50;
/// Largest slope at the minimum.
const TOLERANCE: f64 = 1e-9;

/// A fitted classifier.
pub(crate) struct Svm {
    labels: Vec<usize>,
    /// w and b of each class; only of the second class if there are two.
    lines: Vec<(f64, f64)>,
}

impl Svm {
    /// Fits `labels`, one per value.
    pub(crate) fn fit(values: &[f64], labels: &[usize]) -> Self {
        let (labels, classes) = classes(labels);
        let mut counts = vec![0.0; labels.len()];
        classes.iter().for_each(|&class| counts[class] += 1.0);
        let balanced = |class: usize| C * classes.len() as f64 / (labels.len() as f64 * counts[class]);
        let lines = match labels.len() {
            1 => Vec::new(),
            2 => vec![line(values, &classes, 1, balanced(1), balanced(0))],
            count => parallel::map(count, |class| line(values, &classes, class, balanced(class), C)),
        };
        Self { labels, lines }
    }

    /// Fraction of correct predictions.
    pub(crate) fn accuracy(&self, values: &[f64], labels: &[usize]) -> f64 {
        let predicted = values.iter().map(|&value| {
            let score = |&(w, b): &(f64, f64)| w * value + b;
            match &self.lines[..] {
                [] => self.labels[0],
                [line] => self.labels[usize::from(score(line) > 0.0)],
                lines => self.labels[largest(lines.iter().map(score))],
            }
        });
        accuracy(predicted, labels)
    }
}

/// Returns w and b that separate `class` from the others.
fn line(values: &[f64], classes: &[usize], class: usize, inside: f64, outside: f64) -> (f64, f64) {
    let loss = |w: f64, b: f64| {
        let mut sums = Sums { value: (w * w + b * b) / 2.0, slope: [w, b], curve: [1.0, 0.0, 1.0] };
        for (&x, &other) in values.iter().zip(classes) {
            let (x, sign, c) =
                (x, if other == class { 1.0 } else { -1.0 }, if other == class { inside } else { outside });
            let short = 1.0 - sign * (w * x + b);
            if short > 0.0 {
                sums.value += c * short * short;
                sums.slope[0] -= 2.0 * c * sign * short * x;
                sums.slope[1] -= 2.0 * c * sign * short;
                sums.curve[0] += 2.0 * c * x * x;
                sums.curve[1] += 2.0 * c * x;
                sums.curve[2] += 2.0 * c;
            }
        }
        sums
    };
    let (mut w, mut b) = (0.0, 0.0);
    let mut at = loss(w, b);
    for _ in 0..STEPS {
        let ([dw, db], [ww, wb, bb]) = (at.slope, at.curve);
        if dw.abs().max(db.abs()) < TOLERANCE {
            break;
        }
        let determinant = ww * bb - wb * wb;
        let step = ((wb * db - bb * dw) / determinant, (wb * dw - ww * db) / determinant);
        let shorter = (0..40).map(|halvings| 0.5f64.powi(halvings));
        let better = shorter.map(|length| (w + length * step.0, b + length * step.1));
        let Some((next, sums)) =
            better.map(|(w, b)| ((w, b), loss(w, b))).find(|(_, sums)| sums.value < at.value)
        else {
            break;
        };
        ((w, b), at) = (next, sums);
    }
    (w, b)
}

/// The loss with its first and second derivatives in w and b.
struct Sums {
    value: f64,
    slope: [f64; 2],
    curve: [f64; 3],
}
