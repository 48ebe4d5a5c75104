//! Every metric of a representation. To add one, add its file and its lines here.

use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::{
    Grid, Representation, Sampler, TEST, TRAIN, beta_vae, dci, explicitness, factor_vae, infomec, irs, mig,
    modularity, sap,
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
/// (InfoMEC, whose cost grows fast, from the first part of many).
pub fn of_rows(rows: &Representation, seed: u64) -> Vec<Score> {
    let mut order: Vec<usize> = (0..rows.rows()).collect();
    order.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
    let train = TRAIN.min(rows.rows() * 2 / 3);
    let test = TEST.min(rows.rows() - train);
    let (train, test) = (rows.select(&order[..train]), rows.select(&order[train..][..test]));
    of_samples(rows, &train, &test)
}

/// Scores of a full grid: [`TRAIN`] and [`TEST`] codes of factors drawn uniformly under `seed`.
pub fn of_grid(grid: &Grid, seed: u64) -> Vec<Score> {
    let rows = drawn_rows(grid.rows().rows(), TRAIN + TEST, seed);
    let mut scores = of_drawn(&grid.rows().select(&rows));
    let Ok(sampled) = of_images(grid, seed);
    scores.extend(sampled);
    scores
}

/// The rows of a grid of `count` that [`of_grid`] scores, drawn uniformly under `seed`; it draws
/// [`TRAIN`] to fit on, then [`TEST`].
pub fn drawn_rows(count: usize, drawn: usize, seed: u64) -> Vec<usize> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    (0..drawn).map(|_| rng.random_range(0..count)).collect()
}

/// Scores of codes drawn as [`drawn_rows`] says, in that order: the first two thirds to fit on.
pub fn of_drawn(drawn: &Representation) -> Vec<Score> {
    let (train, test) = split(drawn);
    of_samples(&train, &train, &test)
}

/// MIG and DCI of codes drawn as [`drawn_rows`] says: the first of what [`of_drawn`] tells, in a small
/// part of its time.
pub fn few_of_drawn(drawn: &Representation) -> Vec<Score> {
    let (train, test) = split(drawn);
    few_of_samples(&train, &train, &test).into()
}

fn split(drawn: &Representation) -> (Representation, Representation) {
    let train = drawn.rows() * TRAIN / (TRAIN + TEST);
    let part = |rows: std::ops::Range<usize>| drawn.select(&rows.collect::<Vec<_>>());
    (part(0..train), part(train..drawn.rows()))
}

fn few_of_samples(whole: &Representation, train: &Representation, test: &Representation) -> [Score; 4] {
    let bins = crate::information::BINS;
    let dci = dci(train, test);
    let trees = format!("gradient-boosted trees; {} codes, {} others to score on", train.rows(), test.rows());
    [
        ("mig", mig(whole), format!("mutual information gap, {bins} bins; {} codes", whole.rows())),
        ("dci_disentanglement", dci.disentanglement, trees.clone()),
        ("dci_completeness", dci.completeness, trees.clone()),
        ("dci_informativeness", dci.informativeness, trees),
    ]
    .map(|(metric, value, protocol)| Score { metric, value, protocol })
}

fn of_samples(whole: &Representation, train: &Representation, test: &Representation) -> Vec<Score> {
    let all = format!("{} codes", whole.rows());
    let fitted = format!("{} codes, {} others to score on", train.rows(), test.rows());
    let bins = crate::information::BINS;
    let sample = if whole.rows() > TRAIN + TEST { train } else { whole };
    let infomec = infomec(sample);
    let neighbours = format!("information by 10 nearest neighbours; {} codes", sample.rows());
    let others = [
        ("sap", sap(train, test), format!("linear support vector machines; {fitted}")),
        ("modularity", modularity(whole), format!("information, {bins} bins; {all}")),
        ("explicitness", explicitness(train, test), format!("logistic regression; {fitted}")),
        ("irs", irs(whole), format!("0.99-quantile of deviations, {bins} bins of a factor; {all}")),
        ("infomec_modularity", infomec.modularity, neighbours.clone()),
        ("infomec_compactness", infomec.compactness, neighbours),
        (
            "infomec_explicitness",
            infomec.explicitness,
            format!("log loss of a balanced logistic regression; {} codes", sample.rows()),
        ),
    ]
    .map(|(metric, value, protocol)| Score { metric, value, protocol });
    few_of_samples(whole, train, test).into_iter().chain(others).collect()
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
