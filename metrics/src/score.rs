//! Runs all metrics on a representation.

use std::collections::HashSet;

use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::{Grid, Representation, Sampler, TEST, TRAIN, beta_vae, factor_vae};

/// A metric that doesn't choose its images.
#[derive(Clone, Copy, Debug)]
pub struct Metric {
    /// The scores that reports show.
    pub reported: &'static [ScoreName],
    /// Scores a sample; leaves out scores that are undefined for it.
    pub scores: fn(&Sample) -> Vec<Score>,
}

/// Name and title of a score.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScoreName {
    /// Name in cards, such as `mig`.
    pub name: &'static str,
    /// Title in reports, such as `MIG`.
    pub title: &'static str,
}

/// All metrics that don't choose their images, in the order of reports. A new metric is a file and a line
/// here.
pub const METRICS: &[Metric] = &[
    crate::mig::METRIC,
    crate::dci::METRIC,
    crate::sap::METRIC,
    crate::modularity::METRIC,
    crate::explicitness::METRIC,
    crate::irs::METRIC,
    crate::infomec::METRIC,
];
/// Number of [`METRICS`], from the first, that [`few_of_drawn`] runs.
const FEW: usize = 2;

/// Returns the scores that reports show, in their order.
pub fn reported() -> impl Iterator<Item = ScoreName> {
    let scores = METRICS.iter().flat_map(|metric| metric.reported.iter().copied());
    [factor_vae::FACTOR_VAE, beta_vae::BETA_VAE].into_iter().chain(scores)
}

/// The value of one metric.
#[derive(Clone, Debug, PartialEq)]
pub struct Score {
    /// Short name, such as `mig`.
    pub metric: &'static str,
    /// Value, where 1 is best.
    pub value: f64,
    /// How the metric was measured.
    pub protocol: String,
}

/// Scores rows with every metric that doesn't choose its images. Fitted metrics fit on two thirds of the
/// rows in an order drawn from `seed`, at most [`TRAIN`], and score on the rest, at most [`TEST`]. Other
/// metrics use all rows, except InfoMEC, which is expensive and uses the fitting rows if there are more
/// than [`TRAIN`] + [`TEST`]. Metrics that are undefined for a code of one unit are left out.
pub fn of_rows(rows: &Representation, seed: u64) -> Vec<Score> {
    of_rows_by(METRICS, rows, seed)
}

/// Like [`of_rows`], with other metrics.
pub fn of_rows_by(metrics: &[Metric], rows: &Representation, seed: u64) -> Vec<Score> {
    let mut order: Vec<usize> = (0..rows.rows()).collect();
    order.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
    let train = TRAIN.min(rows.rows() * 2 / 3);
    let test = TEST.min(rows.rows() - train);
    let shuffled = rows.select(&order);
    let distinct = if rows.rows() > TRAIN + TEST { &shuffled.select(&first(train)) } else { rows };
    Sample { whole: rows, order: &shuffled, distinct, train, test, seed }.scores(metrics)
}

/// Scores a full grid with all metrics, on [`TRAIN`] and [`TEST`] codes drawn uniformly with `seed`.
pub fn of_grid(grid: &Grid, seed: u64) -> Vec<Score> {
    let rows = drawn_rows(grid.rows().rows(), TRAIN + TEST, seed);
    let mut scores = of_drawn(&grid.rows().select(&rows), &rows, seed);
    let Ok(sampled) = of_images(grid, seed);
    scores.extend(sampled);
    scores
}

/// Draws the rows that [`of_grid`] scores: `drawn` of `count` rows, uniformly and with replacement.
/// [`of_grid`] draws [`TRAIN`] rows to fit on, then [`TEST`].
pub fn drawn_rows(count: usize, drawn: usize, seed: u64) -> Vec<usize> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    (0..drawn).map(|_| rng.random_range(0..count)).collect()
}

/// Scores codes of rows drawn by [`drawn_rows`], in that order; the first two thirds are for fitting.
/// `rows` has the row number of each code. InfoMEC uses each row only once, at most [`TRAIN`] of them,
/// because a row drawn twice would be its own nearest neighbour.
pub fn of_drawn(drawn: &Representation, rows: &[usize], seed: u64) -> Vec<Score> {
    let (train, test) = sizes(drawn);
    let fitted = drawn.select(&first(train));
    let distinct = drawn.select(&distinct(rows));
    Sample { whole: &fitted, order: drawn, distinct: &distinct, train, test, seed }.scores(METRICS)
}

