//! Writes the README's tables of scores from the cards of the shipped models.

use std::path::Path;

use anyhow::{Context, Result};
use fs_err as fs;
use serde_json::Value;

use crate::card;
use crate::project::Project;
use crate::step::say;

/// A table between the lines `<!-- table: NAME -->` and `<!-- end -->`.
struct Table {
    name: &'static str,
    /// File name of the model without its extension, and its heading. Neighbours in a group are compared.
    groups: &'static [&'static [(&'static str, &'static str)]],
    rows: &'static [Row],
}

/// A row: its title, the score's name in the card, and its format.
struct Row(&'static str, &'static str, Form);

/// Format of a score, and which value in a group is the best.
#[derive(Clone, Copy)]
enum Form {
    /// With the given number of decimals; the highest is bold.
    High(usize),
    /// With the given number of decimals, or none from 1,000 up; the lowest is bold.
    Low(usize),
    /// No value is better than another.
    Plain(usize),
    /// As `7 of 10`, with the model's number of units.
    Units,
    /// Training steps of each stage; empty for imported models.
    Steps,
}

use Form::{High, Low, Plain, Steps, Units};

const TABLES: [Table; 3] = [
    Table {
        name: "sprites",
        groups: &[&[
            ("tcvae", "β-TCVAE, published"),
            ("factor", "FactorVAE, published"),
            ("vae", "VAE"),
            ("sparse", "sparse"),
        ]],
        rows: &[
            Row("steps", "", Steps),
            Row("MIG", "mig", High(2)),
            Row("DCI disentanglement", "dci_disentanglement", High(2)),
            Row("IRS", "irs", High(2)),
            Row("SAP, median of five", "sap", High(2)),
            Row("InfoMEC modularity", "infomec_modularity", High(2)),
            Row("BetaVAE score", "beta_vae", High(2)),
            Row("FactorVAE score", "factor_vae", High(2)),
            Row("NLL, nats per image", "nll", Low(1)),
            Row("KL to N(0, I), nats", "kl", Plain(1)),
            Row("SSIM", "ssim", High(3)),
            Row("active units", "active_units", Units),
        ],
    },
    Table {
        name: "strength",
        groups: &[&[
            ("strength-0", "0: VAE"),
            ("strength-0-01", "0.01"),
            ("strength-0-03", "0.03"),
            ("strength-0-1", "0.1"),
            ("strength-0-3", "0.3"),
            ("strength-1", "1"),
        ]],
        rows: &[
            Row("MIG", "mig", High(2)),
            Row("DCI disentanglement", "dci_disentanglement", High(2)),
            Row("BetaVAE score", "beta_vae", High(2)),
            Row("FactorVAE score", "factor_vae", High(2)),
            Row("NLL, nats per image", "nll", Low(1)),
            Row("KL to N(0, I), nats", "kl", Plain(1)),
            Row("SSIM", "ssim", High(3)),
        ],
    },
    Table {
        name: "sets",
        groups: &[
            &[
                ("chairs-vae", "chairs: VAE"),
                ("chairs-nine", "sparse, nine units"),
                ("chairs-sparse", "sparse, 14 units"),
            ],
            &[("faces-vae", "faces: VAE"), ("faces-sparse", "sparse, with pairs")],
            &[("celeba-vae", "CelebA: VAE"), ("celeba-named", "named units"), ("celeba-sparse", "sparse")],
        ],
        rows: &[
            Row("MIG", "mig", High(2)),
            Row("DCI disentanglement", "dci_disentanglement", High(2)),
            Row("InfoMEC modularity", "infomec_modularity", High(2)),
            Row("SAP", "sap", High(2)),
            Row("BetaVAE score", "beta_vae", High(2)),
            Row("FactorVAE score", "factor_vae", High(2)),
            Row("NLL, nats per image", "nll", Low(1)),
            Row("SSIM", "ssim", High(3)),
            Row("precision of samples", "precision", High(2)),
            Row("recall of samples", "recall", High(2)),
            Row("AUC of attributes, mean of 40", "attribute_area", High(3)),
            Row("AUC less that of the next unit", "attribute_gap", High(3)),
        ],
    },
];

