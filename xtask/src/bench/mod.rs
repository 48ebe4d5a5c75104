//! `cargo xtask bench NAME`: one file and one line here per benchmark.

mod child;
mod cuda;
mod floor;
mod page;
mod python;
mod table;
mod train;
mod web;

use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use fs_err as fs;
use serde_json::Value;

use crate::project::Project;

/// Which benchmark to run, and how.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Options {
    /// Name of the benchmark.
    pub(crate) name: String,
    /// Whether to print the record in place of a table, as one line at the end.
    pub(crate) json: bool,
    /// Another build of the page, measured in turn with this one.
    pub(crate) against: Option<PathBuf>,
}

/// Runs a benchmark, prints a table, and writes it to `target/bench/NAME.json`.
type Benchmark = fn(&Project, &Options) -> Result<()>;

/// The only benchmark with further options.
const PAGE: &str = "page";
const BENCHMARKS: &[(&str, Benchmark)] = &[
    ("cuda", |project, _| cuda::run(project)),
    (PAGE, page::run),
    ("train", |project, _| train::run(project)),
    ("web", |project, _| web::run(project)),
];

pub(crate) fn run(project: &Project, options: &Options) -> Result<()> {
    let Options { name, json, against } = options;
    ensure!(
        name == PAGE || !json && against.is_none(),
        "only the benchmark `{PAGE}` takes --json and --against"
    );
    let (_, benchmark) = BENCHMARKS
        .iter()
        .find(|(known, _)| known == name)
        .with_context(|| format!("there is no benchmark `{name}`; {}", names()))?;
    benchmark(project, options)
}

/// Writes a benchmark's record to `target/bench/NAME.json`; returns the path.
fn save_record(project: &Project, name: &str, record: &Value) -> Result<PathBuf> {
    let folder = project.target.join("bench");
    fs::create_dir_all(&folder)?;
    let path = folder.join(format!("{name}.json"));
    fs::write(&path, serde_json::to_string_pretty(record)? + "\n")?;
    Ok(path)
}

/// Names of the benchmarks, as a sentence.
pub(crate) fn names() -> String {
    let names: Vec<&str> = BENCHMARKS.iter().map(|(name, _)| *name).collect();
    format!("there are: {}", names.join(", "))
}
