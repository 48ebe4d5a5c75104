//! Trained models, read from weights files.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};

use candle_core::{Device, Tensor};
use model::random::{Purpose, stream};
use model::weights::MAX_FILE;
use model::{Card, ImageShape, Parameters, Vae, Weights, WeightsError};
use rand::Rng;

use crate::data::{DataError, Dataset};
use crate::train::MODEL;

/// Number of images that are encoded or decoded at a time.
const BATCH: usize = 64;

/// Why a model can't be used.
#[derive(Debug, thiserror::Error)]
pub enum TrainedError {
    /// The file can't be read.
    #[error("{} could not be read: {source}", path.display())]
    Read {
        /// File.
        path: PathBuf,
        /// Cause.
        source: std::io::Error,
    },
    /// The folder contains no exported model.
    #[error("{} contains no {MODEL}; if it is the folder of a run, write it with `latentscope export {}`", .0.display(), .0.display())]
    NotExported(PathBuf),
    /// The file is not an intact weights file.
    #[error("{}: {source}", path.display())]
    Weights {
        /// File.
        path: PathBuf,
        /// What is wrong with it.
        source: WeightsError,
    },
    /// The data set's images have another shape.
    #[error("{model} takes images of {} but those of `{dataset}` are {}", sides(*.wanted), sides(*.found))]
    Images {
        /// Name of the model.
        model: String,
        /// Name of the data set.
        dataset: String,
        /// Shape of the model's images.
        wanted: ImageShape,
        /// Shape of the data set's images.
        found: ImageShape,
    },
    /// The images can't be read.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The network failed.
    #[error("the network failed: {0}")]
    Network(#[from] candle_core::Error),
}

fn sides(shape: ImageShape) -> String {
    format!("{}×{}×{}", shape.height, shape.width, shape.channels)
}

/// A trained model.
#[derive(Debug)]
pub struct Trained {
    /// Model card.
    pub card: Card,
    /// The network.
    pub vae: Vae,
    /// The network's tensors by name.
    pub tensors: BTreeMap<String, Tensor>,
}

impl Trained {
    /// Opens a weights file or the weights file in a run's folder.
    ///
    /// # Errors
    /// Fails if the file can't be read or is damaged.
    pub fn open(path: &Path) -> Result<Self, TrainedError> {
        let weights = read(path)?;
        let vae = Vae::load(
            &weights.card.model,
            &Parameters::from_tensors(&weights.tensors)?.builder(&Device::Cpu),
        )?;
        Ok(Self { card: weights.card, vae, tensors: weights.tensors })
    }

    /// Checks that the data set's images have the shape of the model's.
    ///
    /// # Errors
    /// Returns both shapes if they differ.
    pub fn fits(&self, dataset: &dyn Dataset) -> Result<(), TrainedError> {
        let (wanted, found) = (self.card.model.image, dataset.image_shape());
        if wanted == found {
            return Ok(());
        }
        let (model, dataset) = (self.card.name.clone(), dataset.name().to_owned());
        Err(TrainedError::Images { model, dataset, wanted, found })
    }

    /// Encodes images, `[N, H, W, C]`, to posterior means, `[N, D]`.
    ///
    /// # Errors
    /// Fails if the network fails.
    pub fn encode(&self, images: &[f32]) -> Result<Vec<f32>, TrainedError> {
        let shape = self.card.model.image;
        let mut means = Vec::new();
        for batch in images.chunks(BATCH * shape.len()) {
            let batch = Tensor::from_slice(
                batch,
                (batch.len() / shape.len(), shape.height, shape.width, shape.channels),
                &Device::Cpu,
            )?;
            means.extend(
                self.vae
                    .encode(&batch)?
                    .posterior
                    .units(self.vae.config())?
                    .mean
                    .flatten_all()?
                    .to_vec1::<f32>()?,
            );
        }
        Ok(means)
    }

    /// Decodes codes, `[N, D]`, to pixel means, `[N, H, W, C]` in `[0, 1]`.
    ///
    /// # Errors
    /// Fails if the network fails.
    pub fn decode(&self, codes: &[f32]) -> Result<Vec<f32>, TrainedError> {
        let latent = self.card.model.latent;
        let mut images = Vec::new();
        for batch in codes.chunks(BATCH * latent) {
            let batch = Tensor::from_slice(batch, (batch.len() / latent, latent), &Device::Cpu)?;
            images.extend(self.vae.decode_mean(&batch)?.flatten_all()?.to_vec1::<f32>()?);
        }
        Ok(images)
    }

    /// Returns the units, sorted by KL, largest first.
    pub fn units_by_kl(&self) -> Vec<usize> {
        let mut units: Vec<usize> = (0..self.card.units.len()).collect();
        units.sort_by(|&a, &b| self.card.units[b].kl.total_cmp(&self.card.units[a].kl).then(a.cmp(&b)));
        units
    }
}

/// Reads a weights file or the weights file in a run's folder.
///
/// # Errors
/// Fails if the file can't be read or is damaged.
pub fn read(path: &Path) -> Result<Weights, TrainedError> {
    let folder = path.is_dir();
    let file = if folder { path.join(MODEL) } else { path.to_owned() };
    if folder && !file.exists() {
        return Err(TrainedError::NotExported(path.to_owned()));
    }
    let unreadable = |source| TrainedError::Read { path: file.clone(), source };
    let mut bytes = Vec::new();
    // A file that is too large is refused after one byte over the limit.
    let limit = MAX_FILE as u64 + 1;
    std::fs::File::open(&file)
        .map_err(unreadable)?
        .take(limit)
        .read_to_end(&mut bytes)
        .map_err(unreadable)?;
    Weights::from_bytes(&bytes).map_err(|source| TrainedError::Weights { path: file, source })
}

/// Draws images of `dataset` uniformly with replacement. Returns their indices and pixels, `[N, H, W, C]`.
///
/// # Errors
/// Fails if an image can't be read.
pub fn sample(dataset: &dyn Dataset, count: usize, seed: u64) -> Result<(Vec<u64>, Vec<f32>), DataError> {
    let mut rng = stream(seed, Purpose::Evaluation, 1);
    let indices: Vec<u64> = (0..count).map(|_| rng.random_range(0..dataset.len())).collect();
    let mut images = vec![0.0; count * dataset.image_shape().len()];
    dataset.read(&indices, &mut images)?;
    Ok((indices, images))
}
