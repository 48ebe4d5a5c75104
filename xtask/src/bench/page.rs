//! Latency of the shipped page in headless Chromium, with real pointer moves.

use std::fs;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::table::cpu;
use crate::project::{Project, output};
use crate::step::{announce, say};
use crate::{manifest, page, setup};

/// Names of the measurements in the script, with their labels.
const MEASURED: [(&str, &str); 3] = [
    ("cpu", "pointer to picture, CPU"),
    ("webgpu", "pointer to picture, software WebGPU"),
    ("first", "opening to first picture, CPU"),
];

pub(super) fn run(project: &Project) -> Result<()> {
    let chromium = setup::everything(project)?;
    page::ensure(project)?;
    manifest::write(project, None)?;
    announce("chromium", "moving the pointer");
    let mut node = project.command("node");
    node.arg("xtask/src/bench/page.mjs")
        .env("DIST", page::folder(project))
        .env("CHROMIUM", &chromium.browser);
    let times: Value =
        serde_json::from_str(&output(&mut node)?).context("the page's figures can't be read")?;
    let load = times["load"].as_f64().context("the machine gave no load")?;
    say(format_args!("\n{} · {load:.1} processes at work when it began", cpu()));
    say(format_args!("{:<38} {:>7} {:>7} {:>8} {:>6}", "ms", "p50", "p90", "highest", "times"));
    for (key, name) in MEASURED {
        let figure = |figure: &str| {
            let value = times[key][figure].as_f64();
            value.with_context(|| format!("the page gave no {figure} of {key}"))
        };
        let [p50, p90, highest] = [figure("p50")?, figure("p90")?, figure("highest")?];
        say(format_args!("{name:<38} {p50:>7.0} {p90:>7.0} {highest:>8.0} {:>6}", figure("count")?));
    }
    let record = json!({ "benchmark": "page", "unit": "ms", "cpu": cpu(), "times": times });
    let path = project.target.join("bench/page.json");
    fs::create_dir_all(project.target.join("bench")).context("the target folder can't be written")?;
    fs::write(&path, serde_json::to_string_pretty(&record)? + "\n")
        .with_context(|| format!("{} can't be written", path.display()))?;
    say(format_args!("\nwritten to {}", path.display()));
    Ok(())
}
