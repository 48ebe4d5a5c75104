//! Takes a clean clone to a page that shows a freshly trained model.

use std::time::Instant;

use anyhow::{Context, Result};

use crate::project::Project;
use crate::serve::{Server, fetch};
use crate::step::{say, seconds, step};
use crate::{fresh, manifest, page, setup};

/// Options of `demo`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Options {
    /// Whether to train if there is no fresh model.
    pub(crate) train: bool,
    /// Whether to train even if there is one.
    pub(crate) retrain: bool,
    /// Training time in seconds.
    pub(crate) seconds: u64,
    /// Port of the server.
    pub(crate) port: Option<u16>,
    /// Whether to exit after checking the page.
    pub(crate) check: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { train: true, retrain: false, seconds: 75, port: None, check: false }
    }
}

pub(crate) fn run(project: &Project, options: &Options) -> Result<()> {
    let start = Instant::now();
    setup::for_building(project)?;
    say("Model and page");
    let model = if options.train {
        Some(fresh::ensure(project, options.seconds, options.retrain)?)
    } else {
        fresh::existing(project)
    };
    page::ensure(project)?;
    manifest::write(project, model.as_deref())?;
    let server = Server::bind(&project.page(), options.port)?;
    let address = server.address()?;
    if options.check {
        std::thread::spawn(move || server.run());
        return step("check", || check(address));
    }
    say(format_args!("\nReady after {}:  http://{address}/", seconds(start.elapsed())));
    say("Ctrl-C ends the server. The folder dist/ is the whole page: any static host can serve it.");
    server.run();
    Ok(())
}

/// Fetches the page and all models that it offers.
fn check(address: std::net::SocketAddr) -> Result<String> {
    let (_, page) = fetch(address, "/")?;
    anyhow::ensure!(
        String::from_utf8_lossy(&page).contains("latentscope"),
        "what http://{address}/ serves is not the page"
    );
    let (_, text) = fetch(address, "/models/manifest.json")?;
    let files = manifest::files(std::str::from_utf8(&text).context("the manifest is not text")?)?;
    for file in &files {
        fetch(address, &format!("/models/{file}"))?;
    }
    Ok(format!("the page and {} models answer", files.len()))
}
