//! The usual convolutional autoencoder for 64×64 images (Burgess et al. 2018, "Understanding disentangling in
//! β-VAE"; Locatello et al. 2019, table 1).
//!
//! Encoder: convolutions (kernel 4, stride 2, padding 1) with ReLU, dense layers with ReLU, and a dense layer to
//! the posterior. Decoder: dense layers with ReLU, then transposed convolutions, of which the last outputs the
//! logits of the likelihood. [`layers`] lists them.

use candle_core::{Result, Tensor};
use candle_nn::VarBuilder;

use crate::circle;
use crate::config::{ImageShape, ModelConfig};
use crate::layers::{self, Kind, Layer};
use crate::likelihood::Likelihood;
use crate::ops::{Activation, Layers};
use crate::posterior::Posterior;

/// A layer's tensors.
#[derive(Clone, Debug)]
pub(crate) struct Loaded {
    pub(crate) weight: Tensor,
    pub(crate) bias: Tensor,
    pub(crate) activation: Activation,
}

impl Loaded {
    /// Loads the layers of a kind, in order.
    fn all(layers: &[Layer], kind: Kind, vb: &VarBuilder) -> Result<Vec<Self>> {
        layers.iter().filter(|layer| layer.kind == kind).map(|layer| Self::load(layer, vb)).collect()
    }

    fn load(layer: &Layer, vb: &VarBuilder) -> Result<Self> {
        Ok(Self {
            weight: vb.get(layer.weight_shape(), &layers::weight(&layer.name))?,
            bias: vb.get(layer.bias_len(), &layers::bias(&layer.name))?,
            activation: if layer.relu { Activation::Relu } else { Activation::None },
        })
    }
}

/// Output of the encoder for a batch.
#[derive(Clone, Debug)]
pub struct Encoding {
    /// q(z|x), in channels. [`Posterior::units`] converts it to units.
    pub posterior: Posterior,
    /// Hidden activations after ReLU in the order of layers: feature maps, `[N, H, W, C]` each, with
    /// [`Vae::with_maps`], then dense layers, `[N, width]` each.
    pub activations: Vec<Tensor>,
}

/// The network's layers with their tensors.
#[derive(Clone, Debug)]
pub(crate) struct Parts {
    pub(crate) config: ModelConfig,
    pub(crate) convolutions: Vec<Loaded>,
    /// Dense layers. The last outputs the posterior.
    pub(crate) encoder_dense: Vec<Loaded>,
    /// Dense layers. The last outputs the feature map.
    pub(crate) decoder_dense: Vec<Loaded>,
    pub(crate) deconvolutions: Vec<Loaded>,
    pub(crate) likelihood: Likelihood,
}

impl Parts {
    // Compiled by the calling crate, like the functions that read weights.
    #[inline]
    pub(crate) fn load(config: &ModelConfig, vb: &VarBuilder) -> Result<Self> {
        config.validate().map_err(candle_core::Error::wrap)?;
        let [encoder, decoder] = [config.encoder(), config.decoder()];
        Ok(Self {
            convolutions: Loaded::all(&encoder, Kind::Conv, vb)?,
            encoder_dense: Loaded::all(&encoder, Kind::Dense, vb)?,
            decoder_dense: Loaded::all(&decoder, Kind::Dense, vb)?,
            deconvolutions: Loaded::all(&decoder, Kind::Deconv, vb)?,
            likelihood: Likelihood::load(config.likelihood, vb)?,
            config: config.clone(),
        })
    }
}

/// A variational autoencoder.
#[derive(Clone, Debug)]
pub struct Vae {
    parts: Parts,
    layers: Layers,
    /// Whether encodings have feature maps.
    maps: bool,
}

impl Vae {
    /// Takes its tensors from `vb` under the names of [`ModelConfig::tensors`].
    ///
    /// # Errors
    /// Fails if the configuration is impossible, or a tensor is missing or of another shape.
    pub fn load(config: &ModelConfig, vb: &VarBuilder) -> Result<Self> {
        Ok(Self { parts: Parts::load(config, vb)?, layers: Layers::FAST, maps: false })
    }

    /// Replaces the implementation of the layers.
    pub fn with_layers(self, layers: Layers) -> Self {
        Self { layers, ..self }
    }

    /// Turns feature maps of encodings on or off. Without them all convolutions are one operation, which is
    /// faster.
    pub fn with_maps(self, maps: bool) -> Self {
        Self { maps, ..self }
    }

    /// Configuration of the network.
    pub fn config(&self) -> &ModelConfig {
        &self.parts.config
    }

    /// p(x|z).
    pub fn likelihood(&self) -> &Likelihood {
        &self.parts.likelihood
    }

