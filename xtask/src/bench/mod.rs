//! `cargo xtask bench NAME`: one file a benchmark, one line a file.

use anyhow::{Context, Result};

/// Measures and prints.
type Benchmark = fn() -> Result<()>;

const BENCHMARKS: &[(&str, Benchmark)] = &[];

pub(crate) fn run(name: &str) -> Result<()> {
    let (_, benchmark) = BENCHMARKS
        .iter()
        .find(|(known, _)| *known == name)
        .with_context(|| format!("there is no benchmark `{name}`; {}", names()))?;
    benchmark()
}

/// The names that can be asked for, as a sentence.
pub(crate) fn names() -> String {
    let names: Vec<&str> = BENCHMARKS.iter().map(|(name, _)| *name).collect();
    format!("there are: {}", names.join(", "))
}
