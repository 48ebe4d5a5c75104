//! Configuration of a network: image shape, widths, latent size, posterior and likelihood.

use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

/// Largest image side in pixels. Four convolutions take 256 pixels to 16.
pub const MAX_SIDE: usize = 256;
/// Largest number of image channels (RGBA).
pub const MAX_IMAGE_CHANNELS: usize = 4;
/// Largest latent size. The page shows a row per unit.
pub const MAX_LATENT: usize = 256;
/// Largest width of a convolution or of a dense layer.
pub const MAX_WIDTH: usize = 4096;
/// Largest size of a network's tensors in bytes: 64 million weights, about eighty times the default.
pub const MAX_NETWORK: u64 = 256 << 20;
/// Largest number of convolutions. Each halves the image.
pub const MAX_CONVOLUTIONS: usize = 8;
/// Largest number of dense layers in the encoder or the decoder, without the layers to the posterior and to the
/// feature map.
pub const MAX_DENSE: usize = 8;

/// Shape of one image or feature map, channels last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImageShape {
    /// Rows in pixels.
    pub height: usize,
    /// Columns in pixels.
    pub width: usize,
    /// Values per pixel: 1 for grey, 3 for RGB.
    pub channels: usize,
}

impl ImageShape {
    /// Number of values in one image.
    pub fn len(&self) -> usize {
        self.height * self.width * self.channels
    }

    /// Whether an image has no values.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Family of the approximate posterior q(z|x).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PosteriorKind {
    /// Diagonal Gaussian N(μ, diag σ²) (Kingma & Welling 2014).
    #[default]
    Gaussian,
    /// Laplace(μ, b), b = σ/√2.
    Laplace,
    /// γ·N(μ, σ²) + (1 − γ)·δ₀ (Tonolini et al. 2019).
    SpikeSlab,
}

impl PosteriorKind {
    /// Number of statistics that the encoder outputs for each unit.
    pub fn statistics(self) -> usize {
        match self {
            Self::Gaussian | Self::Laplace => 2,
            Self::SpikeSlab => 3,
        }
    }
}

/// Family of the likelihood p(x|z).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LikelihoodKind {
    /// Independent Bernoulli values, for black and white images.
    #[default]
    Bernoulli,
    /// Independent Gaussian values with a common, learnt standard deviation.
    Gaussian,
    /// Independent logistic values with a common, learnt scale, integrated over the 256 bins of 8-bit values
    /// (Salimans et al. 2017, PixelCNN++).
    Logistic,
}

/// Configuration of the network. The default is the usual network for dSprites (Burgess et al. 2018; Locatello
/// et al. 2019) with ten latent units.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ModelConfig {
    /// Shape of the images.
    pub image: ImageShape,
    /// Number of latent units.
    pub latent: usize,
    /// Number of [circles](crate::circle), which are the last units.
    #[serde(skip_serializing_if = "is_zero")]
    pub circles: usize,
    /// Output channels of the encoder's convolutions. The decoder has them in reverse.
    pub channels: Vec<usize>,
    /// Width of the dense layer between convolutions and code, in the encoder and the decoder.
    pub hidden: usize,
    /// Widths of the encoder's dense layers in order, if not one layer of [`hidden`](Self::hidden).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encoder_dense: Option<Vec<usize>>,
    /// Widths of the decoder's dense layers in order, if not one layer of [`hidden`](Self::hidden). The layer
    /// to the first feature map follows them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decoder_dense: Option<Vec<usize>>,
    /// Family of q(z|x).
    pub posterior: PosteriorKind,
    /// Family of p(x|z).
    pub likelihood: LikelihoodKind,
    /// Number of units per image that may carry information. Default: all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub winners: Option<usize>,
}

impl Default for ModelConfig {
    fn default() -> Self {
        Self {
            image: ImageShape { height: 64, width: 64, channels: 1 },
            latent: 10,
            circles: 0,
            channels: vec![32, 32, 64, 64],
            hidden: 256,
            encoder_dense: None,
            decoder_dense: None,
            posterior: PosteriorKind::Gaussian,
            likelihood: LikelihoodKind::Bernoulli,
            winners: None,
        }
    }
}

/// Error for a configuration without a valid network.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("model.{key} = {value}: {expected}")]
pub struct ConfigError {
    /// The invalid key under `model`.
    pub key: &'static str,
    /// Its value.
    pub value: String,
    /// Values that are allowed.
    pub expected: String,
}

