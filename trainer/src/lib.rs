//! Trains, measures and exports Latentscope's autoencoders.
//!
//! Data walks one way: [`data`] → objective → optimiser → weights file; [`measure`] describes a
//! trained model for its card.

pub mod data;
pub mod measure;
