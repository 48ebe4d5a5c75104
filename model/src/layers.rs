//! The network as two lists of layers, of the encoder and of the decoder. All code that depends on the network's
//! structure uses these lists: names and shapes of tensors, initial weights, the network on the CPU and on the
//! GPU, import, and the terms of the loss that change weights.
//!
//! | kind | input | weight | output |
//! |---|---|---|---|
//! | [`Kind::Conv`], kernel 4, stride 2, padding 1 | `[H, W, I]` | `[4, 4, I, O]` | `[H/2, W/2, O]` |
//! | [`Kind::Deconv`], the same transposed | `[H, W, I]` | `[I, 4, 4, O]` | `[2H, 2W, O]` |
//! | [`Kind::Dense`] | `I` values | `[O, I]` | `O` values |
//!
//! A bias has one value per output channel. A vector is a map of one pixel. Maps are flattened channels-last.

use std::collections::BTreeMap;

use crate::config::{ImageShape, ModelConfig};
use crate::likelihood::LOG_SCALE;

/// Prefix of the names of the encoder's layers.
pub const ENCODER: &str = "encoder.";
/// Prefix of the names of the decoder's layers.
pub const DECODER: &str = "decoder.";
/// Name of the encoder's last layer. Its outputs are the posterior's statistics: the means of all channels, then
/// the log variances, and so on.
pub const POSTERIOR: &str = "encoder.posterior";
/// Name of the decoder's first layer. Its weight has a column for each channel of the code.
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
    /// Name, such as `encoder.conv.0`.
    pub name: String,
    /// What the layer computes.
    pub kind: Kind,
    /// Shape of the input of one image.
    pub input: ImageShape,
    /// Shape of the output of one image.
    pub output: ImageShape,
    /// Whether a ReLU follows.
    pub relu: bool,
}

/// Name of a layer's weight.
pub fn weight(layer: &str) -> String {
    format!("{layer}.weight")
}

/// Name of a layer's bias.
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

    /// Number of values of the bias.
    pub fn bias_len(&self) -> usize {
        self.widths()[1]
    }

    /// Fan-in for initial weights, as in PyTorch's `_calculate_fan_in_and_fan_out`: the number of inputs of an
    /// output. For transposed convolutions PyTorch uses the output channels instead.
    pub fn fan_in(&self) -> usize {
        let [inputs, outputs] = self.widths();
        match self.kind {
            Kind::Conv => 16 * inputs,
            Kind::Deconv => 16 * outputs,
            Kind::Dense => inputs,
        }
    }

    /// Inputs and outputs of the weight: channels of a convolution, all values of a dense layer.
    fn widths(&self) -> [usize; 2] {
        match self.kind {
            Kind::Conv | Kind::Deconv => [self.input.channels, self.output.channels],
            Kind::Dense => [self.input.len(), self.output.len()],
        }
    }
}

impl ModelConfig {
    /// Layers of the encoder, from an image to the posterior's statistics: convolutions, dense layers, and
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

    /// Layers of the decoder, from a code to the likelihood's logits: dense layers, of which the first is [`CODE`]
    /// and the last outputs a feature map, and transposed convolutions.
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

    /// Shape of the encoder's last feature map, which is the decoder's first.
    pub fn feature_shape(&self) -> ImageShape {
        let halvings = self.channels.len();
        ImageShape {
            height: self.image.height >> halvings,
            width: self.image.width >> halvings,
            channels: self.channels.last().copied().unwrap_or(0),
        }
    }

    /// Names and shapes of all tensors of the network: a weight and a bias for each layer, and the scale of the
    /// likelihood if it has one.
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

/// Shape of a vector.
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