/// Rewrites the tables in README.md.
pub(crate) fn run(project: &Project) -> Result<()> {
    let path = project.root.join("README.md");
    let old = fs::read_to_string(&path)?;
    let new = written(&old, &project.root.join("static/models"))?;
    if new == old {
        say("README.md has the figures of the cards");
        return Ok(());
    }
    fs::write(&path, new)?;
    say("wrote README.md's tables");
    Ok(())
}

/// Returns the text with each table replaced, from the cards of the weights files in `models`.
fn written(text: &str, models: &Path) -> Result<String> {
    TABLES.iter().try_fold(text.to_owned(), |text, table| {
        let start = format!("<!-- table: {} -->\n", table.name);
        let (before, rest) = text.split_once(&start).with_context(|| format!("no line {start}"))?;
        let (_, after) =
            rest.split_once("<!-- end -->").with_context(|| format!("no end of table {}", table.name))?;
        let table = markdown(table, |model| card::read(&models.join(format!("{model}.safetensors"))))?;
        Ok(format!("{before}{start}{table}<!-- end -->{after}"))
    })
}

fn markdown(table: &Table, card: impl Fn(&str) -> Result<Value>) -> Result<String> {
    let mut lines = vec![String::from("|"), String::from("|---")];
    lines.extend(table.rows.iter().map(|Row(name, ..)| format!("| {name}")));
    for group in table.groups {
        let cards = group.iter().map(|(model, _)| card(model)).collect::<Result<Vec<_>>>()?;
        for (_, heading) in *group {
            lines[0] += &format!(" | {heading}");
            lines[1] += "|---";
        }
        for (line, row) in lines[2..].iter_mut().zip(table.rows) {
            for cell in cells(row, &cards)? {
                *line += if cell.is_empty() { " |" } else { " | " };
                *line += &cell;
            }
        }
    }
    lines[1] += "|";
    Ok(lines
        .iter()
        .enumerate()
        .fold(String::new(), |text, (row, line)| text + line + if row == 1 { "\n" } else { " |\n" }))
}

/// Cells of a row for models that are compared; empty for a score that a card doesn't have.
fn cells(Row(_, score, form): &Row, cards: &[Value]) -> Result<Vec<String>> {
    let values: Vec<Option<f64>> = cards.iter().map(|card| value(card, score)).collect();
    let write = |(card, value): (&Value, Option<f64>)| -> Result<String> {
        Ok(match (form, value) {
            (Steps, _) => steps(&card["training"])?,
            (_, None) => String::new(),
            (Units, Some(value)) => format!("{value} of {}", card["model"]["latent"]),
            (Low(_), Some(value)) if value >= 1000.0 => grouped(value.round() as u64),
            (High(digits) | Low(digits) | Plain(digits), Some(value)) => format!("{value:.digits$}"),
        })
    };
    let mut cells = cards.iter().zip(values.iter().copied()).map(write).collect::<Result<Vec<_>>>()?;
    let known: Vec<f64> = values.into_iter().flatten().collect();
    if known.len() < 2 {
        return Ok(cells);
    }
    let known = known.into_iter();
    let best = match form {
        High(_) => known.reduce(f64::max),
        Low(_) => known.reduce(f64::min),
        Plain(_) | Units | Steps => None,
    };
    let Some(best) = best else { return Ok(cells) };
    let place = cards.iter().position(|card| value(card, score) == Some(best)).context("the best")?;
    // Equal numbers are equally good.
    if cells.iter().filter(|cell| **cell == cells[place]).count() == 1 {
        cells[place] = format!("**{}**", cells[place]);
    }
    Ok(cells)
}

fn value(card: &Value, score: &str) -> Option<f64> {
    card["scores"].as_array()?.iter().find(|found| found["metric"] == score)?["value"].as_f64()
}

