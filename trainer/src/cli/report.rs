//! `latentscope report`.

use std::path::PathBuf;

use anyhow::{Context, bail};
use trainer::file;
use trainer::report::study::{Results, html, markdown, plots};

use super::scoring::Scoring;

/// Folder of the plots' files beside the report.
const PLOTS: &str = "plots";

/// Arguments of `report`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Folder of a sweep.
    folder: PathBuf,
    /// Scored models from elsewhere, each in a row of its own.
    #[arg(long, value_name = "MODEL", num_args = 1..)]
    with: Vec<PathBuf>,
    /// End the table with the scores of perfect codes of this world, measured with the options below: those of the
    /// sweep.
    #[arg(long, value_name = "WORLD")]
    ceilings: Option<String>,
    #[command(flatten)]
    scoring: Scoring,
}

/// Writes report.md with its plots, and report.html, into the sweep's folder.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    let mut results = Results::read(&args.folder)?;
    if results.groups.iter().all(|group| group.scored.is_empty()) {
        bail!(
            "no run in {} is trained and scored yet; wait for the sweep to finish one",
            args.folder.display()
        );
    }
    for model in &args.with {
        results.compare(model)?;
    }
    if let Some(world) = &args.ceilings {
        results.add_ceilings(super::world::find(world)?, &args.scoring.protocol(0))?;
    }
    let pictures = plots(&results);
    let folder = args.folder.join(PLOTS);
    std::fs::create_dir_all(&folder).with_context(|| format!("{} could not be created", folder.display()))?;
    for plot in &pictures {
        file::write(&folder.join(format!("{}.svg", plot.name)), plot.file().as_bytes())?;
    }
    file::write(&args.folder.join("report.md"), markdown(&results, &pictures, PLOTS).as_bytes())?;
    let page = args.folder.join("report.html");
    file::write(&page, html(&results, &pictures).as_bytes())?;
    if let Some(missing) = results.missing() {
        tracing::warn!("{missing}");
    }
    tracing::info!("wrote {} and report.md beside it", page.display());
    Ok(())
}
