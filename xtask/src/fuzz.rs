//! Fuzzes with damaged files and messages for a given time.

use std::process::Command;

use anyhow::{Result, bail};

use crate::project::{Project, execute, output};

/// Package, executable and name prefix of the fuzz tests.
const EXECUTABLES: [(&str, &[&str], &str); 2] = [
    ("latentscope-trainer", &["--test", "fuzz"], ""),
    ("latentscope-web", &["--lib"], "state::tests::damaged_"),
];

/// What to explore.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Options {
    /// Seconds per kind of input.
    pub(crate) seconds: u64,
    /// Part of the names of the tests to run; all if `None`.
    pub(crate) target: String,
    /// Number of the first mutant.
    pub(crate) from: u64,
}

/// Explores each kind of input, or those of one target, for a given time.
pub(crate) fn run(project: &Project, options: &Options) -> Result<()> {
    let mut known = Vec::new();
    let mut found = false;
    for (package, executable, start) in EXECUTABLES {
        let list = output(cargo(project, package, executable).args(["--", "--list"]))?;
        let names = tests(&list, start);
        let chosen: Vec<_> = names.iter().filter(|name| name.contains(&options.target)).collect();
        if !chosen.is_empty() {
            found = true;
            let mut cargo = cargo(project, package, executable);
            cargo.args(["--", "--nocapture", "--test-threads", "1", "--exact"]).args(chosen);
            cargo.env("LATENTSCOPE_FUZZ_SECONDS", options.seconds.to_string());
            execute(cargo.env("LATENTSCOPE_FUZZ_FROM", options.from.to_string()))?;
        }
        known.extend(names);
    }
    if !found {
        bail!("no target is called `{}`; there are {}", options.target, known.join(", "));
    }
    Ok(())
}

fn cargo(project: &Project, package: &str, executable: &[&str]) -> Command {
    let mut cargo = project.cargo();
    cargo.args(["test", "--locked", "--package", package]).args(executable);
    cargo
}

/// Names of tests that begin with `start`, from libtest's list.
fn tests(list: &str, start: &str) -> Vec<String> {
    let names = list.lines().filter_map(|line| line.strip_suffix(": test"));
    names.filter(|name| name.starts_with(start)).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn tests_are_found_in_what_libtest_lists() {
        let list = "npy_is_read: test\nstate::tests::damaged_links_stay: test\n\n2 tests, 0 benchmarks\n";
        assert_eq!(super::tests(list, "state::tests::damaged_"), ["state::tests::damaged_links_stay"]);
        assert_eq!(super::tests(list, "").len(), 2);
    }
}
