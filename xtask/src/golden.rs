//! The golden vectors of the shipped weights.

use anyhow::Result;

use crate::project::{Project, execute};

/// Writes `tests/golden/` anew, by the ignored test that knows how.
pub(crate) fn run(project: &Project) -> Result<()> {
    let test = ["test", "--locked", "--package", "latentscope-tests", "--test", "parity"];
    let only = ["--", "--ignored", "--exact", "write_golden_vectors", "--nocapture"];
    execute(project.cargo().args(test).args(only))
}
