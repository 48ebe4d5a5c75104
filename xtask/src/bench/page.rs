//! The built page in headless Chromium: what it weighs, when its pictures come, on a fast line and on a
//! slow one, and how soon they follow the hand.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use fs_err as fs;
use serde_json::{Value, json};

use super::table::{cpu, median};
use super::{Options, save_record};
use crate::project::{Project, output};
use crate::step::{announce, say};
use crate::{dist, manifest, page, setup};

/// What is measured: its name, its unit, the script's list and key, and how a list becomes a figure.
const MEASURED: [(&str, &str, &str, &str, Figure); 15] = [
    ("first paint", "ms", "fast", "paint", Figure::Median),
    ("first picture", "ms", "fast", "picture", Figure::Median),
    ("first decoded picture", "ms", "fast", "decoded", Figure::Median),
    ("both models' pictures", "ms", "fast", "both", Figure::Median),
    ("layout shift", "", "fast", "shift", Figure::Highest),
    ("1.6 Mbit/s: first paint", "ms", "slow", "paint", Figure::Median),
    ("1.6 Mbit/s: first picture", "ms", "slow", "picture", Figure::Median),
    ("1.6 Mbit/s: first decoded picture", "ms", "slow", "decoded", Figure::Median),
    ("1.6 Mbit/s: both models' pictures", "ms", "slow", "both", Figure::Median),
    ("1.6 Mbit/s: layout shift", "", "slow", "shift", Figure::Highest),
    ("hand to picture, CPU, median", "ms", "cpu", "times", Figure::Median),
    ("hand to picture, CPU, 95 %", "ms", "cpu", "times", Figure::High),
    ("longest task while dragging, CPU", "ms", "cpu", "task", Figure::Highest),
    ("hand to picture, WebGPU, median", "ms", "gpu", "times", Figure::Median),
    ("hand to picture, WebGPU, 95 %", "ms", "gpu", "times", Figure::High),
];

/// How values of all rounds become one figure.
#[derive(Clone, Copy, Debug)]
enum Figure {
    Median,
    /// The 95th percentile.
    High,
    Highest,
}

impl Figure {
    fn of(self, values: &[f64]) -> f64 {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        match self {
            Self::Median => median(values),
            Self::High => sorted.get(sorted.len() * 95 / 100).copied().unwrap_or(f64::NAN),
            Self::Highest => sorted.last().copied().unwrap_or(f64::NAN),
        }
    }
}

pub(super) fn run(project: &Project, options: &Options) -> Result<()> {
    // The script runs in another folder.
    let against = options.against.as_ref().map(fs::canonicalize).transpose()?;
    let chromium = setup::everything(project)?;
    page::ensure(project)?;
    manifest::write(project, None)?;
    let folders: Vec<_> = against.into_iter().chain([project.page()]).collect();
    let bytes = folders.iter().map(|folder| before_weights(folder)).collect::<Result<Vec<_>>>()?;
    announce("chromium", "opening the page and moving the pointer");
    let mut node = project.command("node");
    node.arg("xtask/src/bench/page.mjs").args(&folders).env("CHROMIUM", &chromium.browser);
    let measured: Value =
        serde_json::from_str(&output(&mut node)?).context("the page's figures can't be read")?;
    let load = measured["load"].as_f64().context("the machine gave no load")?;
    let builds = measured["builds"].as_array().context("the script measured nothing")?;
    ensure!(
        builds.len() == folders.len(),
        "the script measured {} builds of {}",
        builds.len(),
        folders.len()
    );
    let figures: Vec<Vec<f64>> =
        bytes.iter().zip(builds).map(|(&bytes, build)| figures(bytes, build)).collect();
    let record = json!({
        "benchmark": "page", "cpu": cpu(), "load": load, "figures": described(&figures), "builds": builds,
    });
    let path = save_record(project, "page", &record)?;
    if options.json {
        say(record);
        return Ok(());
    }
    say(format_args!("\n{} · {load:.1} processes at work when it began", cpu()));
    table(&figures).iter().for_each(say);
    say(format_args!("\nwritten to {}", path.display()));
    Ok(())
}

