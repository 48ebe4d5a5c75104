//! Measures trained models: units and scores. Each measure has its own file, which starts with its
//! formula.

mod attributes;
mod ceilings;
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

use metrics::{RepresentationError, WorldError};
use model::Vae;
use model::card::Score;

pub use attributes::{Attributes, attributes, attributes_of_codes};
pub use ceilings::{Perfect, ceiling};
pub use codes::{Codes, codes};
pub use describe::{Measured, describe};
pub(crate) use disentanglement::of_means;

use crate::data::{DataError, Dataset};

/// Why a model can't be measured.
#[derive(Debug, thiserror::Error)]
pub enum MeasureError {
    /// The data can't be read.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The network failed.
    #[error("the network failed: {0}")]
    Network(#[from] candle_core::Error),
    /// The codes or factors can't be scored.
    #[error("the codes can't be scored: {0}")]
    Codes(#[from] RepresentationError),
    /// Measuring was stopped by the [`Watch`].
    #[error("measuring was stopped")]
    Stopped,
    /// A score is not finite.
    #[error(
        "the network's {0} on `{1}` is not finite; its weights are too large, or the images are not of its kind"
    )]
    NotFinite(String, String),
    /// The codes of a world's images can't be scored.
    #[error("the codes can't be scored: {0}")]
    World(#[from] WorldError),
}

/// Sample sizes and seed of the scores that take long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Protocol {
    /// Maximum number of images for metrics that choose their images: they use the whole grid of the
    /// world, or a [`Lattice`](worlds::Lattice) of it if the grid is larger.
    pub grid: u64,
    /// Number of codes for other metrics: two thirds to fit on, the rest to score on.
    pub codes: usize,
    /// Numbers of drawn and of generated images that are compared in pixels.
    pub samples: usize,
    /// Seed of all draws.
    pub seed: u64,
}

impl Default for Protocol {
    fn default() -> Self {
        Self { grid: 1 << 20, codes: metrics::TRAIN + metrics::TEST, samples: 2000, seed: 0 }
    }
}

/// Receives the progress of measuring.
pub trait Watch: Sync {
    /// `images` images are going to be encoded.
    fn started(&self, images: u64);
    /// `images` more images were encoded.
    fn encoded(&self, images: u64);
    /// Whether to stop measuring.
    fn stopped(&self) -> bool {
        false
    }
}

/// Ignores all progress.
impl Watch for () {
    fn started(&self, _: u64) {}
    fn encoded(&self, _: u64) {}
}

/// Computes the scores that take long: all disentanglement metrics on a world, those that don't choose
/// their images on labelled pictures, and the quality of generated images.
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

/// Adds `new` to `scores`, replacing scores of the same metric.
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
