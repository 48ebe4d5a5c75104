//! Regression tree of bounded depth (Breiman et al. 1984), as in scikit-learn's `DecisionTreeRegressor`.
//! A node of n rows is split into left and right where n_l·n_r/n·(mean_l − mean_r)², the decrease of the
//! squared error, is largest. Each node visits the features in a random order, so that features with
//! equal splits share them.

use rand::Rng;
use rand::seq::SliceRandom;

/// Levels of splits.
const DEPTH: usize = 3;
/// Values that differ by less are not split.
const CLOSE: f64 = 1e-7;

/// Features `[F][N]`, sorted once for all trees.
pub(super) struct Features<'a> {
    columns: &'a [Vec<f64>],
    /// Row and value of each entry, in ascending order of values.
    sorted: Vec<Vec<(u32, f64)>>,
}

impl<'a> Features<'a> {
    pub(super) fn new(columns: &'a [Vec<f64>]) -> Self {
        let sort = |column: &Vec<f64>| {
            let mut sorted: Vec<(u32, f64)> = (0..).zip(column.iter().copied()).collect();
            sorted.sort_unstable_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0)));
            sorted
        };
        Self { columns, sorted: columns.iter().map(sort).collect() }
    }

    /// Number of features.
    pub(super) fn count(&self) -> usize {
        self.columns.len()
    }
}

#[derive(Clone, Copy, Debug)]
enum Node {
    Leaf(f64),
    Split { feature: usize, threshold: f64, left: usize },
}

/// A fitted tree. The right child of a split directly follows the left one.
#[derive(Clone, Debug)]
pub(super) struct Tree {
    nodes: Vec<Node>,
}

/// Number of rows and sum of their targets.
#[derive(Clone, Copy, Default)]
struct Sum {
    rows: f64,
    targets: f64,
}

impl Sum {
    fn add(&mut self, target: f64) {
        self.rows += 1.0;
        self.targets += target;
    }

    fn minus(self, other: Self) -> Self {
        Self { rows: self.rows - other.rows, targets: self.targets - other.targets }
    }

    fn mean(self) -> f64 {
        self.targets / self.rows
    }

    /// Decrease of the squared error when rows are split into these two parts.
    fn gain(self, other: Self) -> f64 {
        self.rows * other.rows / (self.rows + other.rows) * (self.mean() - other.mean()).powi(2)
    }
}

#[derive(Clone, Copy)]
struct Best {
    gain: f64,
    feature: usize,
    low: f64,
    high: f64,
}

impl Tree {
    /// Fits `targets`, one per row. `rng` draws the order in which each node visits the features. Returns
    /// the tree with all leaves 0, the leaf of each row, and the gain of each feature's splits divided by
    /// the number of rows.
    pub(super) fn fit(
        features: &Features<'_>,
        targets: &[f64],
        rng: &mut impl Rng,
    ) -> (Self, Vec<u8>, Vec<f64>) {
        let mut tree = Self { nodes: vec![Node::Leaf(0.0)] };
        let mut at = vec![0u8; targets.len()];
        let mut importances = vec![0.0; features.count()];
        let mut level = 0;
        for _ in 0..DEPTH {
            let end = tree.nodes.len();
            let ranks: Vec<Vec<usize>> = (level..end).map(|_| ranks(features.count(), rng)).collect();
            let splits = best_splits(features, targets, &at, level..end, &ranks);
            for (node, best) in (level..end).zip(splits) {
                let Some(best) = best else { continue };
                importances[best.feature] += best.gain / targets.len() as f64;
                let threshold = best.low / 2.0 + best.high / 2.0;
                tree.nodes[node] = Node::Split { feature: best.feature, threshold, left: tree.nodes.len() };
                tree.nodes.extend([Node::Leaf(0.0); 2]);
            }
            for (row, at) in at.iter_mut().enumerate() {
                *at = tree.step(usize::from(*at), |feature| features.columns[feature][row]) as u8;
            }
            level = end;
        }
        (tree, at, importances)
    }

    /// Sets the value of each leaf to `value` of its index.
    pub(super) fn set(&mut self, value: impl Fn(usize) -> f64) {
        for (place, node) in self.nodes.iter_mut().enumerate() {
            if let Node::Leaf(old) = node {
                *old = value(place);
            }
        }
    }

    /// Number of nodes, including leaves.
    pub(super) fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Returns the value of the leaf that a row reaches; `feature` returns the row's features.
    pub(super) fn value(&self, feature: impl Fn(usize) -> f64) -> f64 {
        let mut place = 0;
        loop {
            match self.nodes[place] {
                Node::Leaf(value) => return value,
                Node::Split { .. } => place = self.step(place, &feature),
            }
        }
    }

