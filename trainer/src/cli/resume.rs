//! Resumes a run, if the configuration still describes the same experiment.

use std::path::Path;

use anyhow::{Context, bail};
use candle_core::Device;
use trainer::config::{Config, FIXED_WHEN_FINISHED};
use trainer::data::Dataset;
use trainer::train::{CONFIG, Checkpoint, Checkpoints, METRICS, MODEL, Run, lineage};

use super::weights::{configured_weights, initial_weights, newest};

/// Returns the checkpoint from which the run in `folder` continues with `config`, or `None` if it has taken no step
/// and starts from random weights. `from` is the file of its initial weights.
pub(super) fn start(
    config: &mut Config,
    dataset: &dyn Dataset,
    device: &Device,
    folder: &Path,
    from: Option<&Path>,
) -> anyhow::Result<Option<Checkpoint>> {
    let saved = saved(folder)?;
    let weights = from.map(|path| initial_weights(path, config)).transpose()?;
    if let Some(saved) = &saved {
        same_experiment(saved, config, folder)?;
        config.from = saved.from.clone().or(config.from.take());
    }
    let run = Run { config, dataset, device, folder };
    if let (Some(path), Some(weights)) = (from, &weights) {
        run.accepts(path, weights)?;
    }
    let Some(newest) = newest(&Checkpoints::of(folder), device)? else {
        if folder.join(MODEL).exists() {
            bail!(
                "{} holds {MODEL} but no checkpoint to go on from; start again with --force, or choose another \
                 --out",
                folder.display()
            );
        }
        let weights = match (weights, &config.from) {
            (None, Some(from)) => Some(configured_weights(from)?),
            (weights, _) => weights,
        };
        if weights.is_none() {
            tracing::warn!("{} has no checkpoint; training starts at the first step", folder.display());
        }
        return Ok(weights.map(|weights| run.begin(&weights)).transpose()?);
    };
    // Runs of earlier versions record their initial weights only in their checkpoints.
    if let (Some(path), Some(weights)) = (from, &weights)
        && saved.as_ref().is_none_or(|saved| saved.from.is_none())
        && newest.state.from.as_ref() != Some(&lineage(&weights.card))
    {
        bail!(
            "the run in {} began from {}, not from {}; remove --from, or choose another --out",
            folder.display(),
            newest.state.from.as_deref().unwrap_or("fresh weights"),
            path.display()
        );
    }
    if !newest.average.is_empty() && config.train.average.is_none() {
        bail!(
            "the run in {} keeps an average of its weights, which the configuration drops; set train.average, \
             such as --set train.average=0.999",
            folder.display()
        );
    }
    if let Some(saved) = &saved
        && newest.state.step >= config.train.steps
    {
        check_finished(saved, config, folder, newest.state.step)?;
    }
    Ok(Some(newest))
}

/// Reads the configuration of the run in a folder. Returns `None` if the folder has no run.
fn saved(folder: &Path) -> anyhow::Result<Option<Config>> {
    let path = folder.join(CONFIG);
    if path.exists() {
        let saved = Config::read(&path, &[]);
        return saved.map(Some).with_context(|| format!("{} is not the folder of a run", folder.display()));
    }
    if let Some(name) = [METRICS, MODEL].into_iter().find(|name| folder.join(name).exists()) {
        bail!("{} contains {name} but no {CONFIG}, so it is not the folder of a run", folder.display());
    }
    Ok(None)
}

fn same_experiment(saved: &Config, config: &Config, folder: &Path) -> anyhow::Result<()> {
    if let Some([key, was, is]) = saved.difference(config)? {
        bail!(
            "the run in {} has {key} = {was}, and to go on with {is} would make it another experiment; leave \
             {key} as it was, or choose another --out",
            folder.display()
        );
    }
    // Runs of earlier versions have no checksum of their images.
    if let (Some(was), Some(is)) = (&saved.data, &config.data)
        && was != is
    {
        bail!(
            "the images of `{}` have changed since the run in {} began: their checksum was {was} and is {is}; \
             bring them back, or choose another --out",
            config.dataset,
            folder.display()
        );
    }
    if let (Some(was), Some(is)) = (&saved.from, &config.from)
        && was.weights != is.weights
    {
        bail!(
            "the run in {} began from other weights, of {}, than {} holds; leave --from out, or choose another \
             --out",
            folder.display(),
            was.file,
            is.file
        );
    }
    Ok(())
}

/// Refuses changes that would only change the card of a finished run.
fn check_finished(saved: &Config, config: &Config, folder: &Path, step: u64) -> anyhow::Result<()> {
    let differences = saved.differences(config)?;
    let Some([key, was, is]) =
        differences.into_iter().find(|[key, ..]| FIXED_WHEN_FINISHED.contains(&key.as_str()))
    else {
        return Ok(());
    };
    bail!(
        "the run in {} has taken {step} steps, so that {key} = {is} instead of {was} would change nothing but \
         its card; take more with --steps, or leave {key} as it was",
        folder.display()
    )
}
