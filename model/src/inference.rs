//! The network without gradients, which the page runs.

use candle_core::{Device, Result, Tensor};
use candle_nn::VarBuilder;

use crate::circle::expanded;
use crate::config::{ImageShape, ModelConfig};
use crate::likelihood::Likelihood;
use crate::network::{Loaded, Parts};
use crate::ops::{Activation, Frozen, Map, dense_values, to_vec};
use crate::posterior::Posterior;

/// A variational autoencoder with constant weights on the CPU. It computes the same values as
/// [`Vae`](crate::Vae), from slices to vectors.
#[derive(Clone, Debug)]
pub struct Inference {
    config: ModelConfig,
    convolutions: Frozen,
    /// Dense layers. The last outputs the posterior.
    encoder_dense: Vec<Dense>,
    decoder_dense: Vec<Dense>,
    deconvolutions: Frozen,
    likelihood: Likelihood,
}

/// A dense layer's weight, `[O, I]`, and bias, `[O]`.
#[derive(Clone, Debug)]
struct Dense {
    weight: Vec<f32>,
    bias: Vec<f32>,
    activation: Activation,
}

impl Dense {
    fn of(layer: &Loaded) -> Result<Self> {
        Ok(Self { weight: to_vec(&layer.weight)?, bias: to_vec(&layer.bias)?, activation: layer.activation })
    }
}

/// Weights and biases of layers.
fn tensors(layers: &[Loaded]) -> Vec<(&Tensor, &Tensor)> {
    layers.iter().map(|layer| (&layer.weight, &layer.bias)).collect()
}

/// Runs dense layers on `x`, and appends the output of hidden layers to `maps`.
fn through(layers: &[Dense], mut x: Vec<f32>, mut maps: Option<&mut Vec<Map>>) -> Vec<f32> {
    for Dense { weight, bias, activation } in layers {
        x = dense_values(&x, weight, bias, *activation);
        if let Some(maps) = maps.as_mut().filter(|_| *activation == Activation::Relu) {
            maps.push(Map { shape: [1, 1, bias.len()], values: x.clone() });
        }
    }
    x
}

impl Inference {
    /// Takes its tensors from `vb` under the names of [`ModelConfig::tensors`].
    ///
    /// # Errors
    /// Fails if the configuration is impossible, or a tensor is missing or of another shape.
    // Compiled by the calling crate, like the functions that read weights.
    #[inline]
    pub fn load(config: &ModelConfig, vb: &VarBuilder) -> Result<Self> {
        let parts = Parts::load(config, vb)?;
        let image = config.image;
        let ImageShape { height, width, channels } = config.feature_shape();
        let dense = |layers: &[Loaded]| layers.iter().map(Dense::of).collect::<Result<Vec<_>>>();
        let input = [image.height, image.width, image.channels];
        Ok(Self {
            convolutions: Frozen::convs(input, &tensors(&parts.convolutions))?,
            encoder_dense: dense(&parts.encoder_dense)?,
            decoder_dense: dense(&parts.decoder_dense)?,
            deconvolutions: Frozen::deconvs([height, width, channels], &tensors(&parts.deconvolutions))?,
            likelihood: parts.likelihood,
            config: parts.config,
        })
    }

    /// Configuration of the network.
    pub fn config(&self) -> &ModelConfig {
        &self.config
    }

    /// p(x|z).
    pub fn likelihood(&self) -> &Likelihood {
        &self.likelihood
    }

    /// Encodes `images`, `[N, H, W, C]` in `[0, 1]`, to q(z|x), and appends the output of each hidden layer to
    /// `maps`, in order.
    ///
    /// # Errors
    /// Fails if `images` is no whole number of images.
    pub fn encode(&self, images: &[f32], mut maps: Option<&mut Vec<Map>>) -> Result<Posterior> {
        let features = self.convolutions.run(images, maps.as_deref_mut())?;
        let statistics = through(&self.encoder_dense, features, maps);
        let count = images.len() / self.config.image.len();
        let shape = (count, self.encoder_dense.last().map_or(0, |layer| layer.bias.len()));
        let statistics = Tensor::from_vec(statistics, shape, &Device::Cpu)?;
        Posterior::of(&self.config, &statistics)
    }

    /// Decodes `codes`, `[N, D]`, to the likelihood's logits, `[N, H, W, C]`, and appends the output of each layer to
    /// `maps`, in order, the logits last.
    ///
    /// # Errors
    /// Fails if `codes` is no whole number of codes.
    pub fn decode(&self, codes: &[f32], mut maps: Option<&mut Vec<Map>>) -> Result<Vec<f32>> {
        if !codes.len().is_multiple_of(self.config.latent) {
            candle_core::bail!(
                "{} values are no whole number of codes of {}",
                codes.len(),
                self.config.latent
            )
        }
        let features = through(&self.decoder_dense, expanded(codes, &self.config), maps.as_deref_mut());
        self.deconvolutions.run(&features, maps)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Parameters, Vae};

    #[test]
    fn it_gives_the_same_bits_as_the_network_that_learns_with_all_that_is_between() -> Result<()> {
        let config = ModelConfig {
            latent: 7,
            circles: 2,
            channels: vec![8, 5, 4],
            encoder_dense: Some(vec![16, 9]),
            decoder_dense: Some(vec![6, 12]),
            ..ModelConfig::default()
        };
        let cpu = Device::Cpu;
        let parameters = Parameters::initial(&config, 1, &cpu)?;
        let vae = Vae::load(&config, &parameters.builder(&cpu))?.with_maps(true);
        let inference = Inference::load(&config, &parameters.builder(&cpu))?;
        let flat = |tensor: &Tensor| tensor.flatten_all()?.to_vec1::<f32>();
        for n in [1, 6] {
            let images = Tensor::rand(0f32, 1.0, (n, 64, 64, 1), &cpu)?;
            let expected = vae.encode(&images)?;
            let mut maps = Vec::new();
            let found = inference.encode(&flat(&images)?, Some(&mut maps))?;
            assert_eq!(flat(&found.mean)?, flat(&expected.posterior.mean)?);
            assert_eq!(flat(&found.log_var)?, flat(&expected.posterior.log_var)?);
            assert_eq!(maps.len(), expected.activations.len());
            for (map, expected) in maps.iter().zip(&expected.activations) {
                assert_eq!(map.values, flat(expected)?);
                assert_eq!(map.shape.iter().product::<usize>() * n, expected.elem_count());
            }
            let codes = Tensor::rand(-1f32, 1.0, (n, 7), &cpu)?;
            let mut maps = Vec::new();
            let logits = inference.decode(&flat(&codes)?, Some(&mut maps))?;
            let channels = Tensor::from_vec(expanded(&flat(&codes)?, &config), (n, 9), &cpu)?;
            assert_eq!(logits, flat(&vae.decode_channels(&channels)?)?);
            let shapes: Vec<_> = maps.iter().map(|map| map.shape).collect();
            assert_eq!(shapes, [[1, 1, 6], [1, 1, 12], [1, 1, 256], [16, 16, 5], [32, 32, 8], [64, 64, 1]]);
            assert_eq!(maps[5].values, logits);
        }
        assert!(inference.encode(&[0.0; 9], None).is_err() && inference.decode(&[0.0; 9], None).is_err());
        Ok(())
    }
}
