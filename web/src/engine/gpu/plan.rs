//! The network as shaders: the shader of each layer, its sizes, and its weights in the shader's layout.
//!
//! Values are stored channels-last in quads: the channels of a pixel are padded with zeros to a multiple
//! of four. Weights are 4×4 blocks, with a column per input and a row per output. They are zero for
//! padding, so that padding stays zero from layer to layer and shaders need not handle it.

use std::collections::BTreeMap;

use candle_core::{Result, Tensor};
use model::ImageShape;
use model::layers::{Kind, Layer, bias, weight};
use model::ops::to_vec;

use super::shaders::Shader;

/// Pixels with the given number of channels; a vector is a single pixel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    pub(super) pixels: usize,
    pub(super) channels: usize,
}

impl Layout {
    pub(super) fn of(shape: ImageShape) -> Self {
        Self { pixels: shape.height * shape.width, channels: shape.channels }
    }

    pub(super) fn vector(length: usize) -> Self {
        Self { pixels: 1, channels: length }
    }

    /// Quads per pixel.
    fn depth(self) -> usize {
        self.channels.div_ceil(4)
    }

    /// Total number of quads.
    pub(super) fn quads(self) -> usize {
        self.pixels * self.depth()
    }

    /// Index without padding of a value in the padded layout, or `None` for padding.
    fn stored(self, place: usize) -> Option<usize> {
        let (pixel, channel) = (place / (4 * self.depth()), place % (4 * self.depth()));
        (channel < self.channels).then_some(pixel * self.channels + channel)
    }

    /// Pads values, row by row.
    pub(super) fn pad(self, values: &[f32]) -> Vec<f32> {
        let mut padded = Vec::with_capacity(values.len() / self.channels * 4 * self.depth());
        for pixel in values.chunks(self.channels) {
            padded.extend_from_slice(pixel);
            padded.resize(padded.len() + 4 * self.depth() - self.channels, 0.0);
        }
        padded
    }
}

/// A layer as it runs on the GPU.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) shader: Shader,
    /// Constants of the shader.
    pub(super) constants: Vec<(&'static str, f64)>,
    pub(super) weight: Vec<f32>,
    pub(super) bias: Vec<f32>,
    /// Invocations per image, or per group of rows for dense layers.
    pub(super) invocations: usize,
    /// Bytes per image of the input and the output.
    pub(super) input: usize,
    pub(super) output: usize,
}

/// The layers of an encoder or a decoder.
pub(super) fn plans(layers: &[Layer], tensors: &BTreeMap<String, Tensor>) -> Result<Vec<Plan>> {
    let plan = |layer: &Layer| {
        let Layer { input, output, .. } = layer;
        let channels = [input.channels, output.channels];
        let tensors = Tensors::of(tensors, &layer.name)?;
        Ok(match layer.kind {
            Kind::Dense => dense(Layout::of(*input), Layout::of(*output), layer.relu, tensors),
            Kind::Conv => conv([output.height, output.width], channels, tensors),
            Kind::Deconv if layer.relu => deconv([input.height, input.width], channels, tensors),
            Kind::Deconv => image([input.height, input.width], channels, tensors),
        })
    };
    layers.iter().map(plan).collect()
}

/// A layer's tensors, flat.
struct Tensors {
    weight: Vec<f32>,
    bias: Vec<f32>,
}

impl Tensors {
    fn of(tensors: &BTreeMap<String, Tensor>, layer: &str) -> Result<Self> {
        let read = |name: String| match tensors.get(&name) {
            Some(tensor) => to_vec(tensor),
            None => candle_core::bail!("there is no tensor `{name}`"),
        };
        Ok(Self { weight: read(weight(layer))?, bias: read(bias(layer))? })
    }
}

/// Appends the 4×4 block for a quad of inputs and a quad of outputs, with entries `value(input, output)`.
fn block(packed: &mut Vec<f32>, [inputs, outputs]: [usize; 2], value: impl Fn(usize, usize) -> Option<f32>) {
    for input in 4 * inputs..4 * inputs + 4 {
        packed.extend((4 * outputs..4 * outputs + 4).map(|output| value(input, output).unwrap_or(0.0)));
    }
}

/// Converts a number for the shader.
fn number(value: usize) -> f64 {
    value as f64
}

/// Dense layer with weight `[O, I]`.
fn dense(from: Layout, to: Layout, relu: bool, Tensors { weight, bias }: Tensors) -> Plan {
    let inputs = from.pixels * from.channels;
    let mut packed = Vec::with_capacity(16 * from.quads() * to.quads());
    for i in 0..from.quads() {
        for o in 0..to.quads() {
            block(&mut packed, [i, o], |i, o| Some(weight[to.stored(o)? * inputs + from.stored(i)?]));
        }
    }
    Plan {
        shader: Shader::Dense,
        constants: vec![
            ("INPUTS", number(from.quads())),
            ("OUTPUTS", number(to.quads())),
            ("RELU", f64::from(u8::from(relu))),
        ],
        weight: packed,
        bias: to.pad(&bias),
        invocations: to.quads(),
        input: 16 * from.quads(),
        output: 16 * to.quads(),
    }
}

