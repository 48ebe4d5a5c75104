//! The layers of the network as single operations; all tensors have channels last.
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
//! On the CPU, the operations are fused, use all cores and give the same bits on any number of threads.
//! [`device`] implements them for GPUs as matrix products, and [`reference`](mod@reference) implements
//! them with candle's own operations for tests.

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
mod matrix;
mod panel;
mod pixels;
mod pool;
mod quad;
pub mod reference;
mod scaled;
mod slope;
mod small;
mod storage;
mod strided;
mod tile;
mod up;

use candle_core::{Result, Tensor};

pub use adam::Adam;
pub use average::approach;
pub use bernoulli::bernoulli_nll;
pub use conv::{conv, convs};
pub use deconv::{deconv, deconvs};
pub use dense::dense;
pub(crate) use dense::forward as dense_values;
pub use flat::FlatAdam;
pub use frozen::{Frozen, Map};
pub use map::LOG_VAR_RANGE;
pub(crate) use map::{awake, bounded, product};
pub(crate) use scaled::{BIN, HALF_LOG_TAU, Scaled, scaled_nll};
pub(crate) use storage::on_cpu;
pub use storage::to_vec;

/// Activation after a layer's sum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activation {
    /// None: the sum is the output.
    None,
    /// max(x, 0).
    Relu,
}

/// A layer function: input, weight, bias, activation.
pub type Layer = fn(&Tensor, &Tensor, &Tensor, Activation) -> Result<Tensor>;

/// A function that applies layers in turn: input, then weight and bias of each layer.
pub type Sequence = fn(&Tensor, &[(&Tensor, &Tensor)]) -> Result<Tensor>;

/// Implementations of the layers that a network uses.
#[derive(Clone, Copy, Debug)]
pub struct Layers {
    /// k4 s2 p1 convolutions, with ReLU after each.
    pub convs: Sequence,
    /// Transposed k4 s2 p1 convolutions, with ReLU between them.
    pub deconvs: Sequence,
    /// Dense layer.
    pub dense: Layer,
}

impl Layers {
    /// The fastest implementation for each tensor's device.
    pub const FAST: Self = Self { convs, deconvs, dense };
    /// The implementation that [`Layers::FAST`] uses on GPUs.
    pub const DEVICE: Self = Self { convs: device::convs, deconvs: device::deconvs, dense: device::dense };
    /// Candle's own operations, on every device.
    pub const REFERENCE: Self =
        Self { convs: reference::convs, deconvs: reference::deconvs, dense: reference::dense };
}

/// Applies `layer` for each weight and bias in turn, with ReLU between them and `last` after the last.
fn in_turn(layer: Layer, x: &Tensor, layers: &[(&Tensor, &Tensor)], last: Activation) -> Result<Tensor> {
    let mut x = x.clone();
    for (i, (weight, bias)) in layers.iter().enumerate() {
        let activation = if i + 1 == layers.len() { last } else { Activation::Relu };
        x = layer(&x, weight, bias, activation)?;
    }
    Ok(x)
}
