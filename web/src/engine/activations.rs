//! The hidden layers of a network, the activations of their channels, and the largest inputs
//! of each channel.

use candle_core::Tensor;
use model::layers::{Kind, weight};
use model::ops::{Map, to_vec};
use model::order;
use model::{ImageShape, ModelConfig, Weights};

use super::EngineError;

/// Number of inputs listed per channel: those with the largest weights.
pub const LISTED_INPUTS: usize = 4;

/// Values of a kernel: 4 × 4.
pub const KERNEL: usize = 16;

/// Numbers per channel: index and kernel of each listed input.
const NUMBERS: usize = LISTED_INPUTS * (1 + KERNEL);

/// A hidden layer, or the code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layer {
    /// Name of its tensors.
    pub name: String,
    /// Height, width and channels of its output; neurons are channels of 1 × 1.
    pub shape: [usize; 3],
    /// Height times width of a dense layer's input.
    inputs: usize,
    kind: Kind,
}

impl Layer {
    fn of(layer: model::layers::Layer) -> Self {
        let ImageShape { height, width, channels } = layer.output;
        let inputs = layer.input.height * layer.input.width;
        Self { name: layer.name, shape: [height, width, channels], inputs, kind: layer.kind }
    }

    /// Number of output values.
    pub fn len(&self) -> usize {
        self.shape.iter().product()
    }

    /// Whether there are no output values; always false.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Layers of a network: those of the encoder, the code, and those of the decoder except the last. Also
/// returns the index of the code.
pub fn layers(config: &ModelConfig) -> (Vec<Layer>, usize) {
    let mut layers: Vec<Layer> = config.encoder().into_iter().map(Layer::of).collect();
    let code = layers.len() - 1;
    // The posterior's statistics begin with the means.
    layers[code].shape = [1, 1, config.width()];
    let hidden = config.decoder().into_iter().filter(|layer| layer.relu);
    layers.extend(hidden.map(Layer::of));
    (layers, code)
}

/// Largest inputs of a layer's channels.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LargestInputs {
    /// Fraction of weights that are zero.
    pub zero: f32,
    numbers: Vec<f32>,
}

impl LargestInputs {
    /// The inputs of a channel with the largest weights, in descending order: the input's channel, and
    /// its kernel row by row, or the first weights of a dense layer, followed by zeros.
    pub fn of(&self, channel: usize) -> impl Iterator<Item = (usize, &[f32])> {
        let numbers = self.numbers.chunks_exact(NUMBERS).nth(channel).unwrap_or_default();
        numbers.chunks_exact(1 + KERNEL).map(|input| (input[0] as usize, &input[1..]))
    }

    /// Reads the largest inputs of all layers from the numbers of [`largest_inputs`].
    pub fn read(config: &ModelConfig, mut numbers: &[f32]) -> Option<Vec<Self>> {
        let of = |layer: &Layer| {
            let (part, rest) = numbers.split_at_checked(1 + layer.shape[2] * NUMBERS)?;
            numbers = rest;
            Some(Self { zero: part[0], numbers: part[1..].to_vec() })
        };
        layers(config).0.iter().map(of).collect()
    }
}

/// Returns the largest inputs of all channels in a weights file, as [`LargestInputs::read`] reads them.
///
/// # Errors
/// Fails if the file is invalid.
pub fn largest_inputs(file: &[u8]) -> Result<Vec<f32>, EngineError> {
    let Weights { card, tensors } = Weights::from_bytes(file)?;
    let mut numbers = Vec::new();
    for layer in layers(&card.model).0 {
        let tensor = tensors.get(&weight(&layer.name));
        let tensor: &Tensor = tensor.ok_or_else(|| model::WeightsError::Missing(layer.name.clone()))?;
        let weights = to_vec(tensor)?;
        numbers.push(weights.iter().filter(|weight| **weight == 0.0).count() as f32 / weights.len() as f32);
        for channel in 0..layer.shape[2] {
            push_largest_inputs(&layer, &weights, tensor.dims(), channel, &mut numbers);
        }
    }
    Ok(numbers)
}

/// Appends a channel's inputs with the largest weights.
fn push_largest_inputs(
    layer: &Layer,
    weights: &[f32],
    shape: &[usize],
    channel: usize,
    numbers: &mut Vec<f32>,
) {
    let [height, width, channels] = layer.shape;
    // The weights of one input channel, or with swapped axes, in order.
    let (inputs, taps) = match layer.kind {
        Kind::Conv => (shape[2], KERNEL),
        Kind::Deconv => (shape[0], KERNEL),
        Kind::Dense => (shape[1] / layer.inputs, (layer.inputs * height * width).max(1)),
    };
    let at = |input: usize, tap: usize| {
        weights[match layer.kind {
            Kind::Conv => (tap * inputs + input) * channels + channel,
            Kind::Deconv => (input * KERNEL + tap) * channels + channel,
            Kind::Dense => {
                let (to, from) = (tap / layer.inputs, tap % layer.inputs);
                (to * channels + channel) * shape[1] + from * inputs + input
            }
        }]
    };
    let size = |input: usize| (0..taps).map(|tap| at(input, tap).abs()).sum::<f32>();
    let ranked: Vec<usize> = order::ascending((0..inputs).map(|input| order::key(-size(input)))).collect();
    for rank in 0..LISTED_INPUTS {
        // A layer with fewer inputs repeats the last one with zero weights.
        let (input, known) = ranked.get(rank).map_or((ranked[ranked.len() - 1], 0), |&input| (input, taps));
        numbers.push(input as f32);
        numbers.extend((0..KERNEL).map(|tap| if tap < known { at(input, tap) } else { 0.0 }));
    }
}

