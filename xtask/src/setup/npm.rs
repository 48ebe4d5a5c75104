//! Packages from npm: wasm-opt (binaryen) and the page tests' browser driver (playwright-core).

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};

use crate::project::{Project, find, output};
use crate::step::step;

/// The oldest Node.js (major, minor) with the flags of the page tests that runs playwright-core.
const NODE: (u32, u32) = (20, 14);

pub(super) fn ensure(project: &Project) -> Result<()> {
    step("node", || {
        let wanted = format!("install Node.js {}.{} or newer (https://nodejs.org)", NODE.0, NODE.1);
        let version = output(project.command("node").arg("--version")).with_context(|| wanted.clone())?;
        let version = version.trim();
        match release(version) {
            Some(release) if release >= NODE => Ok(format!("found {version}")),
            _ => bail!("Node.js is {version}; {wanted}"),
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

/// File that is written last: without it, npm ci runs again.
fn stamp(project: &Project) -> PathBuf {
    project.root.join("node_modules/.installed-lock.json")
}

fn wasm_opt(project: &Project) -> Result<String> {
    if find(&[project.root.join("node_modules/.bin")], "wasm-opt").is_none() {
        // Makes the next run install again.
        fs::remove_file(stamp(project)).context("node_modules can't be written")?;
        bail!("node_modules is incomplete; run this again to repair it");
    }
    Ok("wasm-opt and playwright-core".into())
}

fn release(version: &str) -> Option<(u32, u32)> {
    let mut parts = version.strip_prefix('v')?.split('.').map(str::parse);
    Some((parts.next()?.ok()?, parts.next()?.ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_release_is_read() {
        assert_eq!(release("v20.20.2"), Some((20, 20)));
        assert!(release("v20.9.0") < Some(NODE) && release("v22.1.0") > Some(NODE));
        assert_eq!(release("20.14.0"), None);
        assert_eq!(release("v20"), None);
        assert_eq!(release("v"), None);
    }
}