impl ModelConfig {
    /// Checks all values.
    ///
    /// # Errors
    /// Names the first key with an invalid value.
    #[inline]
    pub fn validate(&self) -> Result<(), ConfigError> {
        let image = self.image;
        in_range("image.channels", image.channels, MAX_IMAGE_CHANNELS)?;
        in_range("latent", self.latent, MAX_LATENT)?;
        if self.circles > 0 {
            in_range("circles", self.circles, self.latent)?;
            if self.posterior != PosteriorKind::Gaussian || self.winners.is_some() {
                return Err(ConfigError {
                    key: "circles",
                    value: self.circles.to_string(),
                    expected: "needs the Gaussian posterior without winners".to_owned(),
                });
            }
        }
        in_range("hidden", self.hidden, MAX_WIDTH)?;
        if let Some(winners) = self.winners {
            in_range("winners", winners, self.latent)?;
            if self.posterior != PosteriorKind::Gaussian {
                return Err(ConfigError {
                    key: "winners",
                    value: winners.to_string(),
                    expected: "needs the Gaussian posterior".to_owned(),
                });
            }
        }
        widths("channels", &self.channels, 1..=MAX_CONVOLUTIONS)?;
        widths("encoder_dense", &self.encoder_widths(), 0..=MAX_DENSE)?;
        widths("decoder_dense", &self.decoder_widths(), 0..=MAX_DENSE)?;
        let step = 1 << self.channels.len();
        for (key, side) in [("image.height", image.height), ("image.width", image.width)] {
            in_range(key, side, MAX_SIDE)?;
            if side % step != 0 {
                return Err(ConfigError {
                    key,
                    value: side.to_string(),
                    expected: format!(
                        "must be a multiple of {step}, since {} convolutions halve it",
                        self.channels.len()
                    ),
                });
            }
        }
        let bytes = self.bytes();
        if bytes > MAX_NETWORK {
            return Err(ConfigError {
                key: "channels",
                value: format!("{:?} with hidden = {}", self.channels, self.hidden),
                expected: format!(
                    "the network would have {} MiB of weights; at most {} MiB can be written and read",
                    bytes.div_ceil(1 << 20),
                    MAX_NETWORK >> 20
                ),
            });
        }
        Ok(())
    }

    /// Size of all tensors in bytes, as f32.
    #[inline]
    pub fn bytes(&self) -> u64 {
        let size =
            |shape: &Vec<usize>| shape.iter().fold(4, |size: u64, &side| size.saturating_mul(side as u64));
        self.tensors().values().map(size).fold(0, u64::saturating_add)
    }

    /// Number W of channels of a code inside the network: one for each unit, and a second one for each circle.
    pub fn width(&self) -> usize {
        self.latent + self.circles
    }

    /// Number of units that are not circles. They come first.
    pub fn plain_units(&self) -> usize {
        self.latent - self.circles
    }

    /// Whether `unit` is a [circle](crate::circle).
    pub fn is_circle(&self, unit: usize) -> bool {
        (self.plain_units()..self.latent).contains(&unit)
    }

    /// Widths of the encoder's dense layers in order, without the layer to the posterior.
    pub fn encoder_widths(&self) -> Vec<usize> {
        self.encoder_dense.clone().unwrap_or_else(|| vec![self.hidden])
    }

    /// Widths of the decoder's dense layers in order, without the layer to the feature map.
    pub fn decoder_widths(&self) -> Vec<usize> {
        self.decoder_dense.clone().unwrap_or_else(|| vec![self.hidden])
    }
}

/// Checks the number of `widths`, and each against [`MAX_WIDTH`].
fn widths(key: &'static str, widths: &[usize], most: RangeInclusive<usize>) -> Result<(), ConfigError> {
    if !most.contains(&widths.len()) {
        let expected = format!("list {} to {} widths", most.start(), most.end());
        return Err(ConfigError { key, value: format!("{widths:?}"), expected });
    }
    widths.iter().try_for_each(|&width| in_range(key, width, MAX_WIDTH))
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "what serde calls")]
fn is_zero(value: &usize) -> bool {
    *value == 0
}

