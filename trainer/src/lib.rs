//! Trains, measures and exports Latentscope's autoencoders.
//!
//! Data walks one way: [`data`] → [`objective`] → [`train`] → [`export`] → weights file;
//! [`measure`] describes a trained model for its card.

pub mod config;
pub mod data;
pub mod export;
pub mod file;
pub mod import;
pub mod measure;
pub mod npy;
pub mod objective;
pub mod prior;
pub mod pyramid;
pub mod render;
pub mod report;
pub mod sparsity;
pub mod study;
pub mod train;
pub mod trained;
