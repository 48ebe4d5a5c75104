//! `latentscope traverse`.

use std::path::PathBuf;

use anyhow::bail;
use trainer::report::{Base, traversal};
use trainer::trained::{Trained, sample};

use super::models;

/// Arguments of `traverse`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Weights file, or folder of a run.
    model: PathBuf,
    /// PNG file to write.
    #[arg(long, value_name = "PNG")]
    out: PathBuf,
    /// Images a row.
    #[arg(long, default_value_t = 11, value_parser = clap::value_parser!(u16).range(2..=101))]
    columns: u16,
    /// Start from the data set's image of that number.
    #[arg(long, conflicts_with = "seed")]
    index: Option<u64>,
    /// Start from an image drawn at random under this seed.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Show inactive units as well.
    #[arg(long)]
    all_units: bool,
    /// World or data set of the first image, if not the one that the model was trained on.
    #[arg(long)]
    dataset: Option<String>,
}

/// Draws the traversals of the units, those with the largest KL first.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    let models = [Trained::open(&args.model)?];
    let dataset = models::dataset(&models, args.dataset.as_deref())?;
    let [model] = models;
    let (index, image) = match args.index {
        Some(index) if index >= dataset.len() => {
            bail!("--index is {index}, but the images of `{}` are 0 to {}", dataset.name(), dataset.len() - 1)
        }
        Some(index) => {
            let mut image = vec![0.0; dataset.image_shape().len()];
            dataset.read(&[index], &mut image)?;
            (index, image)
        }
        None => {
            let (indices, image) = sample(&*dataset, 1, args.seed)?;
            (indices[0], image)
        }
    };
    let all = model.units_by_kl();
    let active: Vec<usize> = all.iter().copied().filter(|&unit| model.card.units[unit].is_active()).collect();
    let units = if args.all_units || active.is_empty() { all } else { active };
    let canvas = traversal(&model, Base { index, image: &image }, &units, args.columns.into())?;
    models::save(&canvas, &args.out)
}
