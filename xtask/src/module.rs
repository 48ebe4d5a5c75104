//! Modules of the crate `web`: compiled with some of its features, bound, and shrunk.

use std::path::{Path, PathBuf};

use anyhow::Result;
use fs_err as fs;

use crate::project::{Project, execute};

/// Compiler flags for relaxed SIMD (WebAssembly 3.0).
const RELAXED: &str =
    r#"target.wasm32-unknown-unknown.rustflags=["-C", "target-feature=+simd128,+relaxed-simd"]"#;

/// Builds `NAME.js` and `NAME_bg.wasm`, with type declarations; returns their folder below the target
/// folder.
///
/// # Errors
/// Fails if a tool fails or a file can't be written.
pub(crate) fn build(project: &Project, name: &str, features: &str) -> Result<PathBuf> {
    made(project, &project.target, [name, features], &[])
}

/// Same as [`build`], with relaxed SIMD, which has a multiply-add instruction.
///
/// # Errors
/// Same as [`build`].
pub(crate) fn relaxed(project: &Project, name: &str, features: &str) -> Result<PathBuf> {
    made(project, &project.target.join("relaxed"), [name, features], &["--config", RELAXED])
}

fn made(project: &Project, target: &Path, [name, features]: [&str; 2], options: &[&str]) -> Result<PathBuf> {
    let folder = target.join(name);
    let mut cargo = project.cargo();
    cargo
        .args(["build", "--locked", "--profile", "wasm", "--target", "wasm32-unknown-unknown"])
        .args(["--package", "latentscope-web", "--no-default-features", "--features", features])
        .args(options)
        .arg("--target-dir")
        .arg(target);
    execute(&mut cargo)?;
    let compiled = target.join("wasm32-unknown-unknown/wasm/latentscope_web.wasm");
    let mut bindgen = project.command("wasm-bindgen");
    bindgen.args(["--target", "web", "--out-name", name, "--out-dir"]).arg(&folder).arg(compiled);
    execute(&mut bindgen)?;
    let bound = folder.join(format!("{name}_bg.wasm"));
    let small = folder.join("small.wasm");
    execute(project.command("wasm-opt").arg("-O3").arg(&bound).arg("-o").arg(&small))?;
    fs::rename(&small, &bound)?;
    Ok(folder)
}

/// Copies files of a built module.
///
/// # Errors
/// Fails if a file can't be read or written.
pub(crate) fn copy<'a>(from: &Path, to: &Path, files: impl IntoIterator<Item = &'a str>) -> Result<()> {
    for file in files {
        let to = to.join(file);
        fs::copy(from.join(file), &to)?;
    }
    Ok(())
}
