//! From a checkpoint to a weights file with its card.

use std::collections::BTreeMap;
use std::time::Instant;

use candle_core::{DType, Device, Tensor};
use model::card::{Card, FORMAT, HistoryPoint, Objective, Training};
use model::{Parameters, Vae, Weights, WeightsError};

use crate::config::Config;
use crate::data::{Dataset, Last};
use crate::import::Imported;
use crate::measure::{MeasureError, Watch, describe};
use crate::train::{Checkpoint, provenance};

/// Why a model can't be exported.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// It can't be measured.
    #[error("the model could not be measured for its card: {0}")]
    Measure(#[from] MeasureError),
    /// It can't be written as a weights file.
    #[error("the model makes no weights file: {0}")]
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

/// Seconds that measuring the configuration's network on an image of `dataset` takes for its card, as taken on
/// a few with fresh weights.
///
/// # Errors
/// Says which step failed.
pub fn seconds_an_image(config: &Config, dataset: &dyn Dataset) -> Result<f64, ExportError> {
    const IMAGES: usize = 16;
    const SLOW: f64 = 0.2;
    let parameters = Parameters::initial(&config.model, config.train.seed, &Device::Cpu)?;
    let vae = Vae::load(&config.model, &parameters.builder(&Device::Cpu))?;
    let mut least = f64::INFINITY;
    // What is touched for the first time takes longer.
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

/// The weights file of `checkpoint`, measured on `dataset` for its card, which `watch` can stop; with `half` its
/// weights are rounded to f16 first, which halves the file.
///
/// # Errors
/// Says which step failed.
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
    let objective = loss.card(&tensors, &config.model)?;
    let mut tensors = loss.exported(tensors, &config.model, checkpoint.state.step)?;
    if half {
        halve(&mut tensors)?;
    }
    let vae = Vae::load(&config.model, &Parameters::from_tensors(&tensors)?.builder(&cpu))?;
    let held = Some(config.train.hold_out).filter(|held| *held > 0).map(|held| Last::new(dataset, held));
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
            config: provenance(config.source.as_deref(), checkpoint.state.from.as_deref()),
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

/// The same model, whose card is measured anew on `samples` images of `dataset`; with `half` its weights are
/// rounded to f16 first. Scores that need more than that are left out.
///
/// # Errors
/// Says which step failed.
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

/// What is said of an imported model in its card, and how it is measured for it.
#[derive(Clone, Debug)]
pub struct About {
    /// Short name.
    pub name: String,
    /// What was minimised.
    pub objective: String,
    /// Who trained it and on what terms it is passed on.
    pub origin: String,
    /// Images that the statistics are taken over.
    pub samples: usize,
    /// Seed of these images.
    pub seed: u64,
    /// Whether its weights are rounded to f16.
    pub half: bool,
}

/// The weights file of an imported model, measured on `dataset` for its card.
///
/// # Errors
/// Says which step failed.
pub fn imported(
    Imported { config, mut tensors }: Imported,
    about: About,
    dataset: &dyn Dataset,
    watch: &dyn Watch,
) -> Result<Weights, ExportError> {
    if about.half {
        halve(&mut tensors)?;
    }
    let vae = Vae::load(&config, &Parameters::from_tensors(&tensors)?.builder(&Device::Cpu))?;
    let measured = describe(&vae, &tensors, dataset, about.samples, about.seed, watch)?;
    let card = Card {
        format: FORMAT,
        minor: 0,
        name: about.name,
        model: config,
        objective: Objective::named(&about.objective),
        training: Training {
            dataset: dataset.name().to_owned(),
            device: "unknown".to_owned(),
            code_version: env!("CARGO_PKG_VERSION").to_owned(),
            ..Training::default()
        },
        origin: Some(about.origin),
        units: measured.units,
        scores: measured.scores,
        attributes: Vec::new(),
        history: Vec::new(),
        checksum: None,
    };
    Ok(Weights { card, tensors })
}
