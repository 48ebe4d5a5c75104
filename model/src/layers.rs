//! The network as two lists of layers, the encoder's and the decoder's. Everything that has to know the network
//! follows from them: the names and shapes of its tensors, its initial weights, the network on the CPU, the
//! page's plans for the GPU, and the tensors that parts of the loss change.
//!
//! | kind | input | weight | output |
//! |---|---|---|---|
//! | [`Kind::Conv`], kernel 4, stride 2, padding 1 | `[H, W, I]` | `[4, 4, I, O]` | `[H/2, W/2, O]` |
//! | [`Kind::Deconv`], the same transposed | `[H, W, I]` | `[I, 4, 4, O]` | `[2H, 2W, O]` |
//! | [`Kind::Dense`] | `I` values | `[O, I]` | `O` values |
//!
//! A bias has as many values as the layer has output channels. A vector is a map of one pixel; maps flatten
//! channels-last.

use std::collections::BTreeMap;

use crate::config::{ImageShape, ModelConfig};
use crate::likelihood::LOG_SCALE;

/// What the names of the encoder's layers start with.
pub const ENCODER: &str = "encoder.";
/// The layer that gives the posterior's statistics, the encoder's last: each statistic of all channels in turn,
/// the means first.
pub const POSTERIOR: &str = "encoder.posterior";
/// The layer that reads the code, the decoder's first: a column of its weight belongs to a channel.
pub const CODE: &str = "decoder.dense.0";

/// What a layer computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A convolution that halves height and width.
    Conv,
    /// A transposed convolution that doubles them.
    Deconv,
    /// A dense layer.
    Dense,
}

/// A layer with a weight and a bias.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layer {
    /// Its name, such as `encoder.conv.0`.
    pub name: String,
    /// What it computes.
    pub kind: Kind,
    /// Shape of an image's input.
    pub input: ImageShape,
    /// Shape of an image's output.
    pub output: ImageShape,
    /// Whether a ReLU follows.
    pub relu: bool,
}

/// The name of a layer's weight.
pub fn weight(layer: &str) -> String {
    format!("{layer}.weight")
}

/// The name of a layer's bias.
pub fn bias(layer: &str) -> String {
    format!("{layer}.bias")
}

impl Layer {
    /// Shape of the weight.
    pub fn weight_shape(&self) -> Vec<usize> {
        let [inputs, outputs] = self.widths();
        match self.kind {
            Kind::Conv => vec![4, 4, inputs, outputs],
            Kind::Deconv => vec![inputs, 4, 4, outputs],
            Kind::Dense => vec![outputs, inputs],
        }
    }

    /// Values of the bias.
    pub fn bias_len(&self) -> usize {
        self.widths()[1]
    }

    /// The number that bounds initial weights, as PyTorch's `_calculate_fan_in_and_fan_out` counts it: the
    /// inputs that reach an output. Of a transposed convolution PyTorch counts its outputs instead.
    pub fn fan_in(&self) -> usize {
        let [inputs, outputs] = self.widths();
        match self.kind {
            Kind::Conv => 16 * inputs,
            Kind::Deconv => 16 * outputs,
            Kind::Dense => inputs,
        }
    }

    /// Inputs and outputs that the weight joins: channels of a convolution, all values of a dense layer.
    fn widths(&self) -> [usize; 2] {
        match self.kind {
            Kind::Conv | Kind::Deconv => [self.input.channels, self.output.channels],
            Kind::Dense => [self.input.len(), self.output.len()],
        }
    }
}

impl ModelConfig {
    /// The encoder's layers, from an image to the posterior's statistics: convolutions, dense layers, and the
    /// [`POSTERIOR`].
    pub fn encoder(&self) -> Vec<Layer> {
        let mut layers = Vec::new();
        let mut input = self.image;
        for (i, &channels) in self.channels.iter().enumerate() {
            let output = ImageShape { height: input.height / 2, width: input.width / 2, channels };
            let name = format!("{ENCODER}conv.{i}");
            layers.push(Layer { name, kind: Kind::Conv, input, output, relu: true });
            input = output;
        }
        let mut dense = |name, outputs, relu| {
            let output = vector(outputs);
            layers.push(Layer { name, kind: Kind::Dense, input, output, relu });
            input = output;
        };
        for (i, outputs) in self.encoder_widths().into_iter().enumerate() {
            let name = if i == 0 { format!("{ENCODER}dense") } else { format!("{ENCODER}dense.{i}") };
            dense(name, outputs, true);
        }
        dense(POSTERIOR.to_owned(), self.posterior.statistics() * self.width(), false);
        layers
    }

