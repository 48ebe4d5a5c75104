//! Makes the page's poster: the pictures of its opening, which visitors see until the models have come.

use anyhow::Result;

use crate::project::Project;
use crate::screenshots::drive;

/// Path of the poster.
pub(crate) const FILE: &str = "static/poster.webp";

/// Writes the poster of the page as shipped.
pub(crate) fn run(project: &Project) -> Result<()> {
    drive(project, "poster.mjs", FILE)
}
