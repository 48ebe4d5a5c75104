//! Makes the page's poster: the pictures of its opening, which visitors see until the models have come.

use anyhow::Result;

use crate::project::{Project, execute};
use crate::serve::Server;
use crate::{manifest, page, setup};

/// Path of the poster.
pub(crate) const FILE: &str = "static/poster.webp";

/// Serves the page as shipped and writes its poster with `tests/page/poster.mjs`.
pub(crate) fn run(project: &Project) -> Result<()> {
    let chromium = setup::everything(project)?;
    page::ensure(project)?;
    manifest::write(project, None)?;
    let server = Server::bind(&project.page(), None)?;
    let address = format!("http://{}/", server.address()?);
    std::thread::spawn(move || server.run());
    let mut node = project.command("node");
    node.arg("tests/page/poster.mjs").arg(address).arg(FILE).env("CHROMIUM", chromium.browser);
    execute(&mut node)
}
