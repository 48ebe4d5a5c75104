//! Fuzzes with damaged files and messages for a given time.

use anyhow::Result;

use crate::project::{Project, execute};

/// Package, test target and filter of the fuzz tests.
const TARGETS: [[&str; 4]; 2] =
    [["latentscope-trainer", "--test", "fuzz", ""], ["latentscope-web", "--lib", "--", "damaged_"]];

/// Explores each kind of input for `seconds` seconds.
pub(crate) fn run(project: &Project, seconds: u64) -> Result<()> {
    for [package, target, name, filter] in TARGETS {
        let mut cargo = project.cargo();
        cargo.args(["test", "--locked", "--package", package, target, name]);
        if name != "--" {
            cargo.arg("--");
        }
        cargo.args(["--nocapture", "--test-threads", "1"]);
        if !filter.is_empty() {
            cargo.arg(filter);
        }
        execute(cargo.env("LATENTSCOPE_FUZZ_SECONDS", seconds.to_string()))?;
    }
    Ok(())
}
