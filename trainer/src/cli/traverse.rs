//! `latentscope traverse`.

use std::path::PathBuf;

use anyhow::bail;
use trainer::report::{Base, traversal};
use trainer::trained::{Trained, sample};

use super::models;
use super::print::escaped;
use super::source::Source;

/// Arguments of `traverse`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Weights file or folder of a run.
    model: PathBuf,
    /// PNG file to write.
    #[arg(long, value_name = "PNG")]
    out: PathBuf,
    /// Images per row.
    #[arg(long, default_value_t = 11, value_parser = clap::value_parser!(u16).range(2..=101))]
    columns: u16,
    /// Start from the image of this number in the data set.
    #[arg(long, conflicts_with = "seed")]
    index: Option<u64>,
    /// Start from an image drawn at random with this seed, or from the mean code if no images are available.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Show inactive units too.
    #[arg(long)]
    all_units: bool,
    #[command(flatten)]
    source: Source,
}

/// Draws the traversals of the units, those with the largest KL first.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    let model = Trained::open(&args.model)?;
    let all = model.units_by_kl();
    let active: Vec<usize> = all.iter().copied().filter(|&unit| model.card.units[unit].is_active()).collect();
    let units = if args.all_units || active.is_empty() { all } else { active };
    let image = image(args, &model)?;
    let base = image.as_ref().map_or(Base::Mean, |(index, image)| Base::Image { index: *index, image });
    let canvas = traversal(&model, base, &units, args.columns.into())?;
    models::save(&canvas, &args.out)
}

/// Returns the image to start from, with its index. Returns `None` if the training data is not available and no
/// other data was named.
fn image(args: &Args, model: &Trained) -> anyhow::Result<Option<(u64, Vec<f32>)>> {
    let name = &model.card.training.dataset;
    let dataset = match args.source.open_if_available(name, model.card.model.image)? {
        None if args.index.is_none() => {
            tracing::info!(
                "`{}` is not available: the rows start from the mean code; name other images with --data",
                escaped(name)
            );
            return Ok(None);
        }
        None => bail!(
            "`{}` is not available, so --index names no image; name other images with --data",
            escaped(name)
        ),
        Some(dataset) => dataset,
    };
    model.fits(&*dataset)?;
    let Some(index) = args.index else {
        let (indices, image) = sample(&*dataset, 1, args.seed)?;
        return Ok(Some((indices[0], image)));
    };
    if index >= dataset.len() {
        bail!(
            "--index is {index}, but the images of `{}` have the numbers 0 to {}",
            dataset.name(),
            dataset.len() - 1
        )
    }
    let mut image = vec![0.0; dataset.image_shape().len()];
    dataset.read(&[index], &mut image)?;
    Ok(Some((index, image)))
}