/// Gzipped bytes of a build, without weights.
fn before_weights(folder: &Path) -> Result<f64> {
    ensure!(folder.join("index.html").is_file(), "{} holds no built page", folder.display());
    Ok(dist::sizes(folder)?.page as f64)
}

/// All figures of a build, in the order of [`names`]; NaN for what was not measured.
fn figures(bytes: f64, build: &Value) -> Vec<f64> {
    let measured = MEASURED.iter().map(|&(.., list, key, figure)| {
        let values: Vec<f64> = build[list]
            .as_array()
            .map_or(&[][..], Vec::as_slice)
            .iter()
            .flat_map(|round| match &round[key] {
                Value::Array(values) => values.iter().filter_map(Value::as_f64).collect(),
                value => value.as_f64().into_iter().collect::<Vec<_>>(),
            })
            .collect();
        figure.of(&values)
    });
    std::iter::once(bytes).chain(measured).collect()
}

/// Names and units of the figures.
fn names() -> impl Iterator<Item = (&'static str, &'static str)> {
    let measured = MEASURED.iter().map(|&(name, unit, ..)| (name, unit));
    std::iter::once(("bytes before weights, gzipped", "B")).chain(measured)
}

fn described(figures: &[Vec<f64>]) -> Value {
    let described = names().enumerate().map(|(at, (name, unit))| {
        let values: Vec<f64> = figures.iter().map(|figures| figures[at]).collect();
        json!({ "name": name, "unit": unit, "values": values })
    });
    described.collect()
}

/// Lines of the table: one build, or the other build, this one and their ratio.
fn table(figures: &[Vec<f64>]) -> Vec<String> {
    let mut lines = vec![match figures.len() {
        1 => format!("{:<38} {:>10}", "", "dist/"),
        _ => format!("{:<38} {:>10} {:>10} {:>8}", "", "against", "dist/", "ratio"),
    }];
    for (at, (name, unit)) in names().enumerate() {
        let mut line =
            format!("{:<38}", if unit.is_empty() { name.to_owned() } else { format!("{name}, {unit}") });
        let values: Vec<f64> = figures.iter().map(|figures| figures[at]).collect();
        for value in &values {
            line += &match unit {
                _ if value.is_nan() => format!(" {:>10}", "–"),
                "" => format!(" {value:>10.4}"),
                _ => format!(" {value:>10.0}"),
            };
        }
        if let [before, after] = values[..]
            && before > 0.0
            && !after.is_nan()
        {
            line += &format!(" {:>8.2}", after / before);
        }
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn build(scale: f64) -> Value {
        let visit = json!({ "paint": 100.0 * scale, "picture": 200.0, "decoded": 300.0, "both": 400.0, "shift": 0.001 });
        let times: Vec<f64> = (1..=100).map(f64::from).collect();
        json!({ "fast": [visit, visit], "slow": [visit], "cpu": [{ "times": times, "task": 0 }], "gpu": [] })
    }

    #[test]
    fn figures_are_medians_and_percentiles_of_all_rounds() {
        let figures = figures(7.0, &build(1.0));
        assert_eq!(figures[..3], [7.0, 100.0, 200.0]);
        assert_eq!(figures[11..14], [50.5, 96.0, 0.0]);
        assert!(figures[14].is_nan(), "without a GPU there is no figure of one");
    }

    #[test]
    fn two_builds_are_compared_by_ratios() {
        let lines = table(&[figures(10.0, &build(1.0)), figures(5.0, &build(3.0))]);
        assert!(lines[1].ends_with("0.50") && lines[2].ends_with("3.00"), "{lines:?}");
        assert_eq!(table(&[figures(10.0, &build(1.0))])[15].split_whitespace().last(), Some("–"));
    }

    #[test]
    fn a_folder_without_a_page_is_refused() -> Result<()> {
        let folder = tempfile::tempdir()?;
        assert!(
            before_weights(folder.path()).is_err_and(|error| error.to_string().contains("no built page"))
        );
        Ok(())
    }
}
