//! Takes the README's screenshots of the real page.

use anyhow::Result;

use crate::project::{Project, execute};
use crate::serve::Server;
use crate::{manifest, page, setup};

/// Takes screenshots of the page as shipped into `docs/`.
pub(crate) fn run(project: &Project) -> Result<()> {
    drive(project, "screenshots.mjs", "docs")
}

/// Serves the page as shipped, and runs a script of `tests/page/` with its address and `output`.
pub(crate) fn drive(project: &Project, script: &str, output: &str) -> Result<()> {
    let chromium = setup::everything(project)?;
    page::ensure(project)?;
    manifest::write(project, None)?;
    let server = Server::bind(&project.page(), None)?;
    let address = format!("http://{}/", server.address()?);
    std::thread::spawn(move || server.run());
    let mut node = project.command("node");
    node.arg(format!("tests/page/{script}")).arg(address).arg(output).env("CHROMIUM", chromium.browser);
    execute(&mut node)
}
