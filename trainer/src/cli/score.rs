//! `latentscope score`.

use std::path::{Path, PathBuf};

use anyhow::Context;
use model::Weights;
use trainer::file;
use trainer::measure::merge;
use trainer::train::MODEL;
use trainer::trained::Trained;

use super::attributes::{self, Labels};
use super::scoring::Scoring;
use super::source::Source;

/// Arguments of `score`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Weights files or folders of runs.
    #[arg(required = true, value_name = "MODEL")]
    models: Vec<PathBuf>,
    #[command(flatten)]
    scoring: Scoring,
    #[command(flatten)]
    source: Source,
    #[command(flatten)]
    labels: Labels,
    /// Seed of the random numbers. The same seed gives the same scores.
    #[arg(long, default_value_t = 0)]
    seed: u64,
}

/// Scores each model on its data, and writes the scores to its file.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    for path in &args.models {
        add(path, args.scoring, args.seed, &args.source, &args.labels)?;
    }
    Ok(())
}

/// Adds scores to the card of a weights file or of the weights file in a run's folder.
pub(crate) fn add(
    path: &Path,
    scoring: Scoring,
    seed: u64,
    source: &Source,
    labels: &Labels,
) -> anyhow::Result<()> {
    let mut model = Trained::open(path)?;
    let dataset = source.open(&model.card.training.dataset, model.card.model.image)?;
    model.fits(&*dataset)?;
    let unscored = || format!("{} can't be scored", path.display());
    // A table that doesn't fit is refused before the minutes of scoring.
    let labels = labels.read_if_any(&*dataset).with_context(unscored)?;
    let scores = scoring.score(&model, &model.card.name, &*dataset, seed).with_context(unscored)?;
    merge(&mut model.card.scores, scores);
    if let Some(labels) = labels {
        let measured = attributes::measure(&model, &*dataset, &labels).with_context(unscored)?;
        merge(&mut model.card.scores, measured.scores());
        model.card.attributes = measured.card();
    }
    let path = if path.is_dir() { path.join(MODEL) } else { path.to_owned() };
    file::write(&path, &Weights { card: model.card, tensors: model.tensors }.to_bytes()?)?;
    tracing::info!("wrote the scores into {}", path.display());
    Ok(())
}
