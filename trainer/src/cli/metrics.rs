//! `latentscope metrics`.

use std::path::PathBuf;

use anyhow::Context;
use metrics::{Grid, Representation, Score};
use trainer::npy;
use trainer::report::{Column, Table, counted};

use super::print::print;

/// Arguments of `metrics`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Codes [N, D], the means of an encoder: float32 or float64.
    #[arg(long, value_name = "FILE.npy")]
    codes: PathBuf,
    /// Factors [N, K] of the same rows, integers.
    #[arg(long, value_name = "FILE.npy")]
    factors: PathBuf,
    /// The rows are the complete grid of factors, and the last factor changes fastest, as in dSprites. This adds the
    /// metrics that choose their images, and samples as disentanglement_lib does.
    #[arg(long)]
    grid: bool,
    /// Seed of the random numbers. The same seed gives the same scores.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Print JSON with the protocol of every score.
    #[arg(long)]
    json: bool,
}

/// Scores the codes.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    let (codes, factors) = (npy::codes(&args.codes)?, npy::factors(&args.factors)?);
    let unusable = || format!("{} and {} can't be scored", args.codes.display(), args.factors.display());
    let rows = Representation::new(codes.values, codes.width, &factors.values, factors.width)
        .with_context(unusable)?;
    let (count, units) = (rows.rows(), rows.latent());
    tracing::info!(
        "scoring {} of {}; many classes take a minute",
        counted(count as u64, "code"),
        counted(units as u64, "unit")
    );
    let scores = if args.grid {
        metrics::of_grid(&Grid::new(rows).with_context(unusable)?, args.seed)
    } else {
        metrics::of_rows(&rows, args.seed)
    };
    if args.json {
        let json = serde_json::json!({
            "codes": args.codes,
            "factors": args.factors,
            "rows": count,
            "units": units,
            "seed": args.seed,
            "scores": scores.iter().map(json).collect::<Vec<_>>(),
        });
        return print(&format!("{json}\n"));
    }
    print(&table(&scores).to_string())
}

pub(super) fn json(score: &Score) -> serde_json::Value {
    serde_json::json!({ "metric": score.metric, "value": score.value, "protocol": score.protocol })
}

fn table(scores: &[Score]) -> Table {
    let mut table =
        Table::new(vec![Column::words("metric"), Column::numbers("value"), Column::words("protocol")]);
    for score in scores {
        table.row(vec![score.metric.to_owned(), format!("{:.4}", score.value), score.protocol.clone()]);
    }
    table
}
