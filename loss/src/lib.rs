//! The training loss, as a list of terms.
//!
//! The loss of a step is R + w(K) + Σ penalties, in nats per image, where R = −log p(x|z), K =
//! KL(q(z|x) ‖ p(z)), and w weighs the KL. Each part is a [`Term`]: an objective weighs the KL, a prior
//! defines it, and other terms add a penalty, change the network's weights or act after the optimiser's
//! step. [`terms`] has one file per term, [`table`] one line per term, and [`Loss`] runs a list of terms.
//! The trainer knows no term by name.
//!
//! This crate does no I/O and builds for native targets and for wasm32 alike.

pub mod check;
mod fields;
mod forward;
mod list;
pub mod pairs;
pub mod table;
mod term;
pub mod terms;
mod weight;

pub use check::{Checked, Invalid};
pub use forward::{Batch, Costs, Pass};
pub use list::{Layout, Loss, Selection, Unmet};
pub use table::{Objective, Prior, Sparsity};
pub use term::{
    Adversary, CardEntry, Catalogue, Decoded, Encoded, EncodedExtra, Extra, Groups, KnownValues, Selected,
    Tensors, Term, standardised,
};
pub use weight::{Schedule, Weight};

#[cfg(test)]
mod example;

/// Runs the examples in `CONTRIBUTING.md` as tests.
#[cfg(doctest)]
#[doc = include_str!("../../CONTRIBUTING.md")]
struct Contributing;
