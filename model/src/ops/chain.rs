//! Chains of k4 s2 p1 convolutions or transposed convolutions with bias and activation, on the CPU.
//!
//! A whole chain is one operation. Each task takes a few images through all layers while they are in the
//! cache, forward and backward. This way, gradients between layers never become tensors that candle has
//! to clear, add and pass on.

use std::sync::OnceLock;

use candle_core::{CpuStorage, CustomOp3, Layout, Result, Shape, Tensor};
use pulp::Arch;

use super::Activation;
use super::batch::{each_part, for_images, sum_images};
use super::down::Down;
use super::elementary::{add_pixels, mask};
use super::finish::{Finish, Target};
use super::geometry::{Geometry, Image};
use super::kernels::{self, Order};
use super::pool::{self, Images};
use super::slope::Slope;
use super::storage::{training_only, values, with_values};
use super::up::Up;

/// Images that go back through a layer before the gradient of its kernel is computed: enough that sums
/// rarely go to memory, few enough to stay in the cache.
const BACKWARD_IMAGES: usize = 4;

/// The geometry of a chain.
#[derive(Clone, Debug)]
pub(super) struct Layers {
    order: Order,
    geometries: Vec<Geometry>,
    last: Activation,
}

/// Packed kernels and biases of a chain.
#[derive(Clone)]
pub(super) struct Weights {
    pub(super) kernels: Vec<Vec<f32>>,
    pub(super) biases: Vec<Vec<f32>>,
}

impl Layers {
    /// Creates layers for `input` (`[N, H, W, I]`) and the shapes of weights and biases. ReLU follows
    /// each layer but the last, which `last` follows.
    pub(super) fn new(
        order: Order,
        input: &Shape,
        layers: &[(&Tensor, &Tensor)],
        last: Activation,
    ) -> Result<Self> {
        let (n, mut height, mut width, mut channels) = input.dims4()?;
        let mut geometries = Vec::with_capacity(layers.len());
        for (weight, bias) in layers {
            let output = weight.dim(3)?;
            let (name, shape, whole) = match order {
                Order::Conv => ("a convolution", [4, 4, channels, output], height % 2 == 0 && width % 2 == 0),
                Order::Deconv => ("a transposed convolution", [channels, 4, 4, output], true),
            };
            let empty = n * height * width * channels == 0;
            if weight.dims() != shape || bias.dims() != [output] || !whole || empty {
                candle_core::bail!(
                    "{name} of {channels} channels from {input:?} with weight {:?} and bias {:?} has no \
                     meaning here",
                    weight.shape(),
                    bias.shape()
                )
            }
            match order {
                Order::Conv => {
                    (height, width) = (height / 2, width / 2);
                    geometries.push(Geometry { height, width, fine: channels, coarse: output });
                }
                Order::Deconv => {
                    geometries.push(Geometry { height, width, fine: output, coarse: channels });
                    (height, width) = (2 * height, 2 * width);
                }
            }
            channels = output;
        }
        Ok(Self { order, geometries, last })
    }

    /// Whether the layers are convolutions or transposed ones.
    pub(super) fn order(&self) -> Order {
        self.order
    }

    /// Activation after the last layer.
    pub(super) fn last(&self) -> Activation {
        self.last
    }

    fn input(&self, layer: usize) -> Image {
        let g = &self.geometries[layer];
        if self.order == Order::Conv { g.fine_image() } else { g.coarse_image() }
    }

    fn output(&self, layer: usize) -> Image {
        let g = &self.geometries[layer];
        if self.order == Order::Conv { g.coarse_image() } else { g.fine_image() }
    }

    /// Shape of the first layer's input.
    pub(super) fn first(&self) -> Image {
        self.input(0)
    }

    /// Shape of the last layer's output.
    pub(super) fn end(&self) -> Image {
        self.output(self.geometries.len() - 1)
    }

    /// Geometry of each layer.
    pub(super) fn geometries(&self) -> &[Geometry] {
        &self.geometries
    }

    /// Packs concatenated weights into the order of the forward products.
    pub(super) fn pack(&self, weights: &[f32], biases: &[f32]) -> Weights {
        let pack = if self.order == Order::Conv { kernels::down } else { kernels::up };
        self.pack_with(|g, weight| pack(g, self.order, weight), weights, biases)
    }

