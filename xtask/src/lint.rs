//! Checks before any test: rustfmt, clippy (native and wasm32), rustdoc, and the dependencies.

use std::process::Command;

use anyhow::{Result, bail};

use crate::project::{Project, execute, not_started, quote};
use crate::setup;
use crate::step::step;

/// Messages of tools that could not download the list of known vulnerabilities.
const OFFLINE: [&str; 6] = [
    "failed to fetch advisory database",
    "audit endpoint returned an error",
    "ENOTFOUND",
    "EAI_AGAIN",
    "ECONNREFUSED",
    "ETIMEDOUT",
];

/// Crates that build for wasm32.
pub(crate) const WASM_CRATES: [&str; 6] = [
    "latentscope-loss",
    "latentscope-metrics",
    "latentscope-model",
    "latentscope-tests",
    "latentscope-web",
    "latentscope-worlds",
];

pub(crate) fn run(project: &Project) -> Result<()> {
    step("format", || {
        run_cargo(project, &["fmt", "--all", "--check"])?;
        Ok("as rustfmt writes it".into())
    })?;
    step("clippy", || {
        let tail = ["--locked", "--quiet", "--all-targets", "--", "-D", "warnings"];
        run_cargo(project, &[&["clippy", "--workspace"], &tail[..]].concat())?;
        Ok("native: no warning".into())
    })?;
    step("clippy wasm32", || {
        let mut arguments = vec!["clippy", "--locked", "--quiet", "--target", "wasm32-unknown-unknown"];
        arguments.extend(WASM_CRATES.iter().flat_map(|name| ["--package", name]));
        arguments.extend(["--", "-D", "warnings"]);
        run_cargo(project, &arguments)?;
        Ok("wasm32: no warning".into())
    })?;
    step("rustdoc", || {
        let mut cargo = project.cargo();
        cargo.args(["doc", "--workspace", "--no-deps", "--locked", "--quiet", "--document-private-items"]);
        // The documentation is for developers, so it includes private items.
        execute(cargo.env("RUSTDOCFLAGS", "-D warnings -A rustdoc::private_intra_doc_links"))?;
        Ok("no warning".into())
    })?;
    setup::for_linting(project)?;
    step("dependencies", || {
        execute(deny(project).args(["licenses", "bans", "sources"]))?;
        Ok("licences, versions and sources as deny.toml has them".into())
    })?;
    step("advisories", || unless_offline(deny(project).arg("advisories")))?;
    step("npm audit", || unless_offline(project.command("npm").args(["audit", "--package-lock-only"])))
}

fn deny(project: &Project) -> Command {
    let mut deny = project.command("cargo-deny");
    deny.args(["--locked", "--log-level", "error", "check", "--hide-inclusion-graph"]);
    deny
}

/// Runs a command that checks for known vulnerabilities. If it can't download the list, reports that
/// instead of failing.
fn unless_offline(command: &mut Command) -> Result<String> {
    let Ok(output) = command.output() else { bail!(not_started(command)) };
    if output.status.success() {
        return Ok("nothing is known of any package".into());
    }
    let printed = [output.stdout, output.stderr].concat();
    let printed = String::from_utf8_lossy(&printed);
    if OFFLINE.iter().any(|words| printed.contains(words)) {
        return Ok("not checked: the list of advisories could not be fetched".into());
    }
    bail!("`{}` failed ({})\n{}", quote(command), output.status, printed.trim_end())
}

fn run_cargo(project: &Project, arguments: &[&str]) -> Result<()> {
    execute(project.cargo().args(arguments))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn advisories_that_could_not_be_fetched_are_no_failure_and_others_are() {
        let outcome = |script: &str| unless_offline(Command::new("sh").args(["-c", script]));
        assert!(outcome("true").is_ok_and(|printed| printed.contains("nothing is known")));
        let unreached = "echo npm error audit endpoint returned an error >&2; exit 1";
        assert!(outcome(unreached).is_ok_and(|printed| printed.contains("not checked")));
        let found = outcome("echo 1 high severity vulnerability; exit 1").expect_err("one was found");
        assert!(found.to_string().contains("1 high severity"), "{found}");
        let mut missing = Command::new("latentscope-no-such-program");
        assert!(unless_offline(&mut missing).is_err());
    }
}