/// Convolution with weight `[4, 4, I, O]`; `size` is that of its output.
fn conv(size: [usize; 2], [inputs, outputs]: [usize; 2], Tensors { weight, bias }: Tensors) -> Plan {
    let [height, width] = size;
    let from = Layout { pixels: 4 * height * width, channels: inputs };
    let to = Layout { pixels: height * width, channels: outputs };
    let mut packed = Vec::with_capacity(256 * from.depth() * to.depth());
    for row in 0..4 {
        for i in 0..from.depth() {
            for column in 0..4 {
                for o in 0..to.depth() {
                    block(&mut packed, [i, o], |i, o| {
                        let fits = i < inputs && o < outputs;
                        fits.then(|| weight[((4 * row + column) * inputs + i) * outputs + o])
                    });
                }
            }
        }
    }
    Plan {
        shader: Shader::Conv,
        constants: sizes(size, from, to),
        weight: packed,
        bias: Layout::vector(outputs).pad(&bias),
        invocations: height * width.div_ceil(4) * to.depth(),
        input: 16 * from.quads(),
        output: 16 * to.quads(),
    }
}

/// Transposed convolution with weight `[I, 4, 4, O]`; `size` is that of its input.
fn deconv(size: [usize; 2], [inputs, outputs]: [usize; 2], Tensors { weight, bias }: Tensors) -> Plan {
    let [height, width] = size;
    let from = Layout { pixels: height * width, channels: inputs };
    let to = Layout { pixels: 4 * height * width, channels: outputs };
    let mut packed = Vec::with_capacity(256 * from.depth() * to.depth());
    for phase in 0..4 {
        for k in 0..2 {
            for i in 0..from.depth() {
                for l in 0..2 {
                    // Fine row 2r + p reads coarse row r + p − k with kernel row 1 − p + 2k.
                    let (row, column) = (1 - phase / 2 + 2 * k, 1 - phase % 2 + 2 * l);
                    for o in 0..to.depth() {
                        block(&mut packed, [i, o], |i, o| {
                            let fits = i < inputs && o < outputs;
                            fits.then(|| weight[(16 * i + 4 * row + column) * outputs + o])
                        });
                    }
                }
            }
        }
    }
    Plan {
        shader: Shader::Deconv,
        constants: sizes(size, from, to),
        weight: packed,
        bias: Layout::vector(outputs).pad(&bias),
        invocations: 4 * height * width.div_ceil(4) * to.depth(),
        input: 16 * from.quads(),
        output: 16 * to.quads(),
    }
}

/// Transposed convolution with weight `[I, 4, 4, O]` to an image without padding; `size` is that of its
/// input.
fn image(size: [usize; 2], [inputs, outputs]: [usize; 2], Tensors { weight, bias }: Tensors) -> Plan {
    let [height, width] = size;
    let from = Layout { pixels: height * width, channels: inputs };
    let mut packed = Vec::with_capacity(64 * from.depth() * outputs);
    for o in 0..outputs {
        for quad in 0..from.depth() {
            for tap in 0..16 {
                let value = |i: usize| if i < inputs { weight[(16 * i + tap) * outputs + o] } else { 0.0 };
                packed.extend((4 * quad..4 * quad + 4).map(value));
            }
        }
    }
    Plan {
        shader: Shader::Image,
        constants: vec![
            ("HEIGHT", number(height)),
            ("WIDTH", number(width)),
            ("INPUTS", number(from.depth())),
            ("CHANNELS", number(outputs)),
        ],
        weight: packed,
        bias,
        invocations: height * width * outputs,
        input: 16 * from.quads(),
        output: 4 * 4 * height * width * outputs,
    }
}

fn sizes([height, width]: [usize; 2], from: Layout, to: Layout) -> Vec<(&'static str, f64)> {
    vec![
        ("HEIGHT", number(height)),
        ("WIDTH", number(width)),
        ("INPUTS", number(from.depth())),
        ("OUTPUTS", number(to.depth())),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_padded_layout_knows_where_its_values_come_from() {
        let layout = Layout { pixels: 2, channels: 3 };
        assert_eq!(layout.pad(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]), [1.0, 2.0, 3.0, 0.0, 4.0, 5.0, 6.0, 0.0]);
        let places: Vec<Option<usize>> = (0..8).map(|place| layout.stored(place)).collect();
        let of = |from: usize| [Some(from), Some(from + 1), Some(from + 2), None];
        assert_eq!(places, [of(0), of(3)].concat());
    }
}