    /// Packs concatenated weights with the function `pack`.
    pub(super) fn pack_with(
        &self,
        pack: impl Fn(&Geometry, &[f32]) -> Vec<f32> + Sync + Send,
        weights: &[f32],
        biases: &[f32],
    ) -> Weights {
        let outputs = (0..self.geometries.len()).map(|layer| self.output(layer).channels);
        let biases = split(biases, outputs).map(kernels::whole_vectors).collect();
        Weights { kernels: self.packed(weights, pack), biases }
    }

    fn packed(
        &self,
        weights: &[f32],
        pack: impl Fn(&Geometry, &[f32]) -> Vec<f32> + Sync + Send,
    ) -> Vec<Vec<f32>> {
        let lengths = self.geometries.iter().map(Geometry::kernel_len);
        let weights: Vec<&[f32]> = split(weights, lengths).collect();
        each_part(weights.len(), 1, [], |range, []| pack(&self.geometries[range.start], weights[range.start]))
    }

    /// Input shapes of all layers but the first.
    pub(super) fn between(&self) -> Vec<Image> {
        (1..self.geometries.len()).map(|layer| self.input(layer)).collect()
    }

    fn scratch(&self) -> Vec<f32> {
        vec![0.0; self.geometries.iter().map(Up::scratch_len).max().unwrap_or(0)]
    }

    /// Takes `images` (`[N, H, W, I]`) through all layers to `y`. If `keep` is set, returns each image's
    /// outputs between layers.
    pub(super) fn forward(
        &self,
        weights: &Weights,
        images: &[f32],
        y: &mut [f32],
        keep: bool,
    ) -> Vec<Images> {
        let (first, end, between) = (self.first(), self.end(), self.between());
        let n = images.len() / first.len();
        let kept = for_images(n, [(y, end.len())], |range, [y]| {
            let mut input = pool::take(&[first]);
            let mut scratch = self.scratch();
            let mut buffers = Vec::new();
            for (i, y) in range.zip(y.chunks_exact_mut(end.len())) {
                if keep || buffers.is_empty() {
                    buffers.push(pool::take(&between));
                }
                first.copy_inside(&images[i * first.len()..][..first.len()], &mut input[0]);
                let Some(between) = buffers.last_mut() else { continue };
                self.image(weights, &input[0], between, y, &mut scratch);
            }
            pool::give(&[first], [input]);
            if !keep {
                pool::give(&between, buffers.drain(..));
            }
            buffers
        });
        kept.into_iter().flatten().collect()
    }

    /// Takes one image through all layers.
    fn image(
        &self,
        weights: &Weights,
        input: &[f32],
        between: &mut [Vec<f32>],
        y: &mut [f32],
        scratch: &mut [f32],
    ) {
        let last = self.geometries.len() - 1;
        let down = self.order == Order::Conv;
        let (mut from, mut rest) = (input, between);
        for (layer, g) in self.geometries.iter().enumerate() {
            let (bias, kernel) = (&weights.biases[layer], &weights.kernels[layer]);
            let image = self.output(layer);
            if layer == last {
                let target = Target { image, border: 0, values: y };
                product(down, g, kernel, from, target, Finish::Bias(bias, self.last), scratch);
                return;
            }
            let Some((to, after)) = std::mem::take(&mut rest).split_first_mut() else { return };
            let target = Target { image, border: 1, values: &mut *to };
            product(down, g, kernel, from, target, Finish::Bias(bias, Activation::Relu), scratch);
            (from, rest) = (to, after);
        }
    }

