//! Convolutions and transposed convolutions with prepacked weights.

use candle_core::{Result, Shape, Tensor};

use super::chain::{Layers, Weights};
use super::geometry::Image;
use super::kernels::Order;
use super::panel::Layer;
use super::pool::Images;
use super::storage::to_vec;
use super::{Activation, gather, strided};

/// Whether to use [`strided`] and [`gather`] instead of the chain on this target: they have a tenth of
/// its code.
const SMALL: bool = cfg!(target_arch = "wasm32");

/// Convolutions or transposed convolutions with fixed weights, which are packed once. Runs like
/// [`convs`](super::convs) or [`deconvs`](super::deconvs), without gradients.
#[derive(Clone)]
pub struct Frozen {
    layers: Layers,
    weights: Weights,
}

/// Output of a layer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Map {
    /// Height, width and channels; 1 × 1 for dense layers.
    pub shape: [usize; 3],
    /// `[N, H, W, C]`.
    pub values: Vec<f32>,
}

impl std::fmt::Debug for Frozen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Frozen").field("layers", &self.layers).finish_non_exhaustive()
    }
}

impl Frozen {
    /// Packs convolutions (weight and bias each; at least one) for inputs of the given height, width and
    /// channels, with ReLU after each.
    ///
    /// # Errors
    /// Fails if the shapes don't fit.
    pub fn convs(input: [usize; 3], layers: &[(&Tensor, &Tensor)]) -> Result<Self> {
        Self::new(Order::Conv, input, layers, Activation::Relu)
    }

    /// Packs transposed convolutions like [`convs`](Self::convs), but without activation after the last.
    ///
    /// # Errors
    /// Fails if the shapes don't fit.
    pub fn deconvs(input: [usize; 3], layers: &[(&Tensor, &Tensor)]) -> Result<Self> {
        Self::new(Order::Deconv, input, layers, Activation::None)
    }

    fn new(
        order: Order,
        [height, width, channels]: [usize; 3],
        layers: &[(&Tensor, &Tensor)],
        last: Activation,
    ) -> Result<Self> {
        let chain = Layers::new(order, &Shape::from((1, height, width, channels)), layers, last)?;
        let flat = |tensors: &mut dyn Iterator<Item = &Tensor>| -> Result<Vec<f32>> {
            Ok(tensors.map(to_vec).collect::<Result<Vec<_>>>()?.concat())
        };
        let weights = flat(&mut layers.iter().map(|(weight, _)| *weight))?;
        let biases = flat(&mut layers.iter().map(|(_, bias)| *bias))?;
        let weights = if SMALL { packed(&chain, &weights, &biases) } else { chain.pack(&weights, &biases) };
        Ok(Self { layers: chain, weights })
    }

    /// Applies all layers to `x`, `[N, H, W, I]`, and appends the output of each to `maps`.
    ///
    /// # Errors
    /// Fails if the length of `x` is not a multiple of the image size.
    pub fn run(&self, x: &[f32], maps: Option<&mut Vec<Map>>) -> Result<Vec<f32>> {
        let (first, end) = (self.layers.first(), self.layers.end());
        if !x.len().is_multiple_of(first.len()) {
            candle_core::bail!("{} values are no whole number of images of {first:?}", x.len())
        }
        let mut y = vec![0.0; x.len() / first.len() * end.len()];
        let keep = maps.is_some();
        let kept = if SMALL {
            run(&self.layers, &self.weights, x, &mut y, keep)
        } else {
            self.layers.forward(&self.weights, x, &mut y, keep)
        };
        if let Some(maps) = maps {
            let shape = |image: Image| [image.height, image.width, image.channels];
            for (layer, image) in self.layers.between().into_iter().enumerate() {
                let mut values = Vec::with_capacity(kept.len() * image.len());
                kept.iter().for_each(|images| image.take_inside(&images[layer], &mut values));
                maps.push(Map { shape: shape(image), values });
            }
            maps.push(Map { shape: shape(end), values: y.clone() });
        }
        Ok(y)
    }
}

