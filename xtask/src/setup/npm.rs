//! Packages from npm: wasm-opt (binaryen) and the page tests' browser driver (playwright-core).

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};

use crate::project::{Project, find, output};
use crate::step::step;

/// The oldest Node.js that playwright-core runs on.
const NODE: u32 = 20;

pub(super) fn ensure(project: &Project) -> Result<()> {
    step("node", || {
        let version = output(project.command("node").arg("--version"))
            .with_context(|| format!("install Node.js {NODE} or newer (https://nodejs.org)"))?;
        let version = version.trim();
        match major(version) {
            Some(major) if major >= NODE => Ok(format!("found {version}")),
            _ => bail!("Node.js is {version}; install {NODE} or newer (https://nodejs.org)"),
        }
    })?;
    step("npm packages", || {
        let lock = fs::read(project.root.join("package-lock.json")).context("package-lock.json")?;
        if fs::read(stamp(project)).is_ok_and(|installed| installed == lock) {
            return Ok(format!("found {}", wasm_opt(project)?));
        }
        output(project.command("npm").args(["ci", "--include=dev", "--no-audit", "--no-fund"]))
            .context("npm, which comes with Node.js, could not install package-lock.json's packages")?;
        fs::write(stamp(project), &lock).context("node_modules can't be written")?;
        Ok(format!("installed {}", wasm_opt(project)?))
    })
}

/// Written last: an interrupted install has none, and npm ci begins anew.
fn stamp(project: &Project) -> PathBuf {
    project.root.join("node_modules/.installed-lock.json")
}

fn wasm_opt(project: &Project) -> Result<String> {
    if find(&[project.root.join("node_modules/.bin")], "wasm-opt").is_none() {
        // The next run installs again.
        fs::remove_file(stamp(project)).context("node_modules can't be written")?;
        bail!("node_modules is incomplete; run this again to repair it");
    }
    Ok("wasm-opt and playwright-core".into())
}

fn major(version: &str) -> Option<u32> {
    version.strip_prefix('v')?.split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_major_version_is_read() {
        assert_eq!(major("v20.20.2"), Some(20));
        assert_eq!(major("20"), None);
        assert_eq!(major("v"), None);
    }
}
