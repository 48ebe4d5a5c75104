//! The training loss, as a list of parts.
//!
//! The loss of a step is R + w(K) + Σ penalties, in nats an image: R = −log p(x|z), K =
//! KL(q(z|x) ‖ p(z)) and w the objective's weight of the KL. Every part of it is a [`Term`]: an
//! objective weighs the KL, a prior defines it, everything else adds a penalty, changes the network or
//! follows the optimiser's step. [`terms`] has one file a term, [`table`] has one line a term, and
//! [`Loss`] runs the list. Whoever trains knows no term by name.
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
    Adversary, Catalogue, Decoded, Encoded, EncodedExtra, Extra, Groups, Line, Selected, Tensors, Term,
};
pub use weight::{Schedule, Weight};

#[cfg(test)]
mod example;

/// The examples of `CONTRIBUTING.md`, which are tests.
#[cfg(doctest)]
#[doc = include_str!("../../CONTRIBUTING.md")]
struct Contributing;
