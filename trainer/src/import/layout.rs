//! Which tensors of a foreign file make which layer.

use std::path::Path;

use serde::Deserialize;

use super::ImportError;

/// The layouts that are known by name.
pub const LAYOUTS: [(&str, &str); 4] = [
    ("burgess", include_str!("layouts/burgess.toml")),
    ("burgess-32", include_str!("layouts/burgess-32.toml")),
    ("konny-b", include_str!("layouts/konny-b.toml")),
    ("konny-h", include_str!("layouts/konny-h.toml")),
];

/// Names of a file's layers; each has a tensor `NAME.weight` and one `NAME.bias`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Layout {
    /// From an image to its posterior.
    pub encoder: Encoder,
    /// From a code to logits.
    pub decoder: Decoder,
    /// Beginnings of the names of tensors that are no part of the network, such as a discriminator's.
    #[serde(default)]
    pub ignore: Vec<String>,
    /// Height and width of the images, if they are not square.
    #[serde(default)]
    pub image: Option<[usize; 2]>,
}

/// The encoder's layers, from the image on.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Encoder {
    /// Convolutions, kernel 4, stride 2, padding 1, a ReLU after each.
    pub convolutions: Vec<String>,
    /// Dense layers, a ReLU after each.
    #[serde(default)]
    pub dense: Vec<String>,
    /// The layers that state the posterior.
    pub posterior: Posterior,
}

/// The layers that state the posterior.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(
    untagged,
    deny_unknown_fields,
    expecting = "encoder.posterior needs `layer` and `order`, which is halves or interleaved, or `mean` and `log_variance`"
)]
pub enum Posterior {
    /// One layer of means and log variances.
    Joint {
        /// The layer.
        layer: String,
        /// How they lie in it.
        order: Order,
    },
    /// A layer of each.
    Apart {
        /// The means' layer.
        mean: String,
        /// The log variances'.
        log_variance: String,
    },
}

/// The decoder's layers, from the code on.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decoder {
    /// Dense layers, a ReLU after each.
    #[serde(default)]
    pub dense: Vec<String>,
    /// The dense layer that gives the first feature map, a ReLU after it.
    pub features: String,
    /// Transposed convolutions, kernel 4, stride 2, padding 1, a ReLU after each but the last, which gives
    /// the logits of the pixels.
    pub convolutions: Vec<String>,
}

/// How mean and log variance lie in one layer's outputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Order {
    /// All means, then all log variances.
    Halves,
    /// Mean and log variance of the first unit, then of the second, and so on.
    Interleaved,
}

impl Layout {
    /// The layout of that name, or of a TOML file.
    ///
    /// # Errors
    /// Lists the known names, or says what is wrong with the file.
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
        toml::from_str(text).map_err(|error| wrong(error.to_string().trim_end().to_owned()))
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
    fn what_is_no_layout_is_refused_in_words() {
        let good = LAYOUTS[0].1;
        let said = |text: &str, word: &str| {
            let said = Layout::parse("my.toml", text).expect_err(word).to_string();
            assert!(said.contains("my.toml") && said.contains(word), "{said}");
        };
        said(&good.replace(", order = \"interleaved\"", ""), "`layer` and `order`");
        said(&good.replace("interleaved", "backwards"), "halves or interleaved");
        said(&good.replace("dense", "dence"), "dence");
        said(&good.replace("features = \"decoder.lin3\"", ""), "features");
        said("[encoder", "TOML");
        let said = Layout::read("bugress").expect_err("no such layout").to_string();
        assert!(said.contains("bugress") && said.contains("burgess-32"), "{said}");
    }
}
