//! What the page's footer links to: the licence files, and the project's repository if a manifest names it.

use std::path::Path;

use anyhow::{Context, Result};
use fs_err as fs;
use serde_json::Value;

use crate::project::{Project, output};

/// File name of the page.
const PAGE: &str = "index.html";
/// Licences, in the project's root. With this ending, hosts serve them as text.
const LICENCES: [&str; 2] = ["LICENSE-MIT", "LICENSE-APACHE"];
const ENDING: &str = ".txt";
/// Where the link to the repository stands in the page.
const PLACE: &str = "<!-- source -->";

/// File names of the licences in the built page.
pub(crate) fn licences() -> [String; 2] {
    LICENCES.map(|name| format!("{name}{ENDING}"))
}

/// Copies the licences to the built page's `folder`, and writes the link to the repository into the page.
///
/// # Errors
/// Fails if a file can't be read or written.
pub(crate) fn write(project: &Project, folder: &Path) -> Result<()> {
    for (from, to) in LICENCES.iter().zip(licences()) {
        fs::copy(project.root.join(from), folder.join(to))?;
    }
    let metadata =
        output(project.cargo().args(["metadata", "--locked", "--no-deps", "--format-version", "1"]))?;
    let metadata: Value = serde_json::from_str(&metadata).context("what cargo metadata printed")?;
    let path = folder.join(PAGE);
    let page = fs::read_to_string(&path)?;
    let page = with_source(&page, repository(&metadata))?;
    Ok(fs::write(&path, page)?)
}

/// The repository that a manifest of the workspace names.
fn repository(metadata: &Value) -> Option<&str> {
    let packages = metadata["packages"].as_array()?;
    packages.iter().find_map(|package| package["repository"].as_str())
}

/// The page with a link to the repository, if there is one.
fn with_source(page: &str, repository: Option<&str>) -> Result<String> {
    let (before, after) = page.split_once(PLACE).context("the page has no place for the repository")?;
    let link = repository.map(|address| {
        let address = address.replace('&', "&amp;").replace('"', "&quot;");
        format!(r#"<a href="{address}">Source code</a>. "#)
    });
    Ok([before, &link.unwrap_or_default(), after].concat())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_page_links_to_the_repository_that_a_manifest_names() -> Result<()> {
        let metadata =
            json!({ "packages": [{ "repository": null }, { "repository": "https://example.org/a?b&c" }] });
        let page = "<p><!-- source -->Licence</p>";
        let linked = with_source(page, repository(&metadata))?;
        assert_eq!(linked, r#"<p><a href="https://example.org/a?b&amp;c">Source code</a>. Licence</p>"#);
        assert_eq!(with_source(page, repository(&json!({ "packages": [] })))?, "<p>Licence</p>");
        assert!(with_source("<p></p>", None).is_err());
        Ok(())
    }
}