    /// Takes images back through all layers. Writes the gradients of weights and biases to `sums` (adds
    /// them if `add` is set), layer by layer, each `[4, 4, F, C]` followed by its bias. Writes the
    /// gradients of the images to `dx`, unless it is empty.
    fn backward(
        &self,
        saved: &Backward,
        range: std::ops::Range<usize>,
        sums: &mut [f32],
        add: bool,
        dx: &mut [f32],
    ) {
        let down = self.order == Order::Conv;
        let (first, end) = (self.first(), self.end());
        let shapes: Vec<Image> = (0..=self.geometries.len())
            .map(|layer| if layer < self.geometries.len() { self.input(layer) } else { end })
            .collect();
        // For each image: its input, then the gradients of the outputs of all layers.
        let mut images: Vec<Images> = range.clone().map(|_| pool::take(&shapes)).collect();
        let mut scratch = self.scratch();
        let mut masked = vec![0.0; end.len()];
        for (i, buffers) in range.clone().zip(&mut images) {
            first.copy_inside(&saved.images[i * first.len()..][..first.len()], &mut buffers[0]);
            let at = i * end.len()..(i + 1) * end.len();
            masked.copy_from_slice(&saved.gradient[at.clone()]);
            if self.last == Activation::Relu {
                mask(&saved.y[at], &mut masked);
            }
            end.copy_inside(&masked, &mut buffers[self.geometries.len()]);
        }
        let mut before = sums;
        for (layer, g) in self.geometries.iter().enumerate().rev() {
            let output = self.output(layer);
            let (rest, sums) = before.split_at_mut(before.len() - g.kernel_len() - output.channels);
            before = rest;
            let (kernel_sum, bias_sum) = sums.split_at_mut(g.kernel_len());
            if !add {
                bias_sum.fill(0.0);
            }
            let mut pairs: Vec<(&[f32], &[f32])> = Vec::with_capacity(images.len());
            for (i, buffers) in range.clone().zip(&images) {
                let input = if layer == 0 { &buffers[0] } else { &saved.kept[i][layer - 1] };
                let gradient = &buffers[layer + 1];
                add_pixels(&gradient[..(output.height + 2) * output.row(1)], bias_sum);
                pairs.push(if down { (input, gradient) } else { (gradient, input) });
            }
            Arch::new().dispatch(Slope { geometry: g, images: &pairs, sum: kernel_sum, add });
            let (image, kernel) = (self.input(layer), &saved.kernels[layer]);
            if layer == 0 {
                for (buffers, dx) in images.iter().zip(dx.chunks_exact_mut(image.len())) {
                    let target = Target { image, border: 0, values: dx };
                    product(!down, g, kernel, &buffers[1], target, Finish::Plain, &mut scratch);
                }
                continue;
            }
            for (i, buffers) in range.clone().zip(&mut images) {
                let (inner, outer) = buffers.split_at_mut(layer + 1);
                let target = Target { image, border: 1, values: &mut inner[layer] };
                let finish = Finish::Mask(&saved.kept[i][layer - 1]);
                product(!down, g, kernel, &outer[0], target, finish, &mut scratch);
            }
        }
        pool::give(&shapes, images);
    }
}

/// Applies one kernel to one image; downsamples if `down` is set, otherwise upsamples.
fn product(
    down: bool,
    geometry: &Geometry,
    kernel: &[f32],
    from: &[f32],
    to: Target,
    finish: Finish,
    spread: &mut [f32],
) {
    if down {
        Arch::new().dispatch(Down { geometry, kernel, fine: from, coarse: to, finish });
    } else {
        let spread = &mut spread[..Up::scratch_len(geometry)];
        Arch::new().dispatch(Up { geometry, kernel, coarse: from, fine: to, finish, spread });
    }
}

/// Splits `values` into consecutive parts of the given lengths.
fn split(mut values: &[f32], lengths: impl Iterator<Item = usize>) -> impl Iterator<Item = &[f32]> {
    lengths.map(move |length| {
        let (part, rest) = values.split_at(length);
        values = rest;
        part
    })
}

/// Inputs of a backward pass.
struct Backward<'a> {
    /// Packed in the order of the backward products.
    kernels: Vec<Vec<f32>>,
    images: &'a [f32],
    /// Each image's outputs of all layers but the last.
    kept: &'a [Images],
    y: &'a [f32],
    gradient: &'a [f32],
}

