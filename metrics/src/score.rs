//! Runs all metrics on a representation. To add a metric, add its file and its lines here.

use std::collections::HashSet;

use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::sap::DRAWS;
use crate::{
    Grid, Representation, Sampler, Sap, TEST, TRAIN, beta_vae, dci, explicitness, factor_vae, infomec, irs,
    mig, modularity,
};

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
    let mut order: Vec<usize> = (0..rows.rows()).collect();
    order.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
    let train = TRAIN.min(rows.rows() * 2 / 3);
    let test = TEST.min(rows.rows() - train);
    let shuffled = rows.select(&order);
    let infomec = if rows.rows() > TRAIN + TEST { &shuffled.select(&first(train)) } else { rows };
    Sample { whole: rows, order: &shuffled, infomec, train, test, seed }.scores()
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
    let infomec = drawn.select(&distinct(rows));
    Sample { whole: &fitted, order: drawn, infomec: &infomec, train, test, seed }.scores()
}

/// MIG and DCI of codes drawn by [`drawn_rows`]: the first scores of [`of_drawn`], in a fraction of its
/// time.
pub fn few_of_drawn(drawn: &Representation, seed: u64) -> Vec<Score> {
    let (train, test) = sizes(drawn);
    let fitted = drawn.select(&first(train));
    Sample { whole: &fitted, order: drawn, infomec: &fitted, train, test, seed }.few_scores()
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
struct Sample<'a> {
    /// Codes for metrics that are not fitted.
    whole: &'a Representation,
    /// Codes for fitted metrics: fit on the first `train`, score on the next `test`.
    order: &'a Representation,
    /// Distinct rows, for InfoMEC.
    infomec: &'a Representation,
    train: usize,
    test: usize,
    seed: u64,
}

impl Sample<'_> {
    /// MIG and DCI.
    fn few_scores(&self) -> Vec<Score> {
        let (train, test) = self.parts();
        let bins = crate::information::BINS;
        let dci = dci(&train, &test, self.seed);
        let trees = format!("gradient-boosted trees; {}", self.fitted());
        let mig_protocol = format!("mutual information gap, {bins} bins; {}", codes(self.whole));
        known([
            ("mig", mig(self.whole), mig_protocol),
            ("dci_disentanglement", dci.disentanglement, trees.clone()),
            ("dci_completeness", dci.completeness, trees.clone()),
            ("dci_informativeness", Some(dci.informativeness), trees),
        ])
    }

    fn scores(&self) -> Vec<Score> {
        let (train, test) = self.parts();
        let (all, fitted) = (codes(self.whole), self.fitted());
        let bins = crate::information::BINS;
        let infomec = infomec(self.infomec);
        let distinct = format!("{} distinct codes", self.infomec.rows());
        let neighbours = format!("information by 10 nearest neighbours; {distinct}");
        let sap = Sap::of(self.order, self.train, self.test, self.seed);
        let machines = |which| format!("linear support vector machines, {which} of {DRAWS} draws; {fitted}");
        let mut scores = self.few_scores();
        scores.extend(known([
            ("sap", sap.map(|sap| sap.median), machines("median")),
            ("sap_low", sap.map(|sap| sap.low), machines("smallest")),
            ("sap_high", sap.map(|sap| sap.high), machines("largest")),
            ("modularity", Some(modularity(self.whole)), format!("information, {bins} bins; {all}")),
            ("explicitness", Some(explicitness(&train, &test)), format!("logistic regression; {fitted}")),
            (
                "irs",
                Some(irs(self.whole)),
                format!("0.99-quantile of deviations, {bins} bins of a factor; {all}"),
            ),
            ("infomec_modularity", Some(infomec.modularity), neighbours.clone()),
            ("infomec_compactness", infomec.compactness, neighbours),
            (
                "infomec_explicitness",
                Some(infomec.explicitness),
                format!("log loss of a balanced logistic regression; {distinct}"),
            ),
        ]));
        scores
    }

    /// Codes to fit on, and codes to score on.
    fn parts(&self) -> (Representation, Representation) {
        let others: Vec<usize> = (self.train..self.train + self.test).collect();
        (self.order.select(&first(self.train)), self.order.select(&others))
    }

    fn fitted(&self) -> String {
        format!("{} codes, {} others to score on", self.train, self.test)
    }
}

fn codes(sample: &Representation) -> String {
    format!("{} codes", sample.rows())
}

/// Keeps the metrics that have a value.
fn known<const N: usize>(scores: [(&'static str, Option<f64>, String); N]) -> Vec<Score> {
    let score =
        |(metric, value, protocol): (_, Option<f64>, _)| value.map(|value| Score { metric, value, protocol });
    scores.into_iter().filter_map(score).collect()
}

/// Scores the codes from `source` with the metrics that choose the factors of their images.
///
/// # Errors
/// Returns the errors of `source`.
pub fn of_images<S: Sampler>(source: &S, seed: u64) -> Result<Vec<Score>, S::Error> {
    let points = format!("{TRAIN} points, {TEST} others to score on");
    let beta = beta_vae(source, seed)?;
    let factor = factor_vae(source, seed)?;
    Ok(vec![
        Score {
            metric: "beta_vae",
            value: beta,
            protocol: format!("logistic regression on distances of 64 pairs; {points}"),
        },
        Score {
            metric: "factor_vae",
            value: factor,
            protocol: format!("majority vote by variances of 64 images; {points}"),
        },
    ])
}
