//! Modules of the crate `web`: compiled with some of its features, bound, and made small.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::project::{Project, execute};

/// Builds `NAME.js` and `NAME_bg.wasm`, with their types, and gives their folder below the target folder.
///
/// # Errors
/// Fails if a tool does, or the disk is full.
pub(crate) fn build(project: &Project, name: &str, features: &str) -> Result<PathBuf> {
    let folder = project.target.join(name);
    let mut cargo = project.cargo();
    cargo.args(["build", "--locked", "--profile", "wasm", "--target", "wasm32-unknown-unknown"]).args([
        "--package",
        "latentscope-web",
        "--no-default-features",
        "--features",
        features,
    ]);
    execute(&mut cargo)?;
    let compiled = project.target.join("wasm32-unknown-unknown/wasm/latentscope_web.wasm");
    let mut bindgen = project.command("wasm-bindgen");
    bindgen.args(["--target", "web", "--out-name", name, "--out-dir"]).arg(&folder).arg(compiled);
    execute(&mut bindgen)?;
    let bound = folder.join(format!("{name}_bg.wasm"));
    let small = folder.join("small.wasm");
    execute(project.command("wasm-opt").arg("-O3").arg(&bound).arg("-o").arg(&small))?;
    fs::rename(&small, &bound).with_context(|| format!("{} can't be written", bound.display()))?;
    Ok(folder)
}

/// Copies files of a built module.
///
/// # Errors
/// Fails if one can't be read or written.
pub(crate) fn copy<'a>(
    from: &std::path::Path,
    to: &std::path::Path,
    files: impl IntoIterator<Item = &'a str>,
) -> Result<()> {
    for file in files {
        let to = to.join(file);
        fs::copy(from.join(file), &to).with_context(|| format!("{} can't be written", to.display()))?;
    }
    Ok(())
}
