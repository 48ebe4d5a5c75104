//! Running a model: the page uses an [`Engine`] and doesn't depend on how it computes.

#[cfg(feature = "page")]
pub mod activations;
mod cpu;
#[cfg(feature = "gpu")]
pub mod gpu;
mod outcome;
mod tensors;

use std::pin::Pin;

use model::{Card, WeightsError};

pub use cpu::Cpu;

/// Kinds of engines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kind {
    /// Wasm on one core.
    Cpu,
    /// WebGPU.
    #[default]
    Gpu,
}

/// Result of an engine, once it is ready; GPUs return their results later.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, EngineError>> + 'a>>;

/// A loaded model that encodes and decodes.
///
/// Images are `[N, H, W, C]` in `[0, 1]` and codes `[N, D]`, both flat.
pub trait Engine {
    /// The model card.
    fn card(&self) -> &Card;

    /// Encodes images to q(z|x).
    ///
    /// # Errors
    /// Fails if `images` is not a whole number of images, or none.
    fn encode<'a>(&'a self, images: &'a [f32]) -> Answer<'a, Codes>;

    /// Decodes codes to pictures with values in `[0, 1]`.
    ///
    /// # Errors
    /// Fails if `codes` is not a whole number of codes, or none.
    fn decode<'a>(&'a self, codes: &'a [f32]) -> Answer<'a, Vec<f32>>;

    /// Encodes an image and decodes its posterior mean.
    ///
    /// # Errors
    /// Fails if `image` is not one image.
    fn reconstruct<'a>(&'a self, image: &'a [f32]) -> Answer<'a, Reconstruction>;
}

/// Posterior of a batch, `[N, D]` each.
#[derive(Clone, Debug, PartialEq)]
pub struct Codes {
    /// μ.
    pub mean: Vec<f32>,
    /// σ.
    pub std: Vec<f32>,
}

/// Reconstruction of an image.
#[derive(Clone, Debug, PartialEq)]
pub struct Reconstruction {
    /// Posterior of the image.
    pub codes: Codes,
    /// Picture decoded from μ, `[H, W, C]` in `[0, 1]`.
    pub picture: Vec<f32>,
    /// −log p(x|μ) under the model's likelihood, in nats.
    pub nll: f32,
    /// Mean squared error per value.
    pub mse: f32,
}

/// Why a model can't be loaded or run.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The weights file is invalid.
    #[error(transparent)]
    Weights(#[from] WeightsError),
    /// The input is not a batch.
    #[error("{found} values are no whole number of {what} of {expected} values")]
    Input {
        /// `images` or `codes`.
        what: &'static str,
        /// Number of values.
        found: usize,
        /// Number of values per item.
        expected: usize,
    },
    /// No model is loaded on this side.
    #[error("no model is loaded at place {0}")]
    Side(usize),
    /// The GPU can't be used, or was lost.
    #[error("the GPU can’t be used: {0}")]
    Gpu(String),
    /// The network failed.
    #[error("the network failed: {}", model::fault::words(.0))]
    Network(#[from] candle_core::Error),
}
