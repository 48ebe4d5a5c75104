//! Builds the page with trunk.

use std::fs::{self, File};
use std::path::PathBuf;
use std::time::SystemTime;

use anyhow::{Context, Result};
use walkdir::WalkDir;

use crate::project::{Project, execute};
use crate::step::step;
use crate::{footer, glue, integrity, module, notices, offline, styles};

/// Inputs of the page, relative to the workspace's root.
const INPUTS: [&str; 9] = [
    "web",
    "metrics",
    "model",
    "worlds",
    "static",
    "Cargo.toml",
    "Cargo.lock",
    "Trunk.toml",
    ".cargo/config.toml",
];

/// Files of the page's main module.
const MODULE_FILES: [&str; 2] = ["latentscope-web.js", "latentscope-web_bg.wasm"];

/// Name of the module that scores models, which loads on demand.
const SCORING: &str = "latentscope-scoring";
const SCORING_FILES: [&str; 2] = ["latentscope-scoring.js", "latentscope-scoring_bg.wasm"];

/// Builds the page, unless it is newer than all its inputs.
pub(crate) fn ensure(project: &Project) -> Result<()> {
    let newest = newest(project).context("the page's sources can't be read")?;
    let built = fs::metadata(stamp(project)).and_then(|stamp| stamp.modified());
    if project.page().join("index.html").is_file() && built.is_ok_and(|built| newest <= built) {
        return step("page", || Ok("found dist/, up to date".into()));
    }
    build(project)
}

/// Builds the page into `dist/`.
pub(crate) fn build(project: &Project) -> Result<()> {
    step("page", || {
        let start = SystemTime::now();
        let mut trunk = project.command("trunk");
        trunk.args(["build", "--release", "--offline", "--locked"]).env_remove("NO_COLOR");
        execute(&mut trunk)?;
        let scoring = module::build(project, SCORING, "scoring")?;
        module::copy(&scoring, &project.page(), SCORING_FILES)?;
        notices::write(project, &project.page(), "page,scoring")?;
        styles::write(project, &project.page())?;
        footer::write(project, &project.page())?;
        let [script, wasm] = MODULE_FILES.map(|file| project.page().join(file));
        glue::shrink(&script, &wasm)?;
        integrity::write(&project.page())?;
        offline::write(project, &project.page())?;
        // Uses the start time of the build, so that an edit during the build causes another build.
        File::create(stamp(project))
            .and_then(|file| file.set_modified(start))
            .context("the target folder")?;
        Ok("built dist/".into())
    })
}

fn stamp(project: &Project) -> PathBuf {
    project.target.join("page.stamp")
}

/// Time of the newest input. Includes folders, whose times change when files are removed.
fn newest(project: &Project) -> Result<SystemTime> {
    let mut newest = SystemTime::UNIX_EPOCH;
    for input in INPUTS.map(|input| project.root.join(input)).iter().filter(|input| input.exists()) {
        for entry in WalkDir::new(input) {
            newest = entry?.metadata()?.modified()?.max(newest);
        }
    }
    Ok(newest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn the_newest_input_is_found_at_any_depth() -> Result<()> {
        let root = tempfile::tempdir()?;
        let project = Project { root: root.path().to_owned(), target: root.path().join("target") };
        let file = root.path().join("web/src/deep/file.rs");
        fs::create_dir_all(root.path().join("web/src/deep"))?;
        let later = SystemTime::now() + Duration::from_secs(1000);
        File::create(file)?.set_modified(later)?;
        assert_eq!(newest(&project)?, later);
        Ok(())
    }
}
