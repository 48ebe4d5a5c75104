//! Trains, measures and exports Latentscope's autoencoders.
//!
//! Data flows one way: [`data`] → [`train`], which minimises a [`loss::Loss`] → [`export`] → weights file.
//! [`measure`] describes a trained model for its card.

pub mod components;
pub mod config;
pub mod data;
pub mod export;
pub mod file;
pub mod import;
pub mod measure;
pub mod npy;
pub mod render;
pub mod report;
pub mod rgb;
pub mod study;
pub mod train;
pub mod trained;
pub mod units;
