//! Turns a checkpoint into a weights file with a card.

use std::collections::BTreeMap;
use std::time::Instant;

use candle_core::{DType, Device, Tensor};
use model::card::{Card, FORMAT, HistoryPoint, Objective, Training};
use model::{Parameters, Vae, Weights, WeightsError};

use crate::config::Config;
use crate::data::{Dataset, HeldOut};
use crate::import::Imported;
use crate::measure::{MeasureError, Watch, describe};
use crate::train::{Checkpoint, provenance};

/// Why a model can't be exported.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The model can't be measured.
    #[error("the model could not be measured for its card: {0}")]
    Measure(#[from] MeasureError),
    /// The model can't be written as a weights file.
    #[error("the model could not be written as a weights file: {0}")]
    Weights(#[from] WeightsError),
    /// The network can't be built.
    #[error("the network could not be built: {0}")]
    Network(#[from] candle_core::Error),
}

impl ExportError {
    /// Whether the watch asked to stop.
    pub fn is_stop(&self) -> bool {
        matches!(self, Self::Measure(MeasureError::Stopped))
    }
}

/// Estimates the seconds per image for measuring a network for its card, by measuring a few images of `dataset` with
/// random weights.
///
/// # Errors
/// Fails if the network can't be built or measured.
pub fn seconds_an_image(config: &Config, dataset: &dyn Dataset) -> Result<f64, ExportError> {
    const IMAGES: usize = 16;
    const SLOW: f64 = 0.2;
    let parameters = Parameters::initial(&config.model, config.train.seed, &Device::Cpu)?;
    let vae = Vae::load(&config.model, &parameters.builder(&Device::Cpu))?;
    let mut least = f64::INFINITY;
    // The first round is slower than the others.
    for _ in 0..3 {
        let began = Instant::now();
        describe(&vae, &parameters.tensors(), dataset, IMAGES, config.train.seed, &())?;
        least = least.min(began.elapsed().as_secs_f64());
        if least > SLOW {
            break;
        }
    }
    Ok(least / IMAGES as f64)
}

/// Creates the weights file of `checkpoint`, measured on `dataset` for its card. `watch` can stop the measurement.
/// With `half`, the weights are first rounded to f16, which halves the file.
///
/// # Errors
/// Fails if the network can't be built, measured or written, or `watch` stops.
pub fn weights(
    checkpoint: &Checkpoint,
    config: &Config,
    dataset: &dyn Dataset,
    device: &str,
    half: bool,
    watch: &dyn Watch,
) -> Result<Weights, ExportError> {
    let cpu = Device::Cpu;
    let tensors = checkpoint
        .exported()?
        .into_iter()
        .map(|(name, tensor)| Ok((name, tensor.to_device(&cpu)?)))
        .collect::<candle_core::Result<_>>()?;
    let loss = config.loss();
    let objective = match &checkpoint.state.objective {
        Some(objective) => objective.clone(),
        None => loss.card(&tensors, &config.model)?,
    };
    let mut tensors = loss.exported(tensors, &config.model, checkpoint.state.step)?;
    if half {
        halve(&mut tensors)?;
    }
    let vae = Vae::load(&config.model, &Parameters::from_tensors(&tensors)?.builder(&cpu))?;
    let held = Some(config.train.hold_out).filter(|held| *held > 0).map(|held| HeldOut::new(dataset, held));
    let dataset = held.as_ref().map_or(dataset, |held| held);
    let (samples, seed) = (config.train.card_samples, config.train.seed);
    let measured = describe(&vae, &tensors, dataset, samples, seed, watch)?;
    let card = Card {
        format: FORMAT,
        minor: 0,
        name: config.name.clone(),
        model: config.model.clone(),
        objective,
        training: Training {
            dataset: config.dataset.clone(),
            steps: checkpoint.state.step,
            batch: config.train.batch,
            learning_rate: config.train.learning_rate,
            seed: config.train.seed,
            seconds: checkpoint.state.seconds,
            device: device.to_owned(),
            code_version: env!("CARGO_PKG_VERSION").to_owned(),
            config: provenance(config, checkpoint.state.from.as_deref()),
        },
        origin: checkpoint.state.origin.clone(),
        units: measured.units,
        scores: measured.scores,
        attributes: Vec::new(),
        history: checkpoint.state.history.iter().copied().filter(HistoryPoint::is_finite).collect(),
        checksum: None,
    };
    Ok(Weights { card, tensors })
}

/// Measures a model again on `samples` images of `dataset` for a new card. With `half`, its weights are first rounded
/// to f16. Scores that need other measurements are left out.
///
/// # Errors
/// Fails if the network can't be built or measured.
pub fn again(
    Weights { card, mut tensors }: Weights,
    samples: usize,
    dataset: &dyn Dataset,
    half: bool,
    watch: &dyn Watch,
) -> Result<Weights, ExportError> {
    if half {
        halve(&mut tensors)?;
    }
    let vae = Vae::load(&card.model, &Parameters::from_tensors(&tensors)?.builder(&Device::Cpu))?;
    let measured = describe(&vae, &tensors, dataset, samples, card.training.seed, watch)?;
    let card = Card { units: measured.units, scores: measured.scores, attributes: Vec::new(), ..card };
    Ok(Weights { card, tensors })
}

/// Rounds every value to f16.
fn halve(tensors: &mut BTreeMap<String, Tensor>) -> candle_core::Result<()> {
    for tensor in tensors.values_mut() {
        *tensor = tensor.to_dtype(DType::F16)?.to_dtype(DType::F32)?;
    }
    Ok(())
}

/// Card entries that an imported file doesn't have, and how the model is measured.
#[derive(Clone, Debug)]
pub struct ImportOptions {
    /// Short name.
    pub name: String,
    /// What was minimised.
    pub objective: String,
    /// Author and licence.
    pub origin: String,
    /// Number of images that it is measured on.
    pub samples: usize,
    /// Seed of these images.
    pub seed: u64,
    /// Whether to round its weights to f16.
    pub half: bool,
}

/// Creates the weights file of an imported model, measured on `dataset` for its card.
///
/// # Errors
/// Fails if the network can't be built or measured.
pub fn imported(
    Imported { config, mut tensors }: Imported,
    options: ImportOptions,
    dataset: &dyn Dataset,
    watch: &dyn Watch,
) -> Result<Weights, ExportError> {
    if options.half {
        halve(&mut tensors)?;
    }
    let vae = Vae::load(&config, &Parameters::from_tensors(&tensors)?.builder(&Device::Cpu))?;
    let measured = describe(&vae, &tensors, dataset, options.samples, options.seed, watch)?;
    let card = Card {
        format: FORMAT,
        minor: 0,
        name: options.name,
        model: config,
        objective: Objective::named(&options.objective),
        training: Training {
            dataset: dataset.name().to_owned(),
            device: "unknown".to_owned(),
            code_version: env!("CARGO_PKG_VERSION").to_owned(),
            ..Training::default()
        },
        origin: Some(options.origin),
        units: measured.units,
        scores: measured.scores,
        attributes: Vec::new(),
        history: Vec::new(),
        checksum: None,
    };
    Ok(Weights { card, tensors })
}
