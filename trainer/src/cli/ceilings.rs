//! `latentscope world ceilings`.

use metrics::Score;
use trainer::measure::{Perfect, ceiling};
use trainer::report::{Column, Table};
use worlds::World;

use super::print::print;
use super::scoring::Codes;

/// Arguments of `world ceilings`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// World, such as sprites.
    pub(super) name: String,
    #[command(flatten)]
    codes: Codes,
    /// Seed of the sample. The same seed gives the same scores.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Print JSON with the protocol of every score.
    #[arg(long)]
    json: bool,
}

/// Scores the perfect codes of `world`.
pub(super) fn run(args: &Args, world: &'static dyn World) -> anyhow::Result<()> {
    let protocol = args.codes.protocol(args.seed);
    let mut columns = Vec::new();
    for &perfect in Perfect::of(world) {
        tracing::info!("scoring the code `{}` of {}", perfect.name(), world.name());
        columns.push((perfect, ceiling(world, perfect, &protocol)?));
    }
    if args.json {
        let lines = columns.iter().map(|(perfect, scores)| {
            let scores: Vec<_> = scores.iter().map(super::metrics::json).collect();
            format!(
                "{}\n",
                serde_json::json!({ "world": world.name(), "code": perfect.name(), "scores": scores })
            )
        });
        return print(&lines.collect::<String>());
    }
    print(&table(&columns).to_string())
}

/// Table with a row for each score and a column for each code.
fn table(columns: &[(Perfect, Vec<Score>)]) -> Table {
    let names = columns.iter().map(|(perfect, _)| Column::numbers(perfect.name()));
    let mut table = Table::new(std::iter::once(Column::words("metric")).chain(names).collect());
    let rows = columns.first().map_or(&[][..], |(_, scores)| scores);
    for (row, score) in rows.iter().enumerate() {
        let values = columns.iter().map(|(_, scores)| format!("{:.4}", scores[row].value));
        table.row(std::iter::once(score.metric.to_owned()).chain(values).collect());
    }
    table
}
