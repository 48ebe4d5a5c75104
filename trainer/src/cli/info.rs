//! `latentscope info`.

use std::path::PathBuf;

use model::Card;
use model::card::Prior;
use trainer::report::{Column, Table, counted};
use trainer::trained;

use super::attributes::table as attributes;
use super::print::{escaped, print};

/// Arguments of `info`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Weights files or folders of runs.
    #[arg(required = true, value_name = "MODEL")]
    models: Vec<PathBuf>,
    /// Print the whole cards as JSON, one line for each model.
    #[arg(long)]
    json: bool,
}

/// Prints the models' cards.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    let mut text = String::new();
    for (place, path) in args.models.iter().enumerate() {
        let card = trained::read(path)?.card;
        if args.json {
            text += &format!("{}\n", serde_json::to_string(&card)?);
        } else {
            let between = if place == 0 { "" } else { "\n\n" };
            let path = path.display().to_string();
            text += &format!("{between}{} ({})\n{}", escaped(&card.name), escaped(&path), describe(&card));
        }
    }
    print(&text)
}

fn describe(card: &Card) -> String {
    let (model, training) = (&card.model, &card.training);
    let joined = |widths: &[usize]| widths.iter().map(usize::to_string).collect::<Vec<_>>().join("-");
    let dense = match (joined(&model.encoder_widths()), joined(&model.decoder_widths())) {
        (encoder, decoder) if encoder == decoder => encoder,
        (encoder, decoder) => format!("{encoder} and {decoder}"),
    };
    let parameters: usize = model.tensors().values().map(|shape| shape.iter().product::<usize>()).sum();
    let image = model.image;
    let mut facts = vec![
        (
            "data",
            format!("{}, images of {}×{}×{}", training.dataset, image.height, image.width, image.channels),
        ),
        (
            "network",
            format!(
                "convolutions {}, dense layers {}, {}; {}",
                joined(&model.channels),
                dense,
                counted(model.latent as u64, "latent unit"),
                counted(parameters as u64, "parameter")
            ),
        ),
        ("objective", card.objective.to_string()),
    ];
    if let Prior::Relevance { variances, .. } = &card.objective.prior
        && !variances.is_empty()
    {
        let variances: Vec<String> = variances.iter().map(|variance| format!("{variance:.3}")).collect();
        facts.push(("variances", format!("{} of the prior, by unit", variances.join(", "))));
    }
    if let Some(origin) = &card.origin {
        facts.push(("origin", origin.clone()));
    } else {
        let steps = format!(
            "{} of {}, learning rate {}, seed {}",
            counted(training.steps, "step"),
            counted(training.batch as u64, "image"),
            training.learning_rate,
            training.seed
        );
        facts.push(("training", steps));
        facts.push(("time", format!("{} on {}", time(training.seconds), training.device)));
    }
    facts.push(("version", training.code_version.clone()));
    if let Some(config) = &training.config {
        facts.push(("config", config.clone()));
    }
    let mut text: String =
        facts.iter().map(|(key, value)| format!("  {key:<10}{}\n", escaped(value))).collect();
    text += &format!("\n{}", units(card));
    if !card.scores.is_empty() {
        let mut table =
            Table::new(vec![Column::words("score"), Column::numbers("value"), Column::words("protocol")]);
        for score in &card.scores {
            table.row(vec![escaped(&score.metric), format!("{:.4}", score.value), escaped(&score.protocol)]);
        }
        text += &format!("\n{table}");
    }
    if !card.attributes.is_empty() {
        text += &format!("\n{}", attributes(&card.attributes));
    }
    text
}

fn units(card: &Card) -> Table {
    let numbers = ["KL", "mean", "std", "posterior std", "from", "to"].map(Column::numbers);
    let words = ["factor", "state"].map(Column::words);
    let mut table =
        Table::new(std::iter::once(Column::numbers("unit")).chain(numbers).chain(words).collect());
    for (index, unit) in card.units.iter().enumerate() {
        let numbers = [unit.kl, unit.mean, unit.std, unit.posterior_std, unit.range[0], unit.range[1]];
        let factor =
            unit.factor.as_ref().map(|f| format!("{} {:.0} %", escaped(&f.name), 100.0 * f.information));
        let attribute = card.attribute(index).map(|a| format!("{} AUC {:.2}", escaped(&a.name), a.area));
        let state = if unit.is_active() { "active" } else { "inactive" };
        table.row(
            std::iter::once(index.to_string())
                .chain(numbers.map(|value| format!("{value:.3}")))
                .chain([attribute.or(factor).unwrap_or_default(), state.to_owned()])
                .collect(),
        );
    }
    table
}

/// Formats a duration.
fn time(seconds: f64) -> String {
    match seconds {
        s if s < 120.0 => format!("{s:.1} s"),
        s if s < 7200.0 => format!("{:.1} min", s / 60.0),
        s => format!("{:.1} h", s / 3600.0),
    }
}
