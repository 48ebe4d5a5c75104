//! Transposed convolutions with prepacked weights.

use candle_core::{Result, Shape, Tensor};

use super::Activation;
use super::chain::{Layers, Weights};
use super::gather;
use super::kernels::Order;
use super::storage::{to_vec, with_values};

/// Whether [`gather`] is faster than the chain on this target.
const GATHER: bool = cfg!(target_arch = "wasm32");

/// Transposed convolutions with fixed weights, which are packed once. Runs like
/// [`deconvs`](super::deconvs), without gradients.
#[derive(Clone)]
pub struct Frozen {
    layers: Layers,
    weights: Weights,
}

impl std::fmt::Debug for Frozen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Frozen").field("layers", &self.layers).finish_non_exhaustive()
    }
}

impl Frozen {
    /// Packs `layers` (weight and bias each; at least one, on the CPU) for inputs of the given height and
    /// width.
    ///
    /// # Errors
    /// Fails if the shapes don't match.
    pub fn new([height, width]: [usize; 2], layers: &[(&Tensor, &Tensor)]) -> Result<Self> {
        let input = layers.first().map_or(Ok(0), |(weight, _)| weight.dim(0))?;
        let input = Shape::from((1, height, width, input));
        let chain = Layers::new(Order::Deconv, &input, layers, Activation::None)?;
        let flat = |tensors: &mut dyn Iterator<Item = &Tensor>| -> Result<Vec<f32>> {
            Ok(tensors.map(to_vec).collect::<Result<Vec<_>>>()?.concat())
        };
        let weights = flat(&mut layers.iter().map(|(weight, _)| *weight))?;
        let biases = flat(&mut layers.iter().map(|(_, bias)| *bias))?;
        let weights = if GATHER {
            chain.pack_with(gather::pack, &weights, &biases)
        } else {
            chain.pack(&weights, &biases)
        };
        Ok(Self { layers: chain, weights })
    }

    /// Applies all layers to `x`, `[N, H, W, I]`.
    ///
    /// # Errors
    /// Fails if `x` has another shape.
    pub fn run(&self, x: &Tensor) -> Result<Tensor> {
        let (n, height, width, input) = x.dims4()?;
        let (first, end) = (self.layers.first(), self.layers.end());
        if [height, width, input] != [first.height, first.width, first.channels] {
            candle_core::bail!("these transposed convolutions take no input of shape {:?}", x.shape())
        }
        let mut y = vec![0.0; n * end.len()];
        with_values([&x.contiguous()?], |[x]| {
            if GATHER {
                gather::run(&self.layers, &self.weights, x, &mut y);
            } else {
                self.layers.forward(&self.weights, x, &mut y, false);
            }
            Ok(())
        })?;
        Tensor::from_vec(y, (n, end.height, end.width, end.channels), x.device())
    }
}
