//! Takes the README's screenshots of the real page.

use anyhow::Result;

use crate::project::{Project, execute};
use crate::serve::Server;
use crate::{manifest, page, setup};

/// Serves the page as shipped and takes screenshots into `docs/` with `tests/page/screenshots.mjs`.
pub(crate) fn run(project: &Project) -> Result<()> {
    let chromium = setup::everything(project)?;
    page::ensure(project)?;
    manifest::write(project, None)?;
    let server = Server::bind(&project.page(), None)?;
    let address = format!("http://{}/", server.address()?);
    std::thread::spawn(move || server.run());
    let mut node = project.command("node");
    node.arg("tests/page/screenshots.mjs").arg(address).arg("docs").env("CHROMIUM", chromium.browser);
    execute(&mut node)
}