/// Activations of layers, one byte per value: 0 for zero, otherwise 1 to 255, proportional to the
/// square root of the value relative to the layer's largest.
pub fn activation_bytes(maps: &[Map]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for map in maps {
        let most = map.values.iter().copied().fold(f32::MIN_POSITIVE, f32::max);
        bytes.extend(map.values.iter().map(|&value| match value {
            value if value > 0.0 => 1 + (254.0 * (value / most).sqrt()) as u8,
            _ => 0,
        }));
    }
    bytes
}

/// Whether any value of each channel is above zero.
pub fn active_channels(maps: &[Map]) -> Vec<u8> {
    let mut active = Vec::new();
    for map in maps {
        let channels = map.shape[2];
        let is_active =
            |channel: usize| map.values.iter().skip(channel).step_by(channels).any(|value| *value > 0.0);
        active.extend((0..channels).map(|channel| u8::from(is_active(channel))));
    }
    active
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples;
    use candle_core::Device;

    #[test]
    fn layers_are_those_of_the_network() -> Result<(), EngineError> {
        let file = samples::file(1, 3);
        let engine = super::super::Cpu::load(&file)?;
        let config = &samples::card(1, 3).model;
        let (layers, code) = layers(config);
        let maps = engine.activations(Some(&[0.5; 4096]), &[0.1; 3])?;
        assert_eq!(layers[code].shape, [1, 1, 3]);
        let hidden: Vec<_> = layers.iter().filter(|layer| **layer != layers[code]).map(|l| l.len()).collect();
        assert_eq!(hidden, maps.iter().map(|map| map.values.len()).collect::<Vec<_>>());
        Ok(())
    }

    #[test]
    fn a_channels_largest_weights_come_first() -> Result<(), EngineError> {
        let card = samples::card(1, 3);
        let file = samples::file(1, 3);
        let Weights { mut tensors, .. } = Weights::from_bytes(&file)?;
        // One weight per kind of layer is larger than all others.
        let mut large = |name: &str, at: usize| -> Result<(), EngineError> {
            let name = format!("{name}.weight");
            let mut values = to_vec(&tensors[&name])?;
            values[0] = 0.0;
            values[at] = 9.0;
            let tensor = Tensor::from_vec(values, tensors[&name].shape(), &Device::Cpu)?;
            tensors.insert(name, tensor);
            Ok(())
        };
        // [4, 4, 4, 4]: tap 6 from input 3 to output 2.
        large("encoder.conv.1", (6 * 4 + 3) * 4 + 2)?;
        // [8, 16 · 16 · 4]: place 5 of input 1 to neuron 7.
        large("encoder.dense", 7 * 1024 + 5 * 4 + 1)?;
        // [16 · 16 · 4, 8]: from neuron 6 to place 9 of channel 3.
        let features = card.model.decoder_widths().len();
        large(&format!("decoder.dense.{features}"), (9 * 4 + 3) * 8 + 6)?;
        // [4, 4, 4, 4]: from input 2, tap 11, to output 1.
        large("decoder.deconv.0", (2 * 16 + 11) * 4 + 1)?;
        let file = Weights { card: card.clone(), tensors }.to_bytes()?;
        let numbers = largest_inputs(&file)?;
        let all = LargestInputs::read(&card.model, &numbers).expect("they are of that network");
        let (layers, _) = layers(&card.model);
        let first = |name: &str, channel: usize| {
            let place = layers.iter().position(|layer| layer.name == name).expect(name);
            let (input, kernel) = all[place].of(channel).next().expect("it has inputs");
            (input, kernel.iter().position(|weight| *weight == 9.0))
        };
        assert_eq!(first("encoder.conv.1", 2), (3, Some(6)));
        assert_eq!(first("encoder.dense", 7), (1, Some(5)));
        assert_eq!(first(&format!("decoder.dense.{features}"), 3), (6, Some(9)));
        assert_eq!(first("decoder.deconv.0", 1), (2, Some(11)));
        assert!(all[1].zero > 0.0 && all[1].zero < 0.01);
        assert_eq!(LargestInputs::read(&card.model, &numbers[1..]), None);
        Ok(())
    }

    #[test]
    fn values_above_zero_have_bytes_above_zero() {
        let map = Map { shape: [1, 2, 2], values: vec![0.0, 4.0, -0.0, 1e-6] };
        assert_eq!(activation_bytes(std::slice::from_ref(&map)), [0, 255, 0, 1]);
        assert_eq!(active_channels(&[map]), [0, 1]);
    }
}
