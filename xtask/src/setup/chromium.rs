//! Chromium and ChromeDriver, for tests in a browser.

use std::env;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use crate::project::{Project, find, output};
use crate::step::{announce, step};

const BROWSERS: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
const MAC: &str = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome";
const HOW: &str = "install Chromium and ChromeDriver of one version (Debian: `apt-get install chromium \
    chromium-driver`), or name them in the environment variables CHROMIUM and CHROMEDRIVER";

/// A browser with its driver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Chromium {
    /// Path of the browser.
    pub(crate) browser: PathBuf,
    /// Path of ChromeDriver.
    pub(crate) driver: PathBuf,
}

pub(super) fn ensure(project: &Project) -> Result<Chromium> {
    let mut found = None;
    step("chromium", || {
        if let Some(chromium) = look(project) {
            let version = version(project, &chromium)?;
            found = Some(chromium);
            return Ok(format!("found {version}"));
        }
        install(project)?;
        let Some(chromium) = look(project) else { bail!("{HOW}") };
        let version = version(project, &chromium)?;
        found = Some(chromium);
        Ok(format!("installed {version}"))
    })?;
    match found {
        Some(chromium) => Ok(chromium),
        None => bail!("{HOW}"),
    }
}

fn look(project: &Project) -> Option<Chromium> {
    let folders = project.search_path();
    let browser = named("CHROMIUM")
        .or_else(|| BROWSERS.iter().find_map(|name| find(&folders, name)))
        .or_else(|| Some(PathBuf::from(MAC)).filter(|path| path.is_file()))
        .or_else(playwrights)?;
    let beside = browser.parent().map(Path::to_owned).into_iter();
    let folders: Vec<PathBuf> =
        folders.into_iter().chain(beside).chain(["/usr/lib/chromium-browser".into()]).collect();
    let driver = named("CHROMEDRIVER").or_else(|| find(&folders, "chromedriver"))?;
    Some(Chromium { browser, driver })
}

fn named(variable: &str) -> Option<PathBuf> {
    env::var_os(variable).map(PathBuf::from).filter(|path| path.is_file())
}

/// The newest browser that `npx playwright install` left.
fn playwrights() -> Option<PathBuf> {
    let cache = env::var_os("PLAYWRIGHT_BROWSERS_PATH")
        .map(PathBuf::from)
        .or_else(|| Some(env::home_dir()?.join(".cache/ms-playwright")))?;
    let mut all: Vec<PathBuf> = cache
        .read_dir()
        .ok()?
        .filter_map(|entry| Some(entry.ok()?.path().join("chrome-linux/chrome")))
        .filter(|path| path.is_file())
        .collect();
    all.sort();
    all.pop()
}

/// Version of the browser, which must match the driver's.
fn version(project: &Project, chromium: &Chromium) -> Result<String> {
    let browser = output(project.command(&chromium.browser).arg("--version"))?;
    let driver = output(project.command(&chromium.driver).arg("--version"))?;
    match (number(&browser), number(&driver)) {
        (Some(b), Some(d)) if b.split('.').next() == d.split('.').next() => Ok(format!("Chromium {b}")),
        _ => bail!("the browser is `{}` and its driver `{}`; {HOW}", browser.trim(), driver.trim()),
    }
}

/// The first word that is a version number.
fn number(printed: &str) -> Option<&str> {
    printed.split_whitespace().find(|word| word.starts_with(|c: char| c.is_ascii_digit()))
}

fn install(project: &Project) -> Result<()> {
    let apt = find(&project.search_path(), "apt-get");
    let root = output(project.command("id").arg("-u")).is_ok_and(|id| id.trim() == "0");
    let (Some(apt), true) = (apt, root) else { bail!("Chromium or ChromeDriver is missing: {HOW}") };
    announce("chromium", "installing Debian's packages");
    output(project.command(&apt).arg("update"))?;
    output(
        project
            .command(&apt)
            .args(["install", "--yes", "--no-install-recommends", "chromium", "chromium-driver"])
            .env("DEBIAN_FRONTEND", "noninteractive"),
    )?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn version_numbers_are_found_in_what_programs_print() {
        assert_eq!(number("Chromium 156.0.7700.1 built on Debian\n"), Some("156.0.7700.1"));
        assert_eq!(number("ChromeDriver 156.0.7700.1 (abc)"), Some("156.0.7700.1"));
        assert_eq!(number("no version"), None);
    }
}
