//! `latentscope evaluate`.

use std::path::PathBuf;

use anyhow::bail;
use trainer::data::{Dataset, HeldOut};
use trainer::measure::{Measured, describe, merge};
use trainer::report::{Column, Table};

use super::encoding::Encoding;
use super::models;
use super::print::print;
use super::scoring::Scoring;
use super::source::Source;

/// Arguments of `evaluate`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Weights files or folders of runs.
    #[arg(required = true, value_name = "MODEL")]
    models: Vec<PathBuf>,
    #[command(flatten)]
    source: Source,
    /// Number of images in the sample, drawn at random with replacement.
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..=1 << 24))]
    samples: u32,
    /// Seed of the sample. The same seed gives the same numbers.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Use only the last N images of the data set, such as those that training held out.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    hold_out: Option<u64>,
    /// Add disentanglement metrics and the quality of generated images. This takes minutes.
    #[arg(long)]
    scores: bool,
    #[command(flatten)]
    scoring: Scoring,
    /// Print JSON, one line for each model, with the protocol of every score.
    #[arg(long)]
    json: bool,
}

/// Measures the models on one sample and prints a column for each.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    let models = models::open(&args.models)?;
    let names = models::names(&models, &args.models);
    let dataset = models::dataset(&models, &args.source)?;
    let held_out = held_out(&*dataset, args.hold_out)?;
    let dataset: &dyn Dataset = held_out.as_ref().map_or(&*dataset, |held_out| held_out);
    let mut measured = Vec::new();
    for (model, name) in models.iter().zip(&names) {
        let bar = Encoding::new("measuring", name);
        let samples = args.samples as usize;
        let mut one = describe(&model.vae, &model.tensors, dataset, samples, args.seed, &bar)?;
        drop(bar);
        if args.scores {
            merge(&mut one.scores, args.scoring.score(model, name, dataset, args.seed)?);
        }
        measured.push(one);
    }
    if args.json {
        let lines =
            names.iter().zip(&measured).map(|(name, measured)| json(name, measured, args, dataset.name()));
        return print(&lines.collect::<String>());
    }
    let units = units(&names, &measured);
    print(&format!(
        "{}\nKL of each unit to N(0, 1) in nats, largest first:\n{units}",
        table(&names, &measured)
    ))
}

fn active(measured: &Measured) -> usize {
    measured.units.iter().filter(|unit| unit.is_active()).count()
}

/// Table with a row per score and a column per model. Every model has the same scores.
fn table(names: &[String], measured: &[Measured]) -> Table {
    let mut columns = vec![Column::words("score")];
    columns.extend(names.iter().map(|name| Column::numbers(name)));
    columns.push(Column::words("protocol"));
    let mut table = Table::new(columns);
    for (place, score) in measured.first().map_or(&[][..], |first| &first.scores).iter().enumerate() {
        let values = measured.iter().map(|measured| format!("{:.4}", measured.scores[place].value));
        let cells = std::iter::once(score.metric.clone()).chain(values);
        table.row(cells.chain([score.protocol.clone()]).collect());
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

/// Returns the last `count` images of a data set, or `None` without a count.
pub(super) fn held_out(dataset: &dyn Dataset, count: Option<u64>) -> anyhow::Result<Option<HeldOut<'_>>> {
    if let Some(count) = count.filter(|count| *count > dataset.len()) {
        bail!("--hold-out is {count} but `{}` has {} images; ask for fewer", dataset.name(), dataset.len());
    }
    Ok(count.map(|count| HeldOut::new(dataset, count)))
}
