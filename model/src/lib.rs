//! The network of Latentscope, its posterior and its weights file.
//!
//! The native trainer and the page share this crate. It does no I/O beyond bytes in and bytes out, and builds
//! for native targets and for wasm32.
//!
//! Images are always channels-last, `[N, H, W, C]`, with values in `[0, 1]`.

pub mod card;
mod checksum;
pub mod circle;
pub mod config;
pub mod fault;
pub mod inference;
pub mod json;
pub mod layers;
pub mod likelihood;
pub mod network;
pub mod ops;
pub mod order;
pub mod parameters;
pub mod posterior;
pub mod random;
pub mod weights;

pub use card::Card;
pub use config::{ImageShape, ModelConfig};
pub use inference::Inference;
pub use likelihood::Likelihood;
pub use network::Vae;
pub use parameters::Parameters;
pub use posterior::Posterior;
pub use weights::{Weights, WeightsError};
