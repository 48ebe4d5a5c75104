//! `latentscope score`.

use std::path::{Path, PathBuf};

use anyhow::Context;
use model::Weights;
use trainer::measure::merge;
use trainer::train::MODEL;
use trainer::trained::Trained;
use trainer::{data, file};

use super::scoring::Scoring;

/// Arguments of `score`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Weights files, or folders of runs.
    #[arg(required = true, value_name = "MODEL")]
    models: Vec<PathBuf>,
    #[command(flatten)]
    scoring: Scoring,
    /// Seed of what is drawn; the same seed gives the same numbers.
    #[arg(long, default_value_t = 0)]
    seed: u64,
}

/// Scores each model on the data that it was trained on, and writes its file anew.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    for path in &args.models {
        add(path, args.scoring, args.seed)?;
    }
    Ok(())
}

/// Adds the scores to the card of a weights file, or of the one in a run's folder.
pub(crate) fn add(path: &Path, scoring: Scoring, seed: u64) -> anyhow::Result<()> {
    let mut model = Trained::open(path)?;
    let dataset = data::open(&model.card.training.dataset)?;
    model.fits(&*dataset)?;
    let scores = scoring
        .score(&model, &model.card.name, &*dataset, seed)
        .with_context(|| format!("{} can't be scored", path.display()))?;
    merge(&mut model.card.scores, scores);
    let path = if path.is_dir() { path.join(MODEL) } else { path.to_owned() };
    file::write(&path, &Weights { card: model.card, tensors: model.tensors }.to_bytes()?)?;
    tracing::info!("wrote the scores into {}", path.display());
    Ok(())
}
