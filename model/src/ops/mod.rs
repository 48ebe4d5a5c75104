//! The network's layers as single operations, channels last.
//!
//! | op | input | weight | output |
//! |---|---|---|---|
//! | [`conv`] k4 s2 p1 | `[N, H, W, I]` | `[4, 4, I, O]` | `[N, H/2, W/2, O]` |
//! | [`deconv`] k4 s2 p1 | `[N, H, W, I]` | `[I, 4, 4, O]` | `[N, 2H, 2W, O]` |
//! | [`dense`] | `[N, I]` | `[O, I]` | `[N, O]` |
//! | [`bernoulli_nll`] | logits and targets `[N, …]` | | `[N]` |

mod reference;

pub use reference::{bernoulli_nll, conv, deconv, dense};

/// What follows a layer's sum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activation {
    /// Nothing: the sum is the output.
    None,
    /// max(x, 0).
    Relu,
}
