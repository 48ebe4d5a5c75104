//! Disentanglement metrics: how well single units of a code match single factors of variation. Each
//! metric has its own file, which starts with its paper and formula.
//!
//! The metrics follow the protocol of disentanglement_lib (Locatello et al. 2019, "Challenging Common
//! Assumptions in the Unsupervised Learning of Disentangled Representations"). Codes are the encoder's
//! means. This crate does no I/O, and native targets and wasm32 run the same code.

mod angle;
mod area;
mod attributes;
mod beta_vae;
mod dci;
mod explicitness;
mod factor_vae;
mod infomec;
pub mod information;
mod irs;
mod learn;
mod mig;
mod modularity;
mod neighbours;
mod parallel;
mod representation;
mod sampler;
mod sap;
mod score;
mod world;

pub use attributes::{AttributeScore, attributes};
pub use beta_vae::beta_vae;
pub use dci::{Dci, dci};
pub use explicitness::explicitness;
pub use factor_vae::factor_vae;
pub use infomec::{InfoMec, infomec};
pub use irs::irs;
pub use mig::mig;
pub use modularity::modularity;
pub use representation::{Representation, RepresentationError};
pub use sampler::{Grid, GridError, Sampler};
pub use sap::{Sap, sap};
pub use score::{
    METRICS, Metric, Sample, Score, ScoreName, drawn_rows, few_of_drawn, of_drawn, of_grid, of_images,
    of_rows, of_rows_by, reported,
};
pub use world::{WorldError, WorldSample};

/// Points on which a metric is fitted.
pub const TRAIN: usize = 10_000;
/// Points on which a fitted metric is scored.
pub const TEST: usize = 5_000;
