//! Running a model: the page talks to an [`Engine`] and does not know what computes.

mod cpu;
#[cfg(feature = "gpu")]
pub mod gpu;
mod outcome;
mod tensors;

use std::pin::Pin;

use model::{Card, WeightsError};

pub use cpu::Cpu;

/// The engines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kind {
    /// Wasm on one core.
    Cpu,
    /// WebGPU.
    #[default]
    Gpu,
}

/// What an engine gives once it is done: a GPU tells its numbers later.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, EngineError>> + 'a>>;

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
    fn encode<'a>(&'a self, images: &'a [f32]) -> Answer<'a, Codes>;

    /// The picture of each code, values in `[0, 1]`.
    ///
    /// # Errors
    /// Fails if `codes` is not a whole number of codes, or none.
    fn decode<'a>(&'a self, codes: &'a [f32]) -> Answer<'a, Vec<f32>>;

    /// One image through the posterior's mean and back.
    ///
    /// # Errors
    /// Fails if `image` is not one image.
    fn reconstruct<'a>(&'a self, image: &'a [f32]) -> Answer<'a, Reconstruction>;
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
    /// The GPU can't be used, or can't any longer.
    #[error("the GPU can’t be used: {0}")]
    Gpu(String),
    /// The network failed.
    #[error("the network failed: {}", model::fault::words(.0))]
    Network(#[from] candle_core::Error),
}
