//! The page of Latentscope: inference and views in the browser.
//!
//! One wasm module serves the page and its worker. The page keeps a pure [`state::State`]; the worker
//! holds the models behind an [`engine::Engine`]; panels draw the state with plain web-sys. A second
//! module, built with only the feature `scoring`, scores models. With only the feature `engine`, the crate
//! is the npm package's inference engine.

#[cfg(feature = "page")]
pub mod dom;
#[cfg(feature = "page")]
mod draws;
pub mod engine;
#[cfg(feature = "page")]
pub mod gif;
#[cfg(feature = "page")]
pub mod manifest;
#[cfg(feature = "engine")]
pub mod package;
#[cfg(feature = "page")]
pub mod page;
#[cfg(feature = "page")]
pub mod panels;
#[cfg(feature = "page")]
pub mod pictures;
#[cfg(feature = "page")]
pub mod protocol;
#[cfg(feature = "page")]
pub mod queue;
#[cfg(feature = "page")]
mod random;
#[cfg(test)]
mod samples;
#[cfg(feature = "scoring")]
pub mod scoring;
#[cfg(feature = "page")]
pub mod state;
#[cfg(feature = "page")]
mod table;
#[cfg(feature = "page")]
pub mod worker;
