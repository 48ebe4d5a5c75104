//! `latentscope evaluate`.

use std::path::PathBuf;

use trainer::measure::{Measured, describe};
use trainer::report::{Column, Table};

use super::models;
use super::print::print;

/// Arguments of `evaluate`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Weights files, or folders of runs.
    #[arg(required = true, value_name = "MODEL")]
    models: Vec<PathBuf>,
    /// World or data set, if not the one that the models were trained on.
    #[arg(long)]
    dataset: Option<String>,
    /// Images in the sample, drawn at random with replacement.
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..=1 << 24))]
    samples: u32,
    /// Seed of the sample; the same seed gives the same numbers.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Print JSON, a line a model, with every score's protocol.
    #[arg(long)]
    json: bool,
}

/// Measures the models on one sample and prints a row each.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    let models = models::open(&args.models)?;
    let names = models::names(&models, &args.models);
    let dataset = models::dataset(&models, args.dataset.as_deref())?;
    let mut measured = Vec::new();
    for model in &models {
        measured.push(describe(&model.vae, &*dataset, args.samples as usize, args.seed)?);
    }
    if args.json {
        let lines =
            names.iter().zip(&measured).map(|(name, measured)| json(name, measured, args, dataset.name()));
        return print(&lines.collect::<String>());
    }
    let mut text = table(&names, &measured).to_string();
    text += &format!("\nKL of each unit to N(0, 1) in nats, largest first:\n{}", units(&names, &measured));
    if let Some(first) = measured.first() {
        text += "\n";
        for score in &first.scores {
            text += &format!("{}: {}\n", score.metric, score.protocol);
        }
    }
    print(&text)
}

fn active(measured: &Measured) -> usize {
    measured.units.iter().filter(|unit| unit.is_active()).count()
}

fn table(names: &[String], measured: &[Measured]) -> Table {
    let scores = measured.first().map_or(&[][..], |first| &first.scores);
    let mut columns = vec![Column::words("model")];
    columns.extend(scores.iter().map(|score| Column::numbers(&score.metric)));
    columns.push(Column::numbers("active units"));
    let mut table = Table::new(columns);
    for (name, measured) in names.iter().zip(measured) {
        let values = measured.scores.iter().map(|score| format!("{:.4}", score.value));
        let units = format!("{} of {}", active(measured), measured.units.len());
        table.row(std::iter::once(name.clone()).chain(values).chain([units]).collect());
    }
    table
}

fn units(names: &[String], measured: &[Measured]) -> Table {
    let most = measured.iter().map(|measured| measured.units.len()).max().unwrap_or(0);
    let numbered = (1..=most).map(|place| Column::numbers(&place.to_string()));
    let mut table = Table::new(std::iter::once(Column::words("model")).chain(numbered).collect());
    for (name, measured) in names.iter().zip(measured) {
        let mut units: Vec<(usize, f32)> = measured.units.iter().map(|unit| unit.kl).enumerate().collect();
        units.sort_by(|a, b| b.1.total_cmp(&a.1));
        let cells = units.iter().map(|(unit, kl)| format!("z{unit} {kl:.2}"));
        let cells = cells.chain(std::iter::repeat_n(String::new(), most - units.len()));
        table.row(std::iter::once(name.clone()).chain(cells).collect());
    }
    table
}

fn json(name: &str, measured: &Measured, args: &Args, dataset: &str) -> String {
    let line = serde_json::json!({
        "model": name,
        "dataset": dataset,
        "samples": args.samples,
        "seed": args.seed,
        "scores": measured.scores,
        "active_units": active(measured),
        "unit_kl": measured.units.iter().map(|unit| unit.kl).collect::<Vec<_>>(),
    });
    format!("{line}\n")
}
