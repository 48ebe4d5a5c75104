//! Imports models trained elsewhere, mostly in PyTorch, from a safetensors file of their `state_dict`.
//!
//! PyTorch stores convolutions as `[out, in, 4, 4]` and transposed ones as `[in, out, 4, 4]`, and
//! flattens feature maps channel by channel. Latentscope uses `[4, 4, in, out]` and `[in, 4, 4, out]`,
//! and flattens pixel by pixel. A convolution from or to a single pixel, `[out, in, height, width]` or
//! transposed, becomes a dense layer.

mod layout;
mod source;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use candle_core::Tensor;
use model::config::ConfigError;
use model::layers;
use model::{ImageShape, ModelConfig};
use safetensors::tensor::Dtype;

pub use layout::{Decoder, Encoder, LAYOUTS, Layout, Order, Posterior};

use source::Source;

/// Why a model can't be imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// A file can't be read.
    #[error("{} could not be read: {source}", path.display())]
    Read {
        /// File.
        path: PathBuf,
        /// Cause.
        source: std::io::Error,
    },
    /// The file is larger than any supported model.
    #[error("{} has over {} MiB, which no network of this family has", .0.display(), source::MAX_FILE >> 20)]
    TooLarge(PathBuf),
    /// The file is a pickle.
    #[error(
        "{} is a pickle, which is a program that runs when it is read, so it is never read here; save the \
         state_dict with safetensors.torch.save_file", .0.display()
    )]
    Pickle(PathBuf),
    /// The file is not a safetensors file, or is truncated.
    #[error("{} is not a complete safetensors file ({source})", path.display())]
    Malformed {
        /// File.
        path: PathBuf,
        /// What is wrong.
        source: safetensors::SafeTensorError,
    },
    /// There is no layout with this name.
    #[error("there is no layout `{name}`; choose one of: {known}, or give a TOML file")]
    UnknownLayout {
        /// The requested name.
        name: String,
        /// Names of the built-in layouts.
        known: String,
    },
    /// The layout is invalid.
    #[error("layout {name}: {problem}")]
    Layout {
        /// Name or file.
        name: String,
        /// What is wrong.
        problem: String,
    },
    /// Encoder and decoder have different numbers of convolutions.
    #[error(
        "the layout has {down} convolutions in the encoder and {up} in the decoder; they have to be as many, \
         and one at least"
    )]
    Convolutions {
        /// Number in the encoder.
        down: usize,
        /// Number in the decoder.
        up: usize,
    },
    /// The network has batch normalisation.
    #[error(
        "`{0}` belongs to a batch normalisation, which this family of networks has not, as \
         PyTorch-VAE's VanillaVAE has; only convolutions of kernel 4, stride 2 and padding 1, dense layers \
         and ReLU can be shown"
    )]
    Normalised(String),
    /// A tensor that the layout names is missing.
    #[error("tensor `{0}`, which the layout names, is not in the file; it has: {1}")]
    Missing(String, String),
    /// A tensor has NaN or infinite values.
    #[error("tensor `{0}` of the file holds a value that is not finite in 32 bits")]
    NotFinite(String),
    /// Two layers of the layout have the same name.
    #[error("the layout names the layer of `{0}` twice; each layer has tensors of its own")]
    Twice(String),
    /// The layout doesn't name a tensor.
    #[error(
        "tensor `{0}` is not part of the layout; name its beginning under `ignore` if it is no part of the network"
    )]
    Unused(String),
    /// A tensor has the wrong shape.
    #[error("tensor `{name}` has shape {found:?} where {expected} is needed")]
    Shape {
        /// Name of the tensor.
        name: String,
        /// Shape in the file.
        found: Vec<usize>,
        /// Required shape, in words.
        expected: String,
    },
    /// A tensor has an unsupported type.
    #[error("tensor `{name}` has type {found:?}; F64, F32, F16 and BF16 are read")]
    Type {
        /// Name of the tensor.
        name: String,
        /// Type in the file.
        found: Dtype,
    },
    /// The shape of the images can't be inferred.
    #[error(
        "tensor `{name}` has {inputs} inputs, which are no square of {channels} channels; state the images' \
         sides in the layout, such as image = [64, 48]"
    )]
    Sides {
        /// Name of the first dense tensor.
        name: String,
        /// Number of its inputs.
        inputs: usize,
        /// Number of channels of the last feature map.
        channels: usize,
    },
    /// The resulting configuration is invalid.
    #[error("the file's network can't be built: {0}")]
    Config(#[from] ConfigError),
    /// Candle failed to create a tensor.
    #[error("the tensors could not be created: {0}")]
    Tensor(#[from] candle_core::Error),
}

/// An imported network, with tensors by Latentscope's names.
#[derive(Clone, Debug)]
pub struct Imported {
    /// Configuration of the network.
    pub config: ModelConfig,
    /// f32 tensors, as listed by [`ModelConfig::tensors`].
    pub tensors: BTreeMap<String, Tensor>,
}

/// Reads a foreign model from a safetensors file.
///
/// # Errors
/// Fails if a tensor doesn't match the layout or the supported networks; the error names it.
pub fn read(path: &Path, layout: &Layout) -> Result<Imported, ImportError> {
    Source::read(path)?.network(layout)
}

impl Source {
    fn network(mut self, layout: &Layout) -> Result<Imported, ImportError> {
        if let Some(name) = self.names().find(|name| name.ends_with(".running_mean")) {
            return Err(ImportError::Normalised(name.to_owned()));
        }
        let (down, up) = (layout.encoder.convolutions.len(), layout.decoder.convolutions.len());
        if down == 0 || down != up {
            return Err(ImportError::Convolutions { down, up });
        }
        let (mut encoder, mut decoder) = (Vec::new(), Vec::new());
        let mut widths = Vec::new();
        for (i, name) in layout.encoder.convolutions.iter().enumerate() {
            let layer = self.convolution(name, widths.last().copied())?;
            if i == 0 {
                widths.push(layer[0].dim(2)?);
            }
            widths.push(layer[0].dim(3)?);
            encoder.push(layer);
        }
        let first = layout.encoder.dense.first().unwrap_or(match &layout.encoder.posterior {
            Posterior::Joint { layer: name, .. } | Posterior::Apart { mean: name, .. } => name,
        });
        let features = self.features(first, widths[down], layout)?;
        let mut inputs = features.iter().product();
        let mut encoder_dense = Vec::new();
        let mut order = Some(features);
        for name in &layout.encoder.dense {
            let layer = self.dense(name, inputs, order.take())?;
            inputs = layer[0].dim(0)?;
            encoder_dense.push(inputs);
            encoder.push(layer);
        }
        let posterior = match &layout.encoder.posterior {
            Posterior::Joint { layer: name, order: arrangement } => {
                let [weight, bias] = self.dense(name, inputs, order)?;
                if weight.dim(0)? % 2 != 0 {
                    return Err(shape(name, &weight, "an even number of outputs".into()));
                }
                match arrangement {
                    Order::Halves => [weight, bias],
                    Order::Interleaved => [apart(&weight)?, apart(&bias)?],
                }
            }
            Posterior::Apart { mean, log_variance } => {
                let [weight, bias] = self.dense(mean, inputs, order)?;
                let [other, other_bias] = self.dense(log_variance, inputs, order)?;
                if other.dims() != weight.dims() {
                    return Err(shape(log_variance, &other, format!("{:?}", weight.dims())));
                }
                [Tensor::cat(&[weight, other], 0)?, Tensor::cat(&[bias, other_bias], 0)?]
            }
        };
        let latent = posterior[0].dim(0)? / 2;
        encoder.push(posterior);
        let mut decoder_dense = Vec::new();
        inputs = latent;
        for name in &layout.decoder.dense {
            let layer = self.dense(name, inputs, None)?;
            inputs = layer[0].dim(0)?;
            decoder_dense.push(inputs);
            decoder.push(layer);
        }
        decoder.push(self.feature_layer(&layout.decoder.features, inputs, features)?);
        let ups = widths.windows(2).rev().map(|pair| [pair[1], pair[0]]);
        for (name, sizes) in layout.decoder.convolutions.iter().zip(ups) {
            decoder.push(self.transposed(name, sizes)?);
        }
        if let Some(name) = self.left(&layout.ignore) {
            return Err(ImportError::Unused(name.to_owned()));
        }
        let [_, height, width] = features;
        let config = ModelConfig {
            image: ImageShape { height: height << down, width: width << down, channels: widths[0] },
            latent,
            channels: widths[1..].to_vec(),
            encoder_dense: Some(encoder_dense),
            decoder_dense: Some(decoder_dense),
            ..ModelConfig::default()
        };
        config.validate()?;
        let mut tensors = BTreeMap::new();
        let layers = config.encoder().into_iter().chain(config.decoder());
        for (layer, [weight, bias]) in layers.zip(encoder.into_iter().chain(decoder)) {
            tensors.insert(layers::weight(&layer.name), weight);
            tensors.insert(layers::bias(&layer.name), bias);
        }
        Ok(Imported { config: plain(config), tensors })
    }

    /// Channels, height and width of the last feature map, from the inputs of the layer that follows.
    fn features(&self, name: &str, channels: usize, layout: &Layout) -> Result<[usize; 3], ImportError> {
        let weight = format!("{name}.weight");
        let inputs =
            self.shape(&weight)?[1..].iter().fold(1, |inputs: usize, &side| inputs.saturating_mul(side));
        let halvings = layout.encoder.convolutions.len();
        if let Some([height, width]) = layout.image {
            let image = ImageShape { height, width, channels: 1 };
            ModelConfig { image, channels: vec![1; halvings], ..ModelConfig::default() }.validate()?;
            return Ok([channels, height >> halvings, width >> halvings]);
        }
        let side = (inputs / channels).isqrt();
        if side * side * channels != inputs || side == 0 {
            return Err(ImportError::Sides { name: weight, inputs, channels });
        }
        Ok([channels, side, side])
    }
}

/// Uses `hidden` for a single dense layer of equal width in encoder and decoder, so that older readers
/// understand the configuration.
fn plain(config: ModelConfig) -> ModelConfig {
    match (config.encoder_widths().as_slice(), config.decoder_widths().as_slice()) {
        ([encoder], [decoder]) if encoder == decoder => {
            ModelConfig { hidden: *encoder, encoder_dense: None, decoder_dense: None, ..config }
        }
        _ => config,
    }
}

/// Reorders rows μ₀, v₀, μ₁, v₁, … to μ₀, μ₁, …, v₀, v₁, ….
fn apart(rows: &Tensor) -> candle_core::Result<Tensor> {
    let shape = rows.dims().to_vec();
    let pairs = rows.reshape((shape[0] / 2, 2, ()))?.transpose(0, 1)?.contiguous()?;
    pairs.reshape(shape)
}

fn shape(layer: &str, found: &Tensor, expected: String) -> ImportError {
    ImportError::Shape { name: format!("{layer}.weight"), found: found.dims().to_vec(), expected }
}