    /// Returns the child that a row goes to; a leaf returns itself.
    fn step(&self, place: usize, value: impl Fn(usize) -> f64) -> usize {
        match self.nodes[place] {
            Node::Leaf(_) => place,
            Node::Split { feature, threshold, left } => left + usize::from(value(feature) > threshold),
        }
    }
}

/// The rank of each feature in a random order.
fn ranks(count: usize, rng: &mut impl Rng) -> Vec<usize> {
    let mut ranks: Vec<usize> = (0..count).collect();
    ranks.shuffle(rng);
    ranks
}

/// Returns the best split of each node of a level, or `None` if all targets or all features are equal.
/// Ties go to the feature with the lowest rank, and within a feature to the lowest threshold.
fn best_splits(
    features: &Features<'_>,
    targets: &[f64],
    at: &[u8],
    level: std::ops::Range<usize>,
    ranks: &[Vec<usize>],
) -> Vec<Option<Best>> {
    let count = level.len();
    let place = |row: u32| usize::from(at[row as usize]).wrapping_sub(level.start);
    let mut whole = vec![Sum::default(); count];
    let mut squares = vec![0.0; count];
    for (row, &target) in (0..).zip(targets) {
        if place(row) < count {
            whole[place(row)].add(target);
            squares[place(row)] += target * target;
        }
    }
    let varies = |node: usize| squares[node] / whole[node].rows - whole[node].mean().powi(2) > f64::EPSILON;
    let open: Vec<bool> = (0..count).map(varies).collect();
    let mut best: Vec<Option<Best>> = vec![None; count];
    for (feature, sorted) in features.sorted.iter().enumerate() {
        let mut left = vec![(Sum::default(), f64::NEG_INFINITY); count];
        for &(row, high) in sorted {
            let node = place(row);
            if node >= count || !open[node] {
                continue;
            }
            let (sum, low) = &mut left[node];
            if sum.rows > 0.0 && high > *low + CLOSE {
                let gain = sum.gain(whole[node].minus(*sum));
                let ranks = &ranks[node];
                let better = |best: Best| {
                    gain > best.gain || gain == best.gain && ranks[feature] < ranks[best.feature]
                };
                if best[node].is_none_or(better) {
                    best[node] = Some(Best { gain, feature, low: *low, high });
                }
            }
            sum.add(targets[row as usize]);
            *low = high;
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    fn rng() -> ChaCha8Rng {
        ChaCha8Rng::seed_from_u64(0)
    }

    #[test]
    fn splits_fall_where_the_error_falls_most() {
        let columns = vec![vec![0.0, 1.0, 2.0, 3.0], vec![5.0; 4]];
        let targets = [1.0, 1.0, 1.0, 5.0];
        let (mut tree, at, importances) = Tree::fit(&Features::new(&columns), &targets, &mut rng());
        // Only the last row differs: one split at 2.5, after which nothing varies.
        assert_eq!((tree.len(), at), (3, vec![1, 1, 1, 2]));
        assert_eq!(importances, [3.0 / 4.0 * 16.0 / 4.0, 0.0]);
        tree.set(|place| place as f64);
        assert_eq!([2.4, 2.6].map(|value| tree.value(|_| value)), [1.0, 2.0]);
    }

    #[test]
    fn a_tree_is_three_splits_deep() {
        let columns = vec![(0..64).map(f64::from).collect::<Vec<f64>>()];
        let targets: Vec<f64> = (0..64).map(f64::from).collect();
        let (tree, at, _) = Tree::fit(&Features::new(&columns), &targets, &mut rng());
        assert_eq!(tree.len(), 15);
        // Eight leaves of eight rows.
        assert!(at.chunks(8).all(|leaf| leaf.iter().all(|place| *place == leaf[0])), "{at:?}");
    }
    #[test]
    fn equal_features_share_the_splits() {
        let column: Vec<f64> = (0..64).map(f64::from).collect();
        let columns = vec![column; 3];
        let targets: Vec<f64> = (0..64).map(f64::from).collect();
        let mut gains = [0.0; 3];
        let mut rng = rng();
        for _ in 0..200 {
            let (_, _, tree) = Tree::fit(&Features::new(&columns), &targets, &mut rng);
            gains.iter_mut().zip(tree).for_each(|(sum, gain)| *sum += gain);
        }
        let whole: f64 = gains.iter().sum();
        assert!(gains.iter().all(|gain| (gain / whole - 1.0 / 3.0).abs() < 0.1), "{gains:?}");
    }
}