    /// The decoder's layers, from a code to the likelihood's logits: dense layers, the first of them [`CODE`]
    /// and the last one to a feature map, and transposed convolutions.
    pub fn decoder(&self) -> Vec<Layer> {
        let mut layers = Vec::new();
        let features = self.feature_shape();
        let mut input = vector(self.width());
        let outputs = self.decoder_widths().into_iter().map(vector).chain([features]);
        for (i, output) in outputs.enumerate() {
            let name = if i == 0 { CODE.to_owned() } else { format!("decoder.dense.{i}") };
            layers.push(Layer { name, kind: Kind::Dense, input, output, relu: true });
            input = output;
        }
        let count = self.channels.len();
        for i in 0..count {
            let last = i + 1 == count;
            let channels = if last { self.image.channels } else { self.channels[count - 2 - i] };
            let output = ImageShape { height: 2 * input.height, width: 2 * input.width, channels };
            let name = format!("decoder.deconv.{i}");
            layers.push(Layer { name, kind: Kind::Deconv, input, output, relu: !last });
            input = output;
        }
        layers
    }

    /// Shape of the last feature map of the encoder, the first of the decoder.
    pub fn feature_shape(&self) -> ImageShape {
        let halvings = self.channels.len();
        ImageShape {
            height: self.image.height >> halvings,
            width: self.image.width >> halvings,
            channels: self.channels.last().copied().unwrap_or(0),
        }
    }

    /// Name and shape of every tensor of the network: a weight and a bias for each layer, and the scale of a
    /// likelihood that has one.
    #[inline]
    pub fn tensors(&self) -> BTreeMap<String, Vec<usize>> {
        let mut all = BTreeMap::new();
        for layer in self.encoder().into_iter().chain(self.decoder()) {
            all.insert(bias(&layer.name), vec![layer.bias_len()]);
            all.insert(weight(&layer.name), layer.weight_shape());
        }
        if self.likelihood.is_scaled() {
            all.insert(LOG_SCALE.to_owned(), vec![1]);
        }
        all
    }
}

/// The shape of a vector.
fn vector(channels: usize) -> ImageShape {
    ImageShape { height: 1, width: 1, channels }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_layer_takes_what_the_one_before_gives() {
        let config = ModelConfig {
            image: ImageShape { height: 64, width: 32, channels: 3 },
            channels: vec![4, 8, 5],
            latent: 3,
            circles: 1,
            encoder_dense: Some(vec![16, 9]),
            decoder_dense: Some(vec![7]),
            ..ModelConfig::default()
        };
        let [encoder, decoder] = [config.encoder(), config.decoder()];
        for layers in [&encoder, &decoder] {
            for pair in layers.windows(2) {
                assert_eq!(pair[0].output, pair[1].input, "{} to {}", pair[0].name, pair[1].name);
            }
            // Only the last has no ReLU.
            let (last, others) = layers.split_last().expect("there are layers");
            assert!(!last.relu && others.iter().all(|layer| layer.relu));
        }
        assert_eq!((encoder[0].input, decoder[4].output), (config.image, config.image));
        assert_eq!((encoder[2].output, decoder[1].output), (config.feature_shape(), config.feature_shape()));
        assert_eq!((encoder[5].name.as_str(), encoder[5].bias_len()), (POSTERIOR, 8));
        assert_eq!((decoder[0].name.as_str(), decoder[0].weight_shape()), (CODE, vec![7, 4]));
        let names: Vec<&str> = encoder.iter().map(|layer| layer.name.as_str()).collect();
        let expected = ["conv.0", "conv.1", "conv.2", "dense", "dense.1", "posterior"];
        assert_eq!(names, expected.map(|name| format!("{ENCODER}{name}")));
    }

    #[test]
    fn fan_in_is_pytorchs() {
        let config = ModelConfig::default();
        let fans = |layers: Vec<Layer>| layers.iter().map(Layer::fan_in).collect::<Vec<_>>();
        assert_eq!(fans(config.encoder()), [16, 512, 512, 1024, 1024, 256]);
        assert_eq!(fans(config.decoder()), [10, 256, 1024, 512, 512, 16]);
    }
}