/// Formats as `17,063`, with earlier steps first if the run started from another one's weights.
fn steps(training: &Value) -> Result<String> {
    let steps = training["steps"].as_u64().context("a card states no steps")?;
    if steps == 0 {
        return Ok(String::new());
    }
    let config = training["config"].as_str().unwrap_or_default();
    let count = |steps: &str| steps.split_once(" steps")?.0.parse().ok().map(grouped);
    let before = config.split(" after ").skip(1).map(count).collect::<Option<Vec<_>>>();
    let mut all = before.context("the steps before a run's own")?;
    all.reverse();
    all.push(grouped(steps));
    Ok(all.join(", then "))
}

/// Formats a number with thousands separators.
fn grouped(number: u64) -> String {
    let (rest, last) = (number / 1000, number % 1000);
    if rest == 0 { last.to_string() } else { format!("{},{last:03}", grouped(rest)) }
}

#[cfg(test)]
mod tests {
    use anyhow::ensure;
    use serde_json::json;

    use super::*;

    #[test]
    fn a_table_has_the_cards_figures_and_marks_the_best_of_a_group() -> Result<()> {
        let table = Table {
            name: "t",
            groups: &[&[("a", "A"), ("b", "B")], &[("c", "C")]],
            rows: &[
                Row("steps", "", Steps),
                Row("MIG", "mig", High(2)),
                Row("NLL", "nll", Low(1)),
                Row("KL", "kl", Plain(1)),
                Row("units", "active_units", Units),
            ],
        };
        let card = |scores: &[(&str, f64)], config: &str| {
            let scores: Vec<_> =
                scores.iter().map(|(metric, value)| json!({"metric": metric, "value": value})).collect();
            let training = json!({"steps": 17063, "config": config});
            json!({"scores": scores, "training": training, "model": {"latent": 10}})
        };
        let markdown = markdown(&table, |model| {
            Ok(match model {
                "a" => card(&[("mig", 0.071), ("nll", 10.44), ("kl", 2.0), ("active_units", 7.0)], "a.toml"),
                "b" => card(
                    &[("mig", 0.074), ("nll", 9.8), ("kl", 1.0)],
                    "b.toml, from b after 9 steps, with units 0 to 3, from a after 1000000 steps",
                ),
                _ => card(&[("nll", 7278.62)], "c.toml"),
            })
        })?;
        let expected = "\
            | | A | B | C |\n\
            |---|---|---|---|\n\
            | steps | 17,063 | 1,000,000, then 9, then 17,063 | 17,063 |\n\
            | MIG | 0.07 | 0.07 | |\n\
            | NLL | 10.4 | **9.8** | 7,279 |\n\
            | KL | 2.0 | 1.0 | |\n\
            | units | 7 of 10 | | |\n";
        assert_eq!(markdown, expected);
        Ok(())
    }

    #[test]
    fn readmes_tables_have_the_cards_figures() -> Result<()> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let readme = fs::read_to_string(root.join("README.md"))?;
        let new = written(&readme, &root.join("static/models"))?;
        ensure!(new == readme, "README.md differs from the shipped cards; run `cargo xtask tables`");
        Ok(())
    }

    #[test]
    fn only_what_is_between_the_marks_is_written() -> Result<()> {
        let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("../static/models");
        let text = "A\n<!-- table: sets -->\nold\n<!-- end -->\nB\n<!-- table: sprites -->\n<!-- end -->\n\
             <!-- table: strength -->\n<!-- end -->\nC\n";
        let new = written(text, &models)?;
        ensure!(new.starts_with("A\n<!-- table: sets -->\n| | chairs") && new.ends_with("<!-- end -->\nC\n"));
        ensure!(!new.contains("old") && written(&new, &models)? == new, "{new}");
        let missing = written("<!-- table: sprites -->\n", &models).expect_err("it has no end");
        ensure!(missing.to_string().contains("sprites"), "{missing}");
        Ok(())
    }
}
