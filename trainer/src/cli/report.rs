//! `latentscope report`.

use std::path::PathBuf;

use anyhow::{Context, bail};
use trainer::file;
use trainer::measure::Protocol;
use trainer::report::study::{Results, html, markdown, plots};

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
    /// End the table with the scores of perfect codes of this world, measured with the sweep's --grid and
    /// --codes.
    #[arg(long, value_name = "WORLD")]
    ceilings: Option<String>,
    /// Largest grid for the ceilings: the one of the sweep.
    #[arg(long, value_name = "IMAGES", requires = "ceilings", default_value_t = Protocol::default().grid,
          value_parser = clap::value_parser!(u64).range(64..=1 << 24))]
    grid: u64,
    /// Number of codes for the ceilings: the one of the sweep.
    #[arg(long, value_name = "CODES", requires = "ceilings", default_value_t = Protocol::default().codes as u32,
          value_parser = clap::value_parser!(u32).range(300..=1_000_000))]
    codes: u32,
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
        let protocol = Protocol { grid: args.grid, codes: args.codes as usize, ..Protocol::default() };
        results.add_ceilings(super::world::find(world)?, &protocol)?;
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
