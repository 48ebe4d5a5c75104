//! The page's style sheet: the style of the whole page, followed by those of the panels, which are next
//! to their code.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use crate::project::Project;

/// Folder of the panels and their styles.
const PANELS: &str = "web/src/panels";

/// Appends the styles of the panels to the built page's style sheet.
///
/// # Errors
/// Fails if a file can't be read or written.
pub(crate) fn write(project: &Project, folder: &Path) -> Result<()> {
    let panels = project.root.join(PANELS);
    let read =
        |path: &Path| fs::read_to_string(path).with_context(|| format!("{} can't be read", path.display()));
    let mut files: Vec<_> = fs::read_dir(&panels)
        .with_context(|| format!("{} can't be read", panels.display()))?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "css"))
        .collect();
    files.sort();
    let path = folder.join("style.css");
    let mut style = small(&read(&path)?);
    for file in files {
        style += &small(&read(&file)?);
    }
    fs::write(&path, style).with_context(|| format!("{} can't be written", path.display()))
}

/// Removes comments, indentation and empty lines from a style sheet.
fn small(style: &str) -> String {
    let mut small = String::new();
    let mut rest = style;
    let mut code = String::new();
    while let Some((before, after)) = rest.split_once("/*") {
        code += before;
        rest = after.split_once("*/").map_or("", |(_, after)| after);
    }
    code += rest;
    for line in code.lines().map(str::trim).filter(|line| !line.is_empty()) {
        small += line;
        small.push('\n');
    }
    small
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_indentation_are_removed() {
        let style = "/* Tokens. */\n:root {\n  --a: 1;\n}\n\n/* two\n lines */ b { c: d }\n";
        assert_eq!(small(style), ":root {\n--a: 1;\n}\nb { c: d }\n");
    }
}
