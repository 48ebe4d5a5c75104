//! Which tensors of a foreign file belong to which layer.

use std::path::Path;

use serde::Deserialize;

use super::ImportError;
use crate::report::brief;

/// The built-in layouts: name and TOML.
pub const LAYOUTS: [(&str, &str); 4] = [
    ("burgess", include_str!("layouts/burgess.toml")),
    ("burgess-32", include_str!("layouts/burgess-32.toml")),
    ("konny-b", include_str!("layouts/konny-b.toml")),
    ("konny-h", include_str!("layouts/konny-h.toml")),
];

/// Names of a file's layers; each has the tensors `NAME.weight` and `NAME.bias`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Layout {
    /// Encoder, from an image to its posterior.
    pub encoder: Encoder,
    /// Decoder, from a code to logits.
    pub decoder: Decoder,
    /// Name prefixes of tensors that don't belong to the network, such as a discriminator's.
    #[serde(default)]
    pub ignore: Vec<String>,
    /// Height and width of the images, if they are not square.
    #[serde(default)]
    pub image: Option<[usize; 2]>,
}

/// Layers of the encoder, in order.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Encoder {
    /// Convolutions (kernel 4, stride 2, padding 1), each followed by ReLU.
    pub convolutions: Vec<String>,
    /// Dense layers, each followed by ReLU.
    #[serde(default)]
    pub dense: Vec<String>,
    /// Layers that output the posterior.
    pub posterior: Posterior,
}

/// Layers that output the posterior.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(
    untagged,
    deny_unknown_fields,
    expecting = "encoder.posterior needs `layer` and `order`, which is halves or interleaved, or `mean` and `log_variance`"
)]
pub enum Posterior {
    /// One layer for means and log variances.
    Joint {
        /// Name of the layer.
        layer: String,
        /// Order of its outputs.
        order: Order,
    },
    /// Separate layers for means and log variances.
    Apart {
        /// Name of the layer of means.
        mean: String,
        /// Name of the layer of log variances.
        log_variance: String,
    },
}

/// Layers of the decoder, in order.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decoder {
    /// Dense layers, each followed by ReLU.
    #[serde(default)]
    pub dense: Vec<String>,
    /// Dense layer that outputs the first feature map, followed by ReLU.
    pub features: String,
    /// Transposed convolutions (kernel 4, stride 2, padding 1), followed by ReLU except for the last,
    /// which outputs the logits of the pixels.
    pub convolutions: Vec<String>,
}

/// Order of means and log variances in the outputs of a single layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Order {
    /// All means, then all log variances.
    Halves,
    /// Mean and log variance of the first unit, then of the second, and so on.
    Interleaved,
}

impl Layout {
    /// Reads a layout by its name, or from a TOML file.
    ///
    /// # Errors
    /// Fails if the name is unknown (the error lists the known names) or the file is invalid.
    pub fn read(name: &str) -> Result<Self, ImportError> {
        if let Some((_, text)) = LAYOUTS.iter().find(|(known, _)| *known == name) {
            return Self::parse(name, text);
        }
        let path = Path::new(name);
        if !path.is_file() {
            let known = LAYOUTS.map(|(known, _)| known).join(", ");
            return Err(ImportError::UnknownLayout { name: name.to_owned(), known });
        }
        let text = std::fs::read_to_string(path)
            .map_err(|source| ImportError::Read { path: path.to_owned(), source })?;
        Self::parse(name, &text)
    }

    fn parse(name: &str, text: &str) -> Result<Self, ImportError> {
        let wrong = |problem: String| ImportError::Layout { name: name.to_owned(), problem };
        toml::from_str(text).map_err(|error| wrong(brief(&error.to_string())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_known_layout_is_sound() -> Result<(), ImportError> {
        for (name, _) in LAYOUTS {
            Layout::read(name)?;
        }
        Ok(())
    }

    #[test]
    fn invalid_layouts_are_refused_in_words() {
        let good = LAYOUTS[0].1;
        let message = |text: &str, word: &str| {
            let message = Layout::parse("my.toml", text).expect_err(word).to_string();
            assert!(message.contains("my.toml") && message.contains(word), "{message}");
        };
        message(&good.replace(", order = \"interleaved\"", ""), "`layer` and `order`");
        message(&good.replace("interleaved", "backwards"), "halves or interleaved");
        message(&good.replace("dense", "dence"), "dence");
        message(&good.replace("features = \"decoder.lin3\"", ""), "features");
        message("[encoder", "TOML");
        let message = Layout::read("bugress").expect_err("no such layout").to_string();
        assert!(message.contains("bugress") && message.contains("burgess-32"), "{message}");
    }
}
