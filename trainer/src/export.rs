//! From a checkpoint to a weights file with its card.

use candle_core::{DType, Device};
use model::card::{Card, FORMAT, HistoryPoint, Training};
use model::{Parameters, Vae, Weights, WeightsError};

use crate::config::Config;
use crate::data::Dataset;
use crate::measure::{MeasureError, describe};
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

/// The weights file of `checkpoint`, measured on `dataset` for its card; with `half` its weights are
/// rounded to f16 first, which halves the file.
///
/// # Errors
/// Says which step failed.
pub fn weights(
    checkpoint: &Checkpoint,
    config: &Config,
    dataset: &dyn Dataset,
    device: &str,
    half: bool,
) -> Result<Weights, ExportError> {
    let cpu = Device::Cpu;
    let tensors = checkpoint
        .exported()?
        .into_iter()
        .map(|(name, tensor)| Ok((name, tensor.to_device(&cpu)?)))
        .collect::<candle_core::Result<_>>()?;
    let tensors = config.sparsity.applied(tensors, checkpoint.state.step)?;
    let mut tensors = config.prior.applied(tensors)?;
    let known = config.model.tensors();
    tensors.retain(|name, _| known.contains_key(name));
    if half {
        for tensor in tensors.values_mut() {
            *tensor = tensor.to_dtype(DType::F16)?.to_dtype(DType::F32)?;
        }
    }
    let vae = Vae::load(&config.model, &Parameters::from_tensors(&tensors)?.builder(&cpu))?;
    let measured = describe(&vae, &tensors, dataset, config.train.card_samples, config.train.seed)?;
    let card = Card {
        format: FORMAT,
        name: config.name.clone(),
        model: config.model.clone(),
        objective: config.objective_card(),
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
        units: measured.units,
        scores: measured.scores,
        history: checkpoint.state.history.iter().copied().filter(HistoryPoint::is_finite).collect(),
        checksum: None,
    };
    Ok(Weights { card, tensors })
}
