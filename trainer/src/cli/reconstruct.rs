//! `latentscope reconstruct`.

use std::path::PathBuf;

use trainer::report::reconstructions;
use trainer::trained::sample;

use super::models;
use super::source::Source;

/// Arguments of `reconstruct`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Weights files or folders of runs, one row for each in this order.
    #[arg(required = true, value_name = "MODEL")]
    models: Vec<PathBuf>,
    /// PNG file to write.
    #[arg(long, value_name = "PNG")]
    out: PathBuf,
    /// Images per row.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=100))]
    count: u16,
    /// Seed of the images drawn at random.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    #[command(flatten)]
    source: Source,
}

/// Draws the originals above each model's reconstructions.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    let models = models::open(&args.models)?;
    let names = models::names(&models, &args.models);
    let dataset = models::dataset(&models, &args.source)?;
    let (_, originals) = sample(&*dataset, args.count.into(), args.seed)?;
    models::save(&reconstructions(&models, &names, dataset.name(), &originals)?, &args.out)
}
