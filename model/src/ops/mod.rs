//! The network's layers as single operations, channels last.
//!
//! | op | input | weight | output |
//! |---|---|---|---|
//! | [`conv()`] k4 s2 p1 | `[N, H, W, I]` | `[4, 4, I, O]` | `[N, H/2, W/2, O]` |
//! | [`convs`] | the same | several | of the last |
//! | [`deconv()`] k4 s2 p1 | `[N, H, W, I]` | `[I, 4, 4, O]` | `[N, 2H, 2W, O]` |
//! | [`deconvs`] | the same | several | of the last |
//! | [`dense()`] | `[N, I]` | `[O, I]` | `[N, O]` |
//! | [`bernoulli_nll`] | logits and targets `[N, …]` | | `[N]` |
//!
//! On the CPU they are fused, run on every core and give the same bits on any number of threads; on
//! GPUs, [`device`] has them as matrix products; for tests, [`reference`](mod@reference) has them in
//! candle's own operations.

mod adam;
mod average;
mod batch;
mod bernoulli;
mod chain;
mod conv;
mod deconv;
mod dense;
pub mod device;
mod down;
mod elementary;
mod finish;
mod flat;
mod frozen;
mod gather;
mod gemm;
mod geometry;
mod kernels;
mod map;
mod pixels;
mod quad;
pub mod reference;
mod scaled;
mod shelf;
mod slope;
mod small;
mod storage;
mod tile;
mod up;

use candle_core::{Result, Tensor};

pub use adam::Adam;
pub use average::approach;
pub use bernoulli::bernoulli_nll;
pub use conv::{conv, convs};
pub use deconv::{deconv, deconvs};
pub use dense::dense;
pub use flat::FlatAdam;
pub use frozen::Frozen;
pub(crate) use map::{awake, bounded, product};
pub(crate) use scaled::{Scaled, scaled_nll};
pub(crate) use storage::on_cpu;
pub use storage::to_vec;

/// What follows a layer's sum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activation {
    /// Nothing: the sum is the output.
    None,
    /// max(x, 0).
    Relu,
}

/// A layer: input, weight, bias, activation.
pub type Layer = fn(&Tensor, &Tensor, &Tensor, Activation) -> Result<Tensor>;

/// Layers one after another: input, each one's weight and bias.
pub type Sequence = fn(&Tensor, &[(&Tensor, &Tensor)]) -> Result<Tensor>;

/// The layers that a network runs on.
#[derive(Clone, Copy, Debug)]
pub struct Layers {
    /// k4 s2 p1 convolutions, ReLU after each.
    pub convs: Sequence,
    /// Transposed ones, ReLU between them.
    pub deconvs: Sequence,
    /// Dense layer.
    pub dense: Layer,
}

impl Layers {
    /// The fastest for each tensor's device.
    pub const FAST: Self = Self { convs, deconvs, dense };
    /// What [`Layers::FAST`] is on GPUs.
    pub const DEVICE: Self = Self { convs: device::convs, deconvs: device::deconvs, dense: device::dense };
    /// Candle's own operations on every device.
    pub const REFERENCE: Self =
        Self { convs: reference::convs, deconvs: reference::deconvs, dense: reference::dense };
}

/// A layer for each weight and bias in turn, ReLU between them and `last` after the last.
fn in_turn(layer: Layer, x: &Tensor, layers: &[(&Tensor, &Tensor)], last: Activation) -> Result<Tensor> {
    let mut x = x.clone();
    for (i, (weight, bias)) in layers.iter().enumerate() {
        let activation = if i + 1 == layers.len() { last } else { Activation::Relu };
        x = layer(&x, weight, bias, activation)?;
    }
    Ok(x)
}