fn packed(layers: &Layers, weights: &[f32], biases: &[f32]) -> Weights {
    let pack = if layers.order() == Order::Conv { strided::pack } else { gather::pack };
    layers.pack_with(pack, weights, biases)
}

/// Takes the images of `x` through all layers. Outputs between layers have a border, and are returned
/// image by image if `keep` is set.
fn run(layers: &Layers, weights: &Weights, x: &[f32], y: &mut [f32], keep: bool) -> Vec<Images> {
    let (first, end) = (layers.first(), layers.end());
    let run = if layers.order() == Order::Conv { strided::run } else { gather::run };
    let mut start = vec![0.0; first.bordered_len()];
    let mut between: Images = layers.between().iter().map(|image| vec![0.0; image.bordered_len()]).collect();
    let mut kept = Vec::new();
    for (x, y) in x.chunks_exact(first.len()).zip(y.chunks_exact_mut(end.len())) {
        first.copy_inside(x, &mut start);
        let mut input = start.as_slice();
        let mut outputs = between.iter_mut();
        let kernels = weights.kernels.iter().zip(&weights.biases);
        for (g, (kernel, bias)) in layers.geometries().iter().zip(kernels) {
            let layer = Layer { g, kernel, bias, activation: Activation::Relu, border: 1 };
            match outputs.next() {
                Some(output) => {
                    run(&layer, input, output);
                    input = output;
                }
                None => run(&Layer { activation: layers.last(), border: 0, ..layer }, input, &mut *y),
            }
        }
        if keep {
            kept.push(between.clone());
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::reference;
    use candle_core::Device;

    fn flat(tensor: &Tensor) -> Result<Vec<f32>> {
        tensor.flatten_all()?.to_vec1::<f32>()
    }

    #[test]
    fn layers_of_any_width_and_channels_agree_with_the_reference() -> Result<()> {
        let cpu = Device::Cpu;
        for (order, height, width, channels) in [
            (Order::Deconv, 4, 4, vec![5, 16, 8, 1]),
            (Order::Deconv, 3, 5, vec![8, 8, 3]),
            (Order::Deconv, 1, 9, vec![2, 4]),
            (Order::Conv, 16, 16, vec![1, 8, 16, 5]),
            (Order::Conv, 12, 20, vec![3, 9, 8]),
            (Order::Conv, 2, 18, vec![4, 2]),
        ] {
            let x = Tensor::randn(0_f32, 1.0, (2, height, width, channels[0]), &cpu)?;
            let layers = channels.windows(2).map(|pair| {
                let shape = match order {
                    Order::Conv => [4, 4, pair[0], pair[1]],
                    Order::Deconv => [pair[0], 4, 4, pair[1]],
                };
                Ok((Tensor::randn(0_f32, 0.3, &shape, &cpu)?, Tensor::randn(0_f32, 1.0, pair[1], &cpu)?))
            });
            let layers = layers.collect::<Result<Vec<_>>>()?;
            let pairs: Vec<_> = layers.iter().map(|(weight, bias)| (weight, bias)).collect();
            let weights = pairs.iter().map(|(weight, _)| flat(weight)).collect::<Result<Vec<_>>>()?.concat();
            let biases = pairs.iter().map(|(_, bias)| flat(bias)).collect::<Result<Vec<_>>>()?.concat();
            let (last, expected) = match order {
                Order::Conv => (Activation::Relu, reference::convs(&x, &pairs)?),
                Order::Deconv => (Activation::None, reference::deconvs(&x, &pairs)?),
            };
            let chain = Layers::new(order, x.shape(), &pairs, last)?;
            let expected = flat(&expected)?;
            let mut found = vec![f32::NAN; expected.len()];
            run(&chain, &packed(&chain, &weights, &biases), &flat(&x)?, &mut found, false);
            for (i, (found, expected)) in found.iter().zip(&expected).enumerate() {
                assert!((found - expected).abs() <= 1e-4, "{channels:?}, value {i}: {found}, not {expected}");
            }
        }
        Ok(())
    }
}
