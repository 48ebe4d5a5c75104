//! k4 s2 p1 transposed convolutions with fused bias and activation.

use candle_core::{Result, Tensor};

use super::kernels::Order;
use super::storage::on_cpu;
use super::{Activation, chain, device};

/// Computes a transposed convolution with kernel 4, stride 2, padding 1, bias and activation:
/// `[N, H, W, I]`, weight `[I, 4, 4, O]`, bias `[O]` → `[N, 2H, 2W, O]`.
///
/// # Errors
/// Fails if the shapes don't match.
pub fn deconv(x: &Tensor, weight: &Tensor, bias: &Tensor, activation: Activation) -> Result<Tensor> {
    if !on_cpu(x) {
        return device::deconv(x, weight, bias, activation);
    }
    apply(x, &[(weight, bias)], activation)
}

/// Applies [`deconv`] for each weight and bias in turn, with ReLU between them and no activation after
/// the last.
///
/// # Errors
/// Fails if the shapes don't match.
pub fn deconvs(x: &Tensor, layers: &[(&Tensor, &Tensor)]) -> Result<Tensor> {
    if !on_cpu(x) {
        return device::deconvs(x, layers);
    }
    apply(x, layers, Activation::None)
}

fn apply(x: &Tensor, layers: &[(&Tensor, &Tensor)], last: Activation) -> Result<Tensor> {
    chain::apply(Order::Deconv, x, layers, last)
}
