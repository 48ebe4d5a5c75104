//! k4 s2 p1 convolutions with fused bias and activation.

use candle_core::{Result, Tensor};

use super::kernels::Order;
use super::storage::on_cpu;
use super::{Activation, chain, device};

/// Computes a convolution with kernel 4, stride 2, padding 1, bias and activation:
/// `[N, H, W, I]`, weight `[4, 4, I, O]`, bias `[O]` → `[N, H/2, W/2, O]`.
///
/// # Errors
/// Fails if the shapes don't match or a side is odd.
pub fn conv(x: &Tensor, weight: &Tensor, bias: &Tensor, activation: Activation) -> Result<Tensor> {
    if !on_cpu(x) {
        return device::conv(x, weight, bias, activation);
    }
    chain::apply(Order::Conv, x, &[(weight, bias)], activation)
}

/// Applies [`conv`] for each weight and bias in turn, with ReLU after each.
///
/// # Errors
/// Fails if the shapes don't match or a side is odd.
pub fn convs(x: &Tensor, layers: &[(&Tensor, &Tensor)]) -> Result<Tensor> {
    if !on_cpu(x) {
        return device::convs(x, layers);
    }
    chain::apply(Order::Conv, x, layers, Activation::Relu)
}
