//! `latentscope histogram`.

use std::path::PathBuf;

use trainer::report::histograms;

use super::models;

/// Arguments of `histogram`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Weights files or folders of runs, drawn side by side in this order.
    #[arg(required = true, value_name = "MODEL")]
    models: Vec<PathBuf>,
    /// PNG file to write.
    #[arg(long, value_name = "PNG")]
    out: PathBuf,
}

/// Draws the histograms in the models' cards.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    let models = models::open(&args.models)?;
    models::save(&histograms(&models, &models::names(&models, &args.models)), &args.out)
}
