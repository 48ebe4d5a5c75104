//! The wasm32 target of rustc.

use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::project::{Project, output};
use crate::step::step;

const TARGET: &str = "wasm32-unknown-unknown";

pub(super) fn ensure(project: &Project) -> Result<()> {
    step("wasm target", || {
        if is_present(project)? {
            return Ok(format!("found {TARGET}"));
        }
        output(project.command("rustup").args(["target", "add", TARGET])).with_context(|| {
            format!("install the target {TARGET} the way this Rust was installed, or use rustup")
        })?;
        if !is_present(project)? {
            bail!("rustup added {TARGET}, but not to the rustc on the PATH");
        }
        Ok(format!("installed {TARGET}"))
    })
}

fn is_present(project: &Project) -> Result<bool> {
    let folder = output(project.command("rustc").args(["--print", "target-libdir", "--target", TARGET]))?;
    // Interrupted downloads leave no library, because rustup unpacks to a temporary folder.
    Ok(Path::new(folder.trim()).read_dir().is_ok_and(|mut files| files.next().is_some()))
}
