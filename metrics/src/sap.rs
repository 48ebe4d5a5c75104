//! Separated attribute predictability (Kumar et al. 2018, "Variational Inference of Disentangled Latent
//! Concepts from Unlabeled Observations"). A linear support vector machine predicts each factor from each
//! unit alone; the score is the mean over factors of the gap in test accuracy between the two best units.
//! 0 to 1; the accuracy of chance cancels.
//!
//! For noisy units the fit depends much on the rows, so [`Sap`] measures several draws of rows and
//! reports the median and the spread.

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use crate::learn::Svm;
use crate::mig::top_two;
use crate::{Metric, Representation, Sample, Score, ScoreName};

/// Number of draws of rows.
const DRAWS: usize = 5;

/// SAP over several draws of rows: median and range.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sap {
    /// Median.
    pub median: f64,
    /// Smallest of the draws.
    pub low: f64,
    /// Largest of the draws.
    pub high: f64,
}

impl Sap {
    /// Returns the median and range of [`sap`] over `DRAWS` draws of `rows`. The first draw fits on the
    /// first `train` rows and scores on the next `test`; the others shuffle the rows with `seed`. Returns
    /// `None` for a code of one unit.
    pub fn of(rows: &Representation, train: usize, test: usize, seed: u64) -> Option<Self> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut order: Vec<usize> = (0..rows.rows()).collect();
        let mut values = Vec::with_capacity(DRAWS);
        for _ in 0..DRAWS {
            let (fitted, others) = (&order[..train], &order[train..][..test]);
            values.push(sap(&rows.select(fitted), &rows.select(others))?);
            order.shuffle(&mut rng);
        }
        values.sort_unstable_by(f64::total_cmp);
        Some(Self { median: values[DRAWS / 2], low: values[0], high: values[DRAWS - 1] })
    }
}

const SAP: ScoreName = ScoreName::new("sap", "SAP");

pub(crate) const METRIC: Metric = Metric { reported: &[SAP], scores };

/// Fits on the first codes and scores the others. Reports show only the median.
fn scores(sample: &Sample) -> Vec<Score> {
    let Some(sap) = Sap::of(sample.order, sample.train, sample.test, sample.seed) else { return Vec::new() };
    let score = |metric, value, which| {
        let fitted = sample.fitted();
        let protocol = format!("linear support vector machines, {which} of {DRAWS} draws; {fitted}");
        Score::new(metric, value, protocol)
    };
    vec![
        score(SAP.name, sap.median, "median"),
        score("sap_low", sap.low, "smallest"),
        score("sap_high", sap.high, "largest"),
    ]
}

/// Returns SAP for one draw: classifiers fitted on `train` and compared on `test`. Returns `None` for a
/// code of one unit.
pub fn sap(train: &Representation, test: &Representation) -> Option<f64> {
    if train.latent() < 2 {
        return None;
    }
    let factors = train.sizes().len();
    let gap = |factor: usize| {
        let (classes, others) = (train.factor(factor), test.factor(factor));
        let accuracies = (0..train.latent())
            .map(|unit| Svm::fit(&train.unit(unit), &classes).accuracy(&test.unit(unit), &others));
        let (first, second) = top_two(accuracies);
        first - second
    };
    Some((0..factors).map(gap).sum::<f64>() / factors as f64)
}
