//! Golden vectors of the shipped weights.

use anyhow::Result;

use crate::project::{Project, execute};

/// Writes `tests/golden/`.
pub(crate) fn run(project: &Project) -> Result<()> {
    let example = ["run", "--locked", "--quiet", "--package", "latentscope-tests", "--example", "golden"];
    execute(project.cargo().args(example))
}
