//! Transposed convolutions with weights in the order of their products.

use candle_core::{Result, Shape, Tensor};

use super::deconv::{Deconvs, geometries};
use super::gather;
use super::image::pack_deconv;
use super::phases::Geometry;
use super::storage::{to_vec, with_values};

/// Whether the sums of [`gather`] are faster here than the `gemm` crate's products.
const GATHER: bool = cfg!(target_arch = "wasm32");

/// Transposed convolutions whose weights no longer change, as [`deconvs`](super::deconvs) runs
/// them: put into the order of the products once, and without gradients.
#[derive(Clone)]
pub struct Frozen {
    geometries: Vec<Geometry>,
    kernels: Vec<Vec<f32>>,
    biases: Vec<f32>,
}

impl std::fmt::Debug for Frozen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Frozen").field("geometries", &self.geometries).finish_non_exhaustive()
    }
}

impl Frozen {
    /// Layers on the CPU, each weight and bias in turn, for inputs of that height and width.
    ///
    /// # Errors
    /// Fails if the shapes don't fit.
    pub fn new([height, width]: [usize; 2], layers: &[(&Tensor, &Tensor)]) -> Result<Self> {
        let input = layers.first().map_or(Ok(0), |(weight, _)| weight.dim(0))?;
        let geometries = geometries(&Shape::from((1, height, width, input)), layers)?;
        let pack = if GATHER { gather::pack } else { pack_deconv };
        let kernels = geometries.iter().zip(layers).map(|(g, (weight, _))| Ok(pack(g, &to_vec(weight)?)));
        let kernels = kernels.collect::<Result<_>>()?;
        let biases: Vec<Vec<f32>> = layers.iter().map(|(_, bias)| to_vec(bias)).collect::<Result<_>>()?;
        Ok(Self { geometries, kernels, biases: biases.concat() })
    }

    /// Runs `x`, `[N, H, W, I]`, through all layers.
    ///
    /// # Errors
    /// Fails if `x` is of another shape.
    pub fn run(&self, x: &Tensor) -> Result<Tensor> {
        let (n, height, width, input) = x.dims4()?;
        let (Some(first), Some(last)) = (self.geometries.first(), self.geometries.last()) else {
            return Ok(x.clone());
        };
        if [height, width, input] != [first.height, first.width, first.coarse] {
            candle_core::bail!("these transposed convolutions take no input of shape {:?}", x.shape())
        }
        let mut y = vec![0.0; n * last.fine_len()];
        let (geometries, kernels, biases) = (&self.geometries, &self.kernels, &self.biases);
        with_values([&x.contiguous()?], |[x]| {
            if GATHER {
                gather::Layers { geometries, kernels, biases }.run(x, &mut y);
            } else {
                Deconvs::forward_only(geometries.clone()).all(n, kernels, biases, x, &mut y, &mut []);
            }
            Ok(())
        })?;
        Tensor::from_vec(y, (n, 2 * last.height, 2 * last.width, last.fine), x.device())
    }
}
