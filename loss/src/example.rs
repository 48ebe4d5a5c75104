//! Terms on a batch, for tests.

use std::sync::Arc;

use candle_core::{DType, Device, Result, Tensor};
use model::network::Encoding;
use model::{Likelihood, ModelConfig, Parameters, Posterior};
use rand::SeedableRng;
use rand::rngs::SmallRng;

use crate::list::Loss;
use crate::term::{Decoded, Encoded, Tensors, Term};

/// Reconstruction of every image of an [`example`]: 4 pixels with logits 0.
pub(crate) const NLL: f32 = 4.0 * std::f32::consts::LN_2;

/// The parts of a loss.
pub(crate) struct Example {
    pub(crate) loss: f32,
    pub(crate) reconstruction: f32,
    pub(crate) kl: f32,
    pub(crate) penalty: f32,
}

/// `with` what the encoder and the decoder give at step 10: images of 4 pixels with logits 0, a Gaussian
/// posterior of those `means` and log variance, and codes at the means.
pub(crate) fn with_batch<T, const D: usize, const N: usize>(
    means: &[[f32; D]; N],
    log_var: f32,
    with: impl FnOnce(&Encoded, &Decoded) -> Result<T>,
) -> Result<T> {
    let device = Device::Cpu;
    let images = Tensor::zeros((N, 2, 2, 1), DType::F32, &device)?;
    let likelihood = Likelihood::new(ModelConfig::default().likelihood, None);
    let nll = likelihood.nll(&images, &images)?;
    let mean = Tensor::new(means, &device)?;
    let posterior = Posterior::gaussian(mean.clone(), (mean.zeros_like()? + f64::from(log_var))?);
    let kl = posterior.kl_standard_normal()?;
    let encoding = Encoding { posterior, activations: Vec::new() };
    let parameters = Parameters::from_tensors(&Tensors::new())?;
    let encoded = Encoded {
        step: 10,
        images_in_all: 100,
        images: &images,
        encoding: &encoding,
        codes: &mean,
        parameters: &parameters,
        own: None,
        extra: None,
        known: None,
    };
    let decoded = Decoded { likelihood: &likelihood, logits: &images, nll: &nll, kl: &kl, extra: None };
    with(&encoded, &decoded)
}

/// The loss with `term` alone on such a batch.
pub(crate) fn example<const D: usize, const N: usize>(
    term: impl Term + 'static,
    means: &[[f32; D]; N],
    log_var: f32,
) -> Result<Example> {
    let loss = Loss::default().with("term", Arc::new(term));
    let costs = with_batch(means, log_var, |encoded, decoded| {
        let mut noise = SmallRng::seed_from_u64(1);
        loss.sum(decoded.nll, decoded.kl, encoded.step, |term| {
            loss.parts()[term].term.penalty(encoded, decoded, &mut noise)
        })
    })?;
    Ok(Example {
        loss: costs.loss.to_scalar()?,
        reconstruction: costs.reconstruction.to_scalar()?,
        kl: costs.kl.to_scalar()?,
        penalty: costs.penalty.map_or(Ok(0.0), |penalty| penalty.to_scalar())?,
    })
}