/// MIG and DCI of codes drawn by [`drawn_rows`]: the first scores of [`of_drawn`], in a fraction of its
/// time.
pub fn few_of_drawn(drawn: &Representation, seed: u64) -> Vec<Score> {
    let (train, test) = sizes(drawn);
    let fitted = drawn.select(&first(train));
    Sample { whole: &fitted, order: drawn, distinct: &fitted, train, test, seed }.scores(&METRICS[..FEW])
}

/// Numbers of codes to fit on and to score on.
fn sizes(drawn: &Representation) -> (usize, usize) {
    let train = drawn.rows() * TRAIN / (TRAIN + TEST);
    (train, drawn.rows() - train)
}

fn first(count: usize) -> Vec<usize> {
    (0..count).collect()
}

/// Positions at which a row is drawn for the first time, at most [`TRAIN`] of them.
fn distinct(rows: &[usize]) -> Vec<usize> {
    let mut seen = HashSet::new();
    (0..rows.len()).filter(|&place| seen.insert(rows[place])).take(TRAIN).collect()
}

/// Codes, and the parts of them that each kind of metric uses.
#[derive(Debug)]
pub struct Sample<'a> {
    /// Codes for metrics that are not fitted.
    pub whole: &'a Representation,
    /// Codes for fitted metrics: fit on the first `train`, score on the next `test`.
    pub order: &'a Representation,
    /// Codes of distinct rows.
    pub distinct: &'a Representation,
    /// Number of codes to fit on.
    pub train: usize,
    /// Number of codes to score on.
    pub test: usize,
    /// Seed for metrics that draw at random.
    pub seed: u64,
}

impl Sample<'_> {
    /// Runs `metrics` in their order.
    pub fn scores(&self, metrics: &[Metric]) -> Vec<Score> {
        metrics.iter().flat_map(|metric| (metric.scores)(self)).collect()
    }

    /// Codes to fit on, and codes to score on.
    pub fn parts(&self) -> (Representation, Representation) {
        let others: Vec<usize> = (self.train..self.train + self.test).collect();
        (self.order.select(&first(self.train)), self.order.select(&others))
    }

    /// Protocol of a metric that uses all codes: their number.
    pub fn codes(&self) -> String {
        format!("{} codes", self.whole.rows())
    }

    /// Protocol of a fitted metric: the numbers of codes to fit and to score on.
    pub fn fitted(&self) -> String {
        format!("{} codes, {} others to score on", self.train, self.test)
    }
}

impl Score {
    /// Creates the score of a metric.
    pub fn new(metric: &'static str, value: f64, protocol: String) -> Self {
        Self { metric, value, protocol }
    }
}

impl ScoreName {
    /// Names a score.
    pub const fn new(name: &'static str, title: &'static str) -> Self {
        Self { name, title }
    }

    /// Creates a score with this name.
    pub fn score(self, value: f64, protocol: String) -> Score {
        Score::new(self.name, value, protocol)
    }

    /// Creates a score with this name, or `None` if it has no value for a sample, such as codes of one unit.
    pub fn score_if_known(self, value: Option<f64>, protocol: String) -> Option<Score> {
        value.map(|value| self.score(value, protocol))
    }
}

/// Scores the codes from `source` with the metrics that choose the factors of their images.
///
/// # Errors
/// Returns the errors of `source`.
pub fn of_images<S: Sampler>(source: &S, seed: u64) -> Result<Vec<Score>, S::Error> {
    let points = format!("{TRAIN} points, {TEST} others to score on");
    let beta = beta_vae::beta_vae(source, seed)?;
    let factor = factor_vae::factor_vae(source, seed)?;
    Ok(vec![
        beta_vae::BETA_VAE.score(beta, format!("logistic regression on distances of 64 pairs; {points}")),
        factor_vae::FACTOR_VAE.score(factor, format!("majority vote by variances of 64 images; {points}")),
    ])
}
