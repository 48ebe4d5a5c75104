//! rustfmt and clippy, native and wasm32.

use anyhow::Result;

use crate::project::{Project, execute};
use crate::step::step;

/// Crates that build for wasm32.
pub(crate) const WASM_CRATES: [&str; 6] = [
    "latentscope-loss",
    "latentscope-metrics",
    "latentscope-model",
    "latentscope-tests",
    "latentscope-web",
    "latentscope-worlds",
];

pub(crate) fn run(project: &Project) -> Result<()> {
    step("format", || {
        run_cargo(project, &["fmt", "--all", "--check"])?;
        Ok("as rustfmt writes it".into())
    })?;
    step("clippy", || {
        let tail = ["--locked", "--quiet", "--all-targets", "--", "-D", "warnings"];
        run_cargo(project, &[&["clippy", "--workspace"], &tail[..]].concat())?;
        Ok("native: no warning".into())
    })?;
    step("clippy wasm32", || {
        let mut arguments = vec!["clippy", "--locked", "--quiet", "--target", "wasm32-unknown-unknown"];
        arguments.extend(WASM_CRATES.iter().flat_map(|name| ["--package", name]));
        arguments.extend(["--", "-D", "warnings"]);
        run_cargo(project, &arguments)?;
        Ok("wasm32: no warning".into())
    })
}

fn run_cargo(project: &Project, arguments: &[&str]) -> Result<()> {
    execute(project.cargo().args(arguments))
}
