//! `cargo xtask bench NAME`: one file and one line here per benchmark.

mod child;
mod cuda;
mod floor;
mod page;
mod python;
mod table;
mod train;
mod web;

use anyhow::{Context, Result};

use crate::project::Project;

/// Runs a benchmark, prints a table, and writes it to `target/bench/NAME.json`.
type Benchmark = fn(&Project) -> Result<()>;

const BENCHMARKS: &[(&str, Benchmark)] =
    &[("cuda", cuda::run), ("page", page::run), ("train", train::run), ("web", web::run)];

pub(crate) fn run(project: &Project, name: &str) -> Result<()> {
    let (_, benchmark) = BENCHMARKS
        .iter()
        .find(|(known, _)| *known == name)
        .with_context(|| format!("there is no benchmark `{name}`; {}", names()))?;
    benchmark(project)
}

/// Names of the benchmarks, as a sentence.
pub(crate) fn names() -> String {
    let names: Vec<&str> = BENCHMARKS.iter().map(|(name, _)| *name).collect();
    format!("there are: {}", names.join(", "))
}
