//! Weights that a run starts or continues from.

use std::path::Path;

use anyhow::bail;
use candle_core::Device;
use model::Weights;
use trainer::config::{Config, InitialWeights};
use trainer::train::{Checkpoint, Checkpoints, initial_weights as describe};
use trainer::trained;

/// Reads initial weights and records them in the configuration.
pub(super) fn initial_weights(path: &Path, config: &mut Config) -> anyhow::Result<Weights> {
    let weights = trained::read(path)?;
    config.from = Some(describe(path, &weights)?);
    Ok(weights)
}

/// Reads the initial weights that a configuration names, and checks that they have not changed.
pub(super) fn configured_weights(from: &InitialWeights) -> anyhow::Result<Weights> {
    let path = Path::new(&from.file);
    let weights = trained::read(path)?;
    if describe(path, &weights)?.weights != from.weights {
        bail!(
            "{} holds other weights than those that the configuration begins from; bring those back, or name \
             these with --from in another --out",
            path.display()
        );
    }
    Ok(weights)
}

/// Reads the newest intact checkpoint, and warns of newer damaged ones.
pub(super) fn newest(checkpoints: &Checkpoints, device: &Device) -> anyhow::Result<Option<Checkpoint>> {
    let (newest, broken) = checkpoints.newest(device)?;
    for error in broken {
        tracing::warn!("{error}; trying the previous checkpoint");
    }
    Ok(newest)
}
