//! The demo's model, trained on this machine.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::project::{Project, execute};
use crate::step::{announce, step};

/// Configuration that the demo trains.
const CONFIG: &str = "configs/sparse.toml";

/// Path of the exported model, if an earlier run left one.
pub(crate) fn existing(project: &Project) -> Option<PathBuf> {
    Some(exported(project)).filter(|file| file.is_file())
}

/// Returns the path of the exported model. Trains it if there is none, if its configuration changed, or
/// if `retrain` is set.
pub(crate) fn ensure(project: &Project, seconds: u64, retrain: bool) -> Result<PathBuf> {
    let exported = exported(project);
    let modified = |path| fs::metadata(path).and_then(|file| file.modified());
    let configured =
        modified(project.root.join(CONFIG)).with_context(|| format!("{CONFIG} can't be read"))?;
    if !retrain && modified(exported.clone()).is_ok_and(|trained| configured <= trained) {
        step("fresh model", || Ok(format!("found {}", exported.display())))?;
        return Ok(exported);
    }
    step("trainer", || {
        let package = ["build", "--release", "--locked", "--package", "latentscope-trainer"];
        execute(project.cargo().args(package))?;
        Ok("built".into())
    })?;
    announce("fresh model", &format!("training {CONFIG} for {seconds} s"));
    let trainer = project.target.join("release").join(format!("latentscope{}", std::env::consts::EXE_SUFFIX));
    step("fresh model", || {
        let mut train = project.command(&trainer);
        train.args(["train", "--config", CONFIG, "--name", "fresh", "--force", "--out"]).arg(folder(project));
        execute(train.args(["--max-seconds", &seconds.to_string()]))?;
        Ok(format!("trained {}", exported.display()))
    })?;
    Ok(exported)
}

/// Folder of the run.
fn folder(project: &Project) -> PathBuf {
    project.root.join("runs/demo")
}

/// Path of the weights that the trainer exports.
fn exported(project: &Project) -> PathBuf {
    folder(project).join("model.safetensors")
}
