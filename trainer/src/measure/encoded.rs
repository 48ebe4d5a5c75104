//! Codes of a sample of a data set, and how well they decode.

use candle_core::{Device, Tensor};
use model::circle::summed;
use model::random::{Purpose, stream};
use model::{Posterior, Vae};
use rand::Rng;

use super::hoyer::hoyer;
use super::ssim::ssim;
use super::{MeasureError, Watch};
use crate::data::Dataset;

/// Images per batch.
const BATCH: usize = 64;

/// Codes `[N, D]` and errors `[N]` of a sample of N images.
pub(super) struct Encoded {
    pub(super) indices: Vec<u64>,
    latent: usize,
    means: Vec<f32>,
    log_vars: Vec<f32>,
    kls: Vec<f32>,
    samples: Vec<f32>,
    /// −log p(x|μ) in nats.
    pub(super) nll: Vec<f32>,
    /// −log p(x|z) in nats, for one posterior sample z.
    pub(super) sampled_nll: Vec<f32>,
    /// Mean squared error of the image decoded from μ.
    pub(super) mse: Vec<f32>,
    /// Structural similarity of the image decoded from μ.
    pub(super) ssim: Vec<f32>,
    /// Hoyer's sparseness of the hidden activations, averaged over the encoder's layers.
    pub(super) activation_hoyer: Vec<f32>,
}

impl Encoded {
    pub(super) fn draw(
        vae: &Vae,
        dataset: &dyn Dataset,
        samples: usize,
        seed: u64,
        watch: &dyn Watch,
    ) -> Result<Self, MeasureError> {
        watch.started(samples as u64);
        let mut rng = stream(seed, Purpose::Evaluation, 0);
        let indices: Vec<u64> = (0..samples).map(|_| rng.random_range(0..dataset.len())).collect();
        let latent = vae.config().latent;
        let mut encoded = Self {
            indices: Vec::new(),
            latent,
            means: Vec::new(),
            log_vars: Vec::new(),
            kls: Vec::new(),
            samples: Vec::new(),
            nll: Vec::new(),
            sampled_nll: Vec::new(),
            mse: Vec::new(),
            ssim: Vec::new(),
            activation_hoyer: Vec::new(),
        };
        let shape = dataset.image_shape();
        let vae = vae.clone().with_maps(true);
        for batch in indices.chunks(BATCH) {
            if watch.stopped() {
                return Err(MeasureError::Stopped);
            }
            let mut images = vec![0.0; batch.len() * shape.len()];
            dataset.read(batch, &mut images)?;
            let images = Tensor::from_vec(
                images,
                (batch.len(), shape.height, shape.width, shape.channels),
                &Device::Cpu,
            )?;
            let kind = vae.config().posterior;
            let width = vae.config().width();
            let noise = kind.noise(batch.len(), width, &mut rng);
            let noise = Tensor::from_vec(noise, (batch.len(), kind.noise_width(width)), &Device::Cpu)?;
            encoded.push(&vae, &images, &noise)?;
            watch.encoded(batch.len() as u64);
        }
        encoded.indices = indices;
        Ok(encoded)
    }

    fn push(&mut self, vae: &Vae, images: &Tensor, noise: &Tensor) -> candle_core::Result<()> {
        let encoding = vae.encode(images)?;
        let (posterior, config) = (&encoding.posterior, vae.config());
        let units = posterior.units(config)?;
        let logits = vae.decode(&posterior.mean)?;
        let decoded = candle_nn::ops::sigmoid(&logits)?;
        let error = (&decoded - images)?.sqr()?.flatten_from(1)?.mean(1)?;
        let [first, second] = [images, &decoded].map(|tensor| tensor.flatten_all()?.to_vec1::<f32>());
        self.ssim.extend(ssim(vae.config().image, &first?, &second?));
        self.activation_hoyer.extend(layers_hoyer(&encoding.activations)?);
        let codes = posterior.sample(noise)?;
        let sampled = vae.decode(&codes)?;
        let samples = Posterior::gaussian(codes.clone(), codes.clone()).units(config)?.mean;
        for (values, tensor) in [
            (&mut self.means, &units.mean),
            (&mut self.log_vars, &units.log_var),
            (&mut self.kls, &summed(&posterior.kl_standard_normal()?, config.circles)?),
            (&mut self.samples, &samples),
            (&mut self.nll, &vae.likelihood().nll(&logits, images)?),
            (&mut self.sampled_nll, &vae.likelihood().nll(&sampled, images)?),
            (&mut self.mse, &error),
        ] {
            values.extend(tensor.flatten_all()?.to_vec1::<f32>()?);
        }
        Ok(())
    }

    /// Number of units, D.
    pub(super) fn latent(&self) -> usize {
        self.latent
    }

    /// μ of a unit for each image.
    pub(super) fn means(&self, unit: usize) -> Vec<f32> {
        self.column(&self.means, unit).collect()
    }

    /// σ of a unit for each image.
    pub(super) fn stds(&self, unit: usize) -> Vec<f32> {
        self.column(&self.log_vars, unit).map(|log_var| (0.5 * log_var).exp()).collect()
    }

    /// A posterior sample of a unit for each image.
    pub(super) fn samples(&self, unit: usize) -> Vec<f32> {
        self.column(&self.samples, unit).collect()
    }

    /// KL divergence of a unit to N(0, 1) for each image, in nats.
    pub(super) fn kls(&self, unit: usize) -> Vec<f32> {
        self.column(&self.kls, unit).collect()
    }

    fn column<'a>(&self, values: &'a [f32], unit: usize) -> impl Iterator<Item = f32> + use<'a> {
        values.iter().skip(unit).step_by(self.latent).copied()
    }
}

/// Sparseness of each image's activations, averaged over `layers`. A layer with only zeros counts as 1.
fn layers_hoyer(layers: &[Tensor]) -> candle_core::Result<Vec<f32>> {
    let mut sums = Vec::new();
    for layer in layers {
        let images = layer.flatten_from(1)?.to_vec2::<f32>()?;
        sums.resize(images.len(), 0.0);
        for (sum, image) in sums.iter_mut().zip(images) {
            *sum += hoyer(image.into_iter()).unwrap_or(1.0) / layers.len() as f32;
        }
    }
    Ok(sums)
}
