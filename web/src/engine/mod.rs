//! Running a model: the page talks to an [`Engine`] and does not know what computes.

mod cpu;
mod tensors;

use model::{Card, WeightsError};

pub use cpu::Cpu;

/// A loaded model that encodes and decodes.
///
/// Images are `[N, H, W, C]` in `[0, 1]` and codes `[N, D]`, both flat.
pub trait Engine {
    /// What the weights file says of the model.
    fn card(&self) -> &Card;

    /// q(z|x) of each image.
    ///
    /// # Errors
    /// Fails if `images` is not a whole number of images, or none.
    fn encode(&self, images: &[f32]) -> Result<Codes, EngineError>;

    /// The picture of each code, values in `[0, 1]`.
    ///
    /// # Errors
    /// Fails if `codes` is not a whole number of codes, or none.
    fn decode(&self, codes: &[f32]) -> Result<Vec<f32>, EngineError>;

    /// One image through the posterior's mean and back.
    ///
    /// # Errors
    /// Fails if `image` is not one image.
    fn reconstruct(&self, image: &[f32]) -> Result<Reconstruction, EngineError>;
}

/// The posterior of a batch, each `[N, D]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Codes {
    /// μ.
    pub mean: Vec<f32>,
    /// σ.
    pub std: Vec<f32>,
}

/// An image as a model gives it back.
#[derive(Clone, Debug, PartialEq)]
pub struct Reconstruction {
    /// Its posterior.
    pub codes: Codes,
    /// The picture of μ, `[H, W, C]` in `[0, 1]`.
    pub picture: Vec<f32>,
    /// −log p(x|μ) of Bernoulli pixels, in nats.
    pub nll: f32,
    /// Mean squared error a value.
    pub mse: f32,
}

/// Why a model can't be loaded or run.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The weights file is refused.
    #[error(transparent)]
    Weights(#[from] WeightsError),
    /// The input is no batch.
    #[error("{found} values are no whole number of {what} of {expected} values")]
    Input {
        /// `images` or `codes`.
        what: &'static str,
        /// Values given.
        found: usize,
        /// Values in each.
        expected: usize,
    },
    /// There is no model there.
    #[error("no model is loaded at place {0}")]
    Side(usize),
    /// The network failed.
    #[error("the network failed: {0}")]
    Network(#[from] candle_core::Error),
}
