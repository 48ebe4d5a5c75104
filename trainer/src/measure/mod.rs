//! What can be said of a trained model: its units and its scores. One file a measure, with its formula
//! on top.

mod attributes;
mod codes;
mod describe;
mod disentanglement;
mod distances;
mod encoded;
mod hoyer;
mod labelled;
mod mmd;
mod precision_recall;
mod samples;
mod ssim;
mod statistics;

use metrics::{GridError, RepresentationError};
use model::Vae;
use model::card::Score;

pub use attributes::{Attributes, attributes};
pub use codes::{Codes, codes};
pub use describe::{Measured, describe};

use crate::data::{DataError, Dataset};

/// Why a model can't be measured.
#[derive(Debug, thiserror::Error)]
pub enum MeasureError {
    /// The data can't be read.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The network can't be run.
    #[error("the network failed: {0}")]
    Network(#[from] candle_core::Error),
    /// The codes or the factors leave nothing to measure.
    #[error("the codes can't be scored: {0}")]
    Codes(#[from] RepresentationError),
    /// The watch asked to stop.
    #[error("measuring was stopped")]
    Stopped,
    /// What the network makes of the images can't be told in numbers.
    #[error(
        "the network's {0} on `{1}` is not finite; its weights are too large, or the images are not of its kind"
    )]
    NotFinite(String, String),
    /// The codes are no grid.
    #[error("the codes can't be scored: {0}")]
    Grid(#[from] GridError),
}

/// How the scores that take long are measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Protocol {
    /// Most images that the metrics which choose their images choose from: the world's whole grid, or
    /// a grid of every second class of its largest factors where that is larger.
    pub grid: u64,
    /// Codes drawn for the other metrics: two thirds to fit on, the rest to score on.
    pub codes: usize,
    /// Images drawn and images generated, which are compared in pixels.
    pub samples: usize,
    /// Seed of what is drawn.
    pub seed: u64,
}

impl Default for Protocol {
    fn default() -> Self {
        Self { grid: 1 << 20, codes: metrics::TRAIN + metrics::TEST, samples: 2000, seed: 0 }
    }
}

/// Who watches the scores being measured.
pub trait Watch: Sync {
    /// So many images will be encoded.
    fn started(&self, images: u64);
    /// So many more were.
    fn encoded(&self, images: u64);
    /// Whether to measure no further.
    fn stopped(&self) -> bool {
        false
    }
}

/// Nobody watches.
impl Watch for () {
    fn started(&self, _: u64) {}
    fn encoded(&self, _: u64) {}
}

/// The scores that take long: every metric of disentanglement on a world, those that need no chosen
/// images on labelled pictures, and the quality of generated images.
///
/// # Errors
/// Fails if an image can't be read, the network doesn't fit the images, or a code isn't finite.
pub fn score(
    vae: &Vae,
    dataset: &dyn Dataset,
    protocol: &Protocol,
    watch: &dyn Watch,
) -> Result<Vec<Score>, MeasureError> {
    let mut scores = match dataset.world().filter(|world| world.len() == dataset.len()) {
        Some(world) => disentanglement::scores(vae, dataset, world, protocol, watch)?,
        None => labelled::scores(vae, dataset, protocol, watch)?,
    };
    scores.extend(samples::scores(vae, dataset, protocol)?);
    Ok(scores)
}

/// Puts `new` among `scores`, in the place of those of the same metric.
pub fn merge(scores: &mut Vec<Score>, new: Vec<Score>) {
    for score in new {
        match scores.iter_mut().find(|old| old.metric == score.metric) {
            Some(old) => *old = score,
            None => scores.push(score),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_score_takes_the_place_of_the_old_one() {
        let score = |metric: &str, value| Score { metric: metric.into(), value, protocol: String::new() };
        let mut scores = vec![score("nll", 1.0), score("mig", 0.2)];
        merge(&mut scores, vec![score("mig", 0.3), score("sap", 0.4)]);
        assert_eq!(scores, [score("nll", 1.0), score("mig", 0.3), score("sap", 0.4)]);
    }
}
