//! Gradient-boosted trees (Friedman 2001, "Greedy Function Approximation"), as scikit-learn's
//! `GradientBoostingClassifier` fits them by default. Scores F_k start at the log frequency of each
//! class. Each round fits one tree per class to the residual r = 1(y = k) − p_k, where p = softmax(F),
//! and adds rate·(K − 1)/K·Σr / Σp(1 − p) of a row's leaf to F_k. With two classes there is one tree per
//! round, p is the logistic function of F, and the factor (K − 1)/K is left out.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::tree::{Features, Tree};
use super::{accuracy, classes, largest, softmax};
use crate::parallel;

/// Number of rounds.
const ROUNDS: usize = 100;
/// Learning rate.
const RATE: f64 = 0.1;
/// Leaves with a smaller Σp(1 − p) add nothing.
const CERTAIN: f64 = 1e-150;

/// A fitted classifier.
pub(crate) struct Boosting {
    labels: Vec<usize>,
    start: Vec<f64>,
    rounds: Vec<Vec<Tree>>,
    importances: Vec<f64>,
}

impl Boosting {
    /// Fits `labels`, one per row, to features `[F][N]`. `seed` draws the order in which trees visit the
    /// features.
    pub(crate) fn fit(columns: &[Vec<f64>], labels: &[usize], seed: u64) -> Self {
        let (labels, classes) = classes(labels);
        let features = Features::new(columns);
        let mut counts = vec![0.0; labels.len()];
        classes.iter().for_each(|&class| counts[class] += 1.0);
        let start: Vec<f64> = match counts[..] {
            [_] => Vec::new(),
            [first, second] => vec![f64::ln(second / first)],
            _ => counts.iter().map(|count| f64::ln(count / classes.len() as f64)).collect(),
        };
        let mut scores: Vec<Vec<f64>> = start.iter().map(|&score| vec![score; classes.len()]).collect();
        let mut rounds = Vec::with_capacity(ROUNDS);
        let mut importances = vec![0.0; columns.len()];
        for round in 0..ROUNDS {
            let shares = shares(&scores);
            let grown = parallel::map(scores.len(), |column| {
                // With two classes, the only column belongs to the second class.
                let class = if scores.len() == 1 { 1 } else { column };
                let residuals: Vec<f64> = classes
                    .iter()
                    .zip(&shares[column])
                    .map(|(&other, share)| f64::from(u8::from(other == class)) - share)
                    .collect();
                let mut rng = ChaCha8Rng::seed_from_u64(seed);
                rng.set_stream((round * scores.len() + column) as u64);
                grow(&features, &residuals, &shares[column], labels.len(), &mut rng)
            });
            let mut trees = Vec::with_capacity(grown.len());
            for ((tree, added, gains), scores) in grown.into_iter().zip(&mut scores) {
                scores.iter_mut().zip(added).for_each(|(score, added)| *score += added);
                importances.iter_mut().zip(gains).for_each(|(sum, gain)| *sum += gain);
                trees.push(tree);
            }
            rounds.push(trees);
        }
        let whole: f64 = importances.iter().sum();
        if whole > 0.0 {
            importances.iter_mut().for_each(|importance| *importance /= whole);
        }
        Self { labels, start, rounds, importances }
    }

    /// Share of each feature's splits in the total gain; all 0 if there are no splits.
    pub(crate) fn importances(&self) -> &[f64] {
        &self.importances
    }

    /// Accuracy on features `[F][N]`.
    pub(crate) fn accuracy(&self, columns: &[Vec<f64>], labels: &[usize]) -> f64 {
        let predicted = parallel::map(labels.len(), |row| self.predict(|feature| columns[feature][row]));
        accuracy(predicted.into_iter(), labels)
    }

    fn predict(&self, feature: impl Fn(usize) -> f64) -> usize {
        let mut scores = self.start.clone();
        for round in &self.rounds {
            for (score, tree) in scores.iter_mut().zip(round) {
                *score += tree.value(&feature);
            }
        }
        match scores[..] {
            [] => self.labels[0],
            [score] => self.labels[usize::from(score > 0.0)],
            _ => self.labels[largest(scores.into_iter())],
        }
    }
}

/// Probability of each class and row, from the scores `[K][N]`.
fn shares(scores: &[Vec<f64>]) -> Vec<Vec<f64>> {
    if let [column] = scores {
        return vec![column.iter().map(|score| 1.0 / (1.0 + (-score).exp())).collect()];
    }
    let mut shares = scores.to_vec();
    let mut row = vec![0.0; scores.len()];
    for place in 0..scores.first().map_or(0, Vec::len) {
        row.iter_mut().zip(scores).for_each(|(value, column)| *value = column[place]);
        softmax(&mut row);
        shares.iter_mut().zip(&row).for_each(|(column, value)| column[place] = *value);
    }
    shares
}

/// Fits a tree to the residuals of one class. Returns the tree, what it adds to each row, and the gain of
/// each feature.
fn grow(
    features: &Features<'_>,
    residuals: &[f64],
    shares: &[f64],
    count: usize,
    rng: &mut ChaCha8Rng,
) -> (Tree, Vec<f64>, Vec<f64>) {
    let (mut tree, leaves, gains) = Tree::fit(features, residuals, rng);
    let mut sums = vec![(0.0, 0.0); tree.len()];
    for ((&leaf, residual), share) in leaves.iter().zip(residuals).zip(shares) {
        let (residuals, spread) = &mut sums[usize::from(leaf)];
        *residuals += residual;
        *spread += share * (1.0 - share);
    }
    let factor = if count == 2 { 1.0 } else { (count as f64 - 1.0) / count as f64 };
    let values: Vec<f64> = sums
        .iter()
        .map(|&(residuals, spread)| if spread < CERTAIN { 0.0 } else { RATE * factor * residuals / spread })
        .collect();
    tree.set(|place| values[place]);
    let added = leaves.iter().map(|&leaf| values[usize::from(leaf)]).collect();
    (tree, added, gains)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The class is the rank of the first of two features.
    fn ranks(classes: usize) -> (Vec<Vec<f64>>, Vec<usize>) {
        let noise = (0..300).map(|row| (row * 7 % 31) as f64).collect();
        (vec![(0..300).map(f64::from).collect(), noise], (0..300).map(|row| row * classes / 300).collect())
    }

    #[test]
    fn what_one_feature_tells_is_learnt_from_it() {
        for classes in [2, 3, 7] {
            let (columns, labels) = ranks(classes);
            let boosting = Boosting::fit(&columns, &labels, 0);
            assert_eq!(boosting.accuracy(&columns, &labels), 1.0);
            let [first, second] = boosting.importances() else { panic!("two features") };
            assert!(*first > 0.99 && (first + second - 1.0).abs() < 1e-12, "{first} {second}");
        }
    }

    #[test]
    fn one_class_is_always_predicted_and_teaches_nothing() {
        let (columns, _) = ranks(2);
        let boosting = Boosting::fit(&columns, &[4; 300], 0);
        assert_eq!((boosting.accuracy(&columns, &[4; 300]), boosting.importances()), (1.0, &[0.0; 2][..]));
    }
}
