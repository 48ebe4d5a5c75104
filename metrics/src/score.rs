//! Every metric of a representation. To add one, add its file and its lines here.

use std::collections::HashSet;

use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::sap::DRAWS;
use crate::{
    Grid, Representation, Sampler, Sap, TEST, TRAIN, beta_vae, dci, explicitness, factor_vae, infomec, irs,
    mig, modularity,
};

/// A metric's value on a representation.
#[derive(Clone, Debug, PartialEq)]
pub struct Score {
    /// Short name, as `mig`.
    pub metric: &'static str,
    /// Value; 1 is best.
    pub value: f64,
    /// How it was measured.
    pub protocol: String,
}

/// Scores of rows that are a sample of their own: every metric that needs no images of chosen
/// factors. What is fitted is fitted on two thirds of the rows, drawn under `seed`, at most
/// [`TRAIN`], and scored on others, at most [`TEST`]; what is not fitted is taken from every row
/// (InfoMEC, whose cost grows fast, from the first part of many). Metrics that a code of one unit does
/// not have are left out.
pub fn of_rows(rows: &Representation, seed: u64) -> Vec<Score> {
    let mut order: Vec<usize> = (0..rows.rows()).collect();
    order.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
    let train = TRAIN.min(rows.rows() * 2 / 3);
    let test = TEST.min(rows.rows() - train);
    let shuffled = rows.select(&order);
    let infomec = if rows.rows() > TRAIN + TEST { &shuffled.select(&first(train)) } else { rows };
    Sample { whole: rows, order: &shuffled, infomec, train, test, seed }.scores()
}

/// Scores of a full grid: [`TRAIN`] and [`TEST`] codes of factors drawn uniformly under `seed`.
pub fn of_grid(grid: &Grid, seed: u64) -> Vec<Score> {
    let rows = drawn_rows(grid.rows().rows(), TRAIN + TEST, seed);
    let mut scores = of_drawn(&grid.rows().select(&rows), &rows, seed);
    let Ok(sampled) = of_images(grid, seed);
    scores.extend(sampled);
    scores
}

/// The rows of a grid of `count` that [`of_grid`] scores, drawn uniformly under `seed`, each as likely
/// as any whether it was drawn before or not; it draws [`TRAIN`] to fit on, then [`TEST`].
pub fn drawn_rows(count: usize, drawn: usize, seed: u64) -> Vec<usize> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    (0..drawn).map(|_| rng.random_range(0..count)).collect()
}

/// Scores of codes drawn as [`drawn_rows`] says, in that order: the first two thirds to fit on. `rows`
/// are their numbers, an entry a code: InfoMEC's nearest neighbours take every row once, at most
/// [`TRAIN`], since a row drawn twice would be its own neighbour.
pub fn of_drawn(drawn: &Representation, rows: &[usize], seed: u64) -> Vec<Score> {
    let (train, test) = sizes(drawn);
    let fitted = drawn.select(&first(train));
    let infomec = drawn.select(&distinct(rows));
    Sample { whole: &fitted, order: drawn, infomec: &infomec, train, test, seed }.scores()
}

/// MIG and DCI of codes drawn as [`drawn_rows`] says: the first of what [`of_drawn`] tells, in a small
/// part of its time.
pub fn few_of_drawn(drawn: &Representation, seed: u64) -> Vec<Score> {
    let (train, test) = sizes(drawn);
    let fitted = drawn.select(&first(train));
    Sample { whole: &fitted, order: drawn, infomec: &fitted, train, test, seed }.few_scores()
}

/// Codes to fit on and to score on, of those drawn.
fn sizes(drawn: &Representation) -> (usize, usize) {
    let train = drawn.rows() * TRAIN / (TRAIN + TEST);
    (train, drawn.rows() - train)
}

fn first(count: usize) -> Vec<usize> {
    (0..count).collect()
}

/// The places where each row is drawn for the first time; the first [`TRAIN`] of them.
fn distinct(rows: &[usize]) -> Vec<usize> {
    let mut seen = HashSet::new();
    (0..rows.len()).filter(|&place| seen.insert(rows[place])).take(TRAIN).collect()
}

/// Codes with the parts of them that metrics are measured on.
struct Sample<'a> {
    /// What is not fitted is taken from these.
    whole: &'a Representation,
    /// The first `train` are fitted on, the next `test` scored on.
    order: &'a Representation,
    /// Rows that all differ.
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

    /// Codes to fit on and to score on.
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

/// The metrics that have a value.
fn known<const N: usize>(scores: [(&'static str, Option<f64>, String); N]) -> Vec<Score> {
    let score =
        |(metric, value, protocol): (_, Option<f64>, _)| value.map(|value| Score { metric, value, protocol });
    scores.into_iter().filter_map(score).collect()
}

/// Scores that choose the images' factors.
///
/// # Errors
/// Those of `source`.
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
