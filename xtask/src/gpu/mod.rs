//! `cargo xtask gpu pack`: the trainer for a machine with an NVIDIA GPU, as one folder to carry there.

mod pack;
#[cfg(all(test, target_os = "linux"))]
mod tests;
mod toolkit;

use std::path::PathBuf;

use anyhow::Result;

use crate::project::Project;

/// What to pack.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Options {
    /// A program to pack instead of one that is built here.
    pub(crate) program: Option<PathBuf>,
    /// The folder; `gpu/` in the checkout if left out.
    pub(crate) out: Option<PathBuf>,
}

pub(crate) fn run(project: &Project, options: &Options) -> Result<()> {
    pack::run(project, options)
}