fn in_range(key: &'static str, value: usize, max: usize) -> Result<(), ConfigError> {
    if (1..=max).contains(&value) {
        return Ok(());
    }
    Err(ConfigError { key, value: value.to_string(), expected: format!("must lie between 1 and {max}") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_is_the_networks_of_the_field() {
        let config = ModelConfig::default();
        assert_eq!(config.validate(), Ok(()));
        let parameters: usize = config.tensors().values().map(|shape| shape.iter().product::<usize>()).sum();
        // Encoder 32·16+32, 32·32·16+32, 64·32·16+64, 64·64·16+64, 1024·256+256, 256·20+20;
        // decoder 10·256+256, 256·1024+1024, 64·64·16+64, 64·32·16+32, 32·32·16+32, 32·16+1.
        assert_eq!(parameters, 764_245);
    }

    #[test]
    fn a_wide_network_can_be_written() {
        let wide = ModelConfig { hidden: 2048, channels: vec![64, 128, 256, 512], ..ModelConfig::default() };
        assert_eq!(wide.validate(), Ok(()));
        assert!((149 << 20..MAX_NETWORK).contains(&wide.bytes()), "{}", wide.bytes());
    }

    #[test]
    fn further_dense_layers_are_named_after_the_first() {
        let config = ModelConfig {
            latent: 3,
            channels: vec![4; 4],
            encoder_dense: Some(vec![7, 6]),
            decoder_dense: Some(vec![5, 9]),
            ..ModelConfig::default()
        };
        assert_eq!(config.validate(), Ok(()));
        let tensors = config.tensors();
        let shape = |name: &str| tensors[name].clone();
        assert_eq!(shape("encoder.dense.weight"), [7, 64]);
        assert_eq!(shape("encoder.dense.1.weight"), [6, 7]);
        assert_eq!(shape("encoder.posterior.weight"), [6, 6]);
        assert_eq!(shape("decoder.dense.0.weight"), [5, 3]);
        assert_eq!(shape("decoder.dense.1.weight"), [9, 5]);
        assert_eq!(shape("decoder.dense.2.weight"), [64, 9]);
        assert_eq!(tensors.len(), 2 * (4 + 3 + 3 + 4));
        let none = ModelConfig { encoder_dense: Some(vec![]), decoder_dense: Some(vec![]), ..config };
        assert_eq!(none.validate(), Ok(()));
        assert_eq!(none.tensors()["encoder.posterior.weight"], [6, 64]);
        assert_eq!(none.tensors()["decoder.dense.0.weight"], [64, 3]);
    }

    #[test]
    fn impossible_values_are_named() {
        let bad = |change: fn(&mut ModelConfig)| {
            let mut config = ModelConfig::default();
            change(&mut config);
            config.validate().expect_err("an impossible network was accepted").key
        };
        assert_eq!(bad(|c| c.latent = 0), "latent");
        assert_eq!(bad(|c| c.latent = MAX_LATENT + 1), "latent");
        assert_eq!(bad(|c| c.hidden = MAX_WIDTH + 1), "hidden");
        assert_eq!(bad(|c| c.encoder_dense = Some(vec![256, 0])), "encoder_dense");
        assert_eq!(bad(|c| c.decoder_dense = Some(vec![8; MAX_DENSE + 1])), "decoder_dense");
        assert_eq!(bad(|c| c.winners = Some(11)), "winners");
        assert_eq!(bad(|c| (c.winners, c.posterior) = (Some(2), PosteriorKind::Laplace)), "winners");
        assert_eq!(bad(|c| c.circles = 11), "circles");
        assert_eq!(bad(|c| (c.circles, c.posterior) = (1, PosteriorKind::Laplace)), "circles");
        assert_eq!(bad(|c| (c.circles, c.winners) = (1, Some(2))), "circles");
        assert_eq!(bad(|c| c.channels.clear()), "channels");
        assert_eq!(bad(|c| c.channels = vec![8; MAX_CONVOLUTIONS + 1]), "channels");
        assert_eq!(bad(|c| c.channels[0] = 0), "channels");
        assert_eq!(bad(|c| c.image.channels = 5), "image.channels");
        assert_eq!(bad(|c| (c.channels, c.hidden) = (vec![1024; 4], MAX_WIDTH)), "channels");
        assert_eq!(bad(|c| c.image.width = 60), "image.width");
        assert_eq!(bad(|c| c.image.height = 2 * MAX_SIDE), "image.height");
    }
}