    /// Encodes `images`, `[N, H, W, C]` in `[0, 1]`.
    ///
    /// # Errors
    /// Fails if the images are of another shape.
    pub fn encode(&self, images: &Tensor) -> Result<Encoding> {
        let mut activations = Vec::new();
        let layers: Vec<_> = self.parts.convolutions.iter().map(|l| (&l.weight, &l.bias)).collect();
        let mut x = if self.maps {
            let mut x = images.clone();
            for layer in layers {
                x = (self.layers.convs)(&x, &[layer])?;
                activations.push(x.clone());
            }
            x
        } else {
            (self.layers.convs)(images, &layers)?
        };
        x = x.reshape((x.dim(0)?, ()))?;
        for layer in &self.parts.encoder_dense {
            x = (self.layers.dense)(&x, &layer.weight, &layer.bias, layer.activation)?;
            if layer.activation == Activation::Relu {
                activations.push(x.clone());
            }
        }
        Ok(Encoding { posterior: Posterior::of(&self.parts.config, &x)?, activations })
    }

    /// Decodes codes to the likelihood's logits, `[N, H, W, C]`. `codes` are values of units, `[N, D]`, or
    /// channels of a posterior, `[N, W]`.
    ///
    /// # Errors
    /// Fails if the codes are of another width.
    pub fn decode(&self, codes: &Tensor) -> Result<Tensor> {
        self.decode_channels(&circle::directions(codes, &self.parts.config)?)
    }

    /// Like [`decode`](Self::decode), for channels, `[N, W]`, whose circles are points on the unit circle, as from
    /// [`circle::expanded`].
    ///
    /// # Errors
    /// Fails if the channels are of another width.
    pub fn decode_channels(&self, channels: &Tensor) -> Result<Tensor> {
        let mut x = channels.clone();
        for layer in &self.parts.decoder_dense {
            x = (self.layers.dense)(&x, &layer.weight, &layer.bias, layer.activation)?;
        }
        let ImageShape { height, width, channels } = self.parts.config.feature_shape();
        let x = x.reshape(((), height, width, channels))?;
        let layers: Vec<_> = self.parts.deconvolutions.iter().map(|l| (&l.weight, &l.bias)).collect();
        (self.layers.deconvs)(&x, &layers)
    }

    /// Like [`decode`](Self::decode), to pixel means in `[0, 1]`, `[N, H, W, C]`.
    ///
    /// # Errors
    /// Fails if the codes are of another width.
    pub fn decode_mean(&self, codes: &Tensor) -> Result<Tensor> {
        candle_nn::ops::sigmoid(&self.decode(codes)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Parameters;
    use candle_core::{DType, Device};

    #[test]
    fn shapes_run_from_image_to_code_and_back() -> Result<()> {
        let config = ModelConfig {
            latent: 3,
            channels: vec![4, 8],
            encoder_dense: Some(vec![16, 9]),
            decoder_dense: Some(vec![5, 6, 7]),
            ..ModelConfig::default()
        };
        let device = Device::Cpu;
        let parameters = Parameters::initial(&config, 1, &device)?;
        let vae = Vae::load(&config, &parameters.builder(&device))?;
        let images = Tensor::zeros((2, 64, 64, 1), DType::F32, &device)?;
        let encoding = vae.encode(&images)?;
        assert_eq!(encoding.posterior.mean.dims(), [2, 3]);
        assert_eq!(encoding.activations.len(), 2);
        assert_eq!(encoding.activations[1].dims(), [2, 9]);
        let with_maps = vae.clone().with_maps(true).encode(&images)?;
        assert_eq!(with_maps.activations.len(), 4);
        assert_eq!(with_maps.activations[1].dims(), [2, 16, 16, 8]);
        let decoded = vae.decode_mean(&encoding.posterior.mean)?;
        assert_eq!(decoded.dims(), [2, 64, 64, 1]);
        let values = decoded.flatten_all()?.to_vec1::<f32>()?;
        assert!(values.iter().all(|v| (0.0..=1.0).contains(v)));
        Ok(())
    }

    #[test]
    fn gradients_reach_every_parameter() -> Result<()> {
        let dense = || Some(vec![8, 8]);
        let config = ModelConfig {
            channels: vec![4, 4],
            encoder_dense: dense(),
            decoder_dense: dense(),
            ..ModelConfig::default()
        };
        let device = Device::Cpu;
        let parameters = Parameters::initial(&config, 1, &device)?;
        let vae = Vae::load(&config, &parameters.builder(&device))?;
        let images = Tensor::ones((2, 64, 64, 1), DType::F32, &device)?;
        let posterior = vae.encode(&images)?.posterior;
        let codes = posterior.sample(&Tensor::ones((2, 10), DType::F32, &device)?)?;
        let gradients = vae.decode(&codes)?.sqr()?.sum_all()?.backward()?;
        for (name, variable) in parameters.iter() {
            assert!(gradients.get(variable).is_some(), "no gradient for {name}");
        }
        Ok(())
    }
}