/// Applies `layers` to `x`; returns `x` itself if there are none.
pub(super) fn apply(
    order: Order,
    x: &Tensor,
    layers: &[(&Tensor, &Tensor)],
    last: Activation,
) -> Result<Tensor> {
    if layers.is_empty() {
        return Ok(x.clone());
    }
    let chain = Layers::new(order, x.shape(), layers, last)?;
    let weights = layers.iter().map(|(weight, _)| weight.flatten_all()).collect::<Result<Vec<_>>>()?;
    let biases: Vec<&Tensor> = layers.iter().map(|(_, bias)| *bias).collect();
    let (weights, biases) = (Tensor::cat(&weights, 0)?, Tensor::cat(&biases, 0)?);
    let keep = x.track_op() || weights.track_op() || biases.track_op();
    let op = Chain { layers: chain, keep, kept: OnceLock::new() };
    x.contiguous()?.apply_op3(&weights, &biases, op)
}

struct Chain {
    layers: Layers,
    /// Whether a backward pass may follow.
    keep: bool,
    /// Each image's outputs of all layers but the last.
    kept: OnceLock<Vec<Images>>,
}

impl Drop for Chain {
    fn drop(&mut self) {
        if let Some(kept) = self.kept.take() {
            pool::give(&self.layers.between(), kept);
        }
    }
}

impl CustomOp3 for Chain {
    fn name(&self) -> &'static str {
        "convolutions-k4s2p1"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        x_layout: &Layout,
        weights: &CpuStorage,
        weights_layout: &Layout,
        biases: &CpuStorage,
        biases_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let n = x_layout.dims()[0];
        let x = values(x, x_layout)?;
        let weights = self.layers.pack(values(weights, weights_layout)?, values(biases, biases_layout)?);
        let end = self.layers.end();
        let mut y = vec![0.0; n * end.len()];
        let kept = self.layers.forward(&weights, x, &mut y, self.keep);
        if self.keep && self.kept.set(kept).is_err() {
            candle_core::bail!("convolutions were applied twice as one operation")
        }
        Ok((CpuStorage::F32(y), Shape::from((n, end.height, end.width, end.channels))))
    }

    fn bwd(
        &self,
        x: &Tensor,
        weights: &Tensor,
        biases: &Tensor,
        y: &Tensor,
        gradient: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        training_only()?;
        let Some(kept) = self.kept.get() else {
            candle_core::bail!("convolutions kept nothing for a backward pass")
        };
        let layers = &self.layers;
        let n = x.dim(0)?;
        let wanted = if x.track_op() { layers.first().len() } else { 0 };
        let gradient = gradient.contiguous()?;
        let mut dx = vec![0.0; n * wanted];
        let length = weights.elem_count() + biases.elem_count();
        let sums = with_values([x, weights, y, &gradient], |[images, weights, y, gradient]| {
            let pack = if layers.order == Order::Conv { kernels::up } else { kernels::down };
            let kernels = layers.packed(weights, |g, weight| pack(g, layers.order, weight));
            let saved = Backward { kernels, images, kept, y, gradient };
            Ok(sum_images(n, length, [(&mut dx, wanted)], |range, sums, [dx]| {
                let mut rest = dx;
                for start in range.clone().step_by(BACKWARD_IMAGES) {
                    let images = start..(start + BACKWARD_IMAGES).min(range.end);
                    let (dx, after) = rest.split_at_mut(images.len() * wanted);
                    rest = after;
                    layers.backward(&saved, images, sums, start > range.start, dx);
                }
            }))
        })?;
        let lengths = layers.geometries.iter().enumerate();
        let lengths = lengths.flat_map(|(layer, g)| [g.kernel_len(), layers.output(layer).channels]);
        let parts: Vec<&[f32]> = split(&sums, lengths).collect();
        let dw = each_part(layers.geometries.len(), 1, [], |range, []| {
            kernels::ordered(&layers.geometries[range.start], layers.order, parts[2 * range.start])
        });
        let dw = dw.concat();
        let db = parts.iter().skip(1).step_by(2).copied().collect::<Vec<_>>().concat();
        let device = x.device();
        let dx = if wanted > 0 { Some(Tensor::from_vec(dx, x.shape(), device)?) } else { None };
        let (dw, db) =
            (Tensor::from_vec(dw, weights.shape(), device)?, Tensor::from_vec(db, biases.shape(), device)?);
        Ok((dx, Some(dw), Some(db)))
    }
}
