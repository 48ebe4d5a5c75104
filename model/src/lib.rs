//! The network of Latentscope, its posterior and its weights file.
//!
//! One definition serves the native trainer and the page: this crate does no I/O beyond bytes in
//! and bytes out, and builds for native targets and for wasm32 alike.
//!
//! Images are channels-last everywhere: `[N, H, W, C]`, values in `[0, 1]`.

pub mod card;
mod checksum;
pub mod circle;
pub mod config;
pub mod fault;
pub mod layers;
pub mod likelihood;
pub mod network;
pub mod ops;
pub mod parameters;
pub mod posterior;
pub mod random;
pub mod weights;

pub use card::Card;
pub use config::{ImageShape, ModelConfig};
pub use likelihood::Likelihood;
pub use network::Vae;
pub use parameters::Parameters;
pub use posterior::Posterior;
pub use weights::{Weights, WeightsError};
