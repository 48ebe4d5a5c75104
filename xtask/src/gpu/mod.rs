//! `cargo xtask gpu pack`: packs the trainer for a machine with an NVIDIA GPU into a single folder.

mod pack;
#[cfg(all(test, target_os = "linux"))]
mod tests;
mod toolkit;

use std::path::PathBuf;

use anyhow::Result;

use crate::project::Project;

/// Options of `gpu pack`.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Options {
    /// A program to pack, instead of building one.
    pub(crate) program: Option<PathBuf>,
    /// Output folder; `gpu/` in the checkout by default.
    pub(crate) out: Option<PathBuf>,
}

pub(crate) fn run(project: &Project, options: &Options) -> Result<()> {
    pack::run(project, options)
}
