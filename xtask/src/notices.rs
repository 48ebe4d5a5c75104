//! Third-party notices: the crates in a wasm module, with the texts of their licences.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use fs_err as fs;
use serde_json::Value;

use crate::project::{Project, output};

/// File name.
pub(crate) const FILE: &str = "NOTICES.txt";
/// Prefixes of licence file names.
const TEXTS: [&str; 6] = ["license", "licence", "copying", "copyright", "notice", "unlicense"];
const HEAD: &str = "This is built from the crates below and from Rust's standard library (MIT OR Apache-2.0,
https://www.rust-lang.org), under the licences that they state. The texts that come with them follow.
";

/// A crate that is compiled in.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Built {
    name: String,
    licence: String,
    repository: String,
    folder: PathBuf,
}

/// Writes the notices of the crate `web`, built with `features`, to `folder`.
///
/// # Errors
/// Fails if cargo doesn't list the crates, or a file can't be read or written.
pub(crate) fn write(project: &Project, folder: &Path, features: &str) -> Result<()> {
    let mut tree = project.cargo();
    tree.args(["tree", "--locked", "--package", "latentscope-web", "--no-default-features", "--features"])
        .args([features, "--target", "wasm32-unknown-unknown", "--edges", "normal,no-proc-macro"])
        .args(["--prefix", "none", "--format", "{p}"]);
    let tree = output(&mut tree)?;
    let metadata = output(project.cargo().args(["metadata", "--locked", "--format-version", "1"]))?;
    let crates = crates(&tree, &metadata)?;
    ensure!(!crates.is_empty(), "cargo names no crate that the page is built from");
    let path = folder.join(FILE);
    Ok(fs::write(&path, notices(&crates)?)?)
}

/// Third-party crates in the output of `cargo tree`, with details from `cargo metadata`.
fn crates(tree: &str, metadata: &str) -> Result<Vec<Built>> {
    let metadata: Value = serde_json::from_str(metadata).context("what cargo metadata printed")?;
    let packages = metadata["packages"].as_array().context("cargo metadata lists no packages")?;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let known: BTreeMap<String, Built> = packages
        .iter()
        .filter(|package| !package["source"].is_null())
        .map(|package| {
            let name = format!("{} {}", text(&package["name"]), text(&package["version"]));
            let manifest = PathBuf::from(text(&package["manifest_path"]));
            let built = Built {
                name: name.clone(),
                licence: text(&package["license"]),
                repository: text(&package["repository"]),
                folder: manifest.parent().unwrap_or(Path::new("")).to_owned(),
            };
            (name, built)
        })
        .collect();
    // A line is `anyhow v1.0.1`, followed by ` (*)` if it appeared before.
    let name = |line: &str| {
        let mut words = line.split_whitespace();
        Some(format!("{} {}", words.next()?, words.next()?.strip_prefix('v')?))
    };
    let mut names: Vec<String> = tree.lines().filter_map(name).collect();
    names.sort();
    names.dedup();
    Ok(names.iter().filter_map(|name| known.get(name).cloned()).collect())
}

/// One line per crate, then each text once, below the names of the crates that use it.
fn notices(crates: &[Built]) -> Result<String> {
    let mut texts: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    let mut lines = String::new();
    for Built { name, licence, repository, folder } in crates {
        lines += &format!("{name}: {licence}, {repository}\n");
        let mut files = texts_in(folder)?;
        // Some crates are published without the texts that lie at the root of their repository.
        for other in crates.iter().filter(|other| other.repository == *repository) {
            if files.is_empty() {
                files = texts_in(&other.folder)?;
            }
        }
        ensure!(!files.is_empty(), "{name} comes without its licence's text, as all crates of {repository}");
        for file in files {
            let bytes = fs::read(&file)?;
            let text = String::from_utf8_lossy(&bytes).replace("\r\n", "\n");
            let names = texts.entry(text.trim().to_owned()).or_default();
            if names.last() != Some(&name.as_str()) {
                names.push(name);
            }
        }
    }
    let mut texts: Vec<_> = texts.into_iter().map(|(text, names)| (names.join(", "), text)).collect();
    texts.sort();
    let texts: String =
        texts.iter().map(|(names, text)| format!("\n{}\n{names}\n\n{text}\n", "-".repeat(72))).collect();
    Ok(format!("{HEAD}\n{lines}{texts}"))
}

/// Licence files in a crate's folder.
fn texts_in(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder)?;
    let mut files: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
            path.is_file() && TEXTS.iter().any(|start| name.starts_with(start))
        })
        .collect();
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_crate_has_a_line_and_each_text_stands_once() -> Result<()> {
        let folder = tempfile::tempdir()?;
        for (name, text) in [("a/LICENSE-MIT", "Mine.\r\n"), ("b/license", "Mine.\n"), ("b/NOTICE", "Note.")]
        {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().context("a folder")?)?;
            fs::write(path, text)?;
        }
        fs::write(folder.path().join("a/lib.rs"), "code")?;
        fs::create_dir(folder.path().join("bare"))?;
        let package = |name: &str, source: Value| {
            let manifest = folder.path().join(name).join("Cargo.toml");
            serde_json::json!({
                "name": name, "version": "1.0.0", "license": "MIT", "repository": format!("https://{}", &name[..1]),
                "source": source, "manifest_path": manifest,
            })
        };
        let metadata = serde_json::json!({
            "packages": [package("a", "registry".into()), package("b", "registry".into()), package("bare", "registry".into()), package("own", Value::Null),
                package("unused", "registry".into())],
        });
        let crates = crates(
            "own v1.0.0 (/own)\nbare v1.0.0\nb v1.0.0\na v1.0.0\nb v1.0.0 (*)\n",
            &metadata.to_string(),
        )?;
        let rule = "-".repeat(72);
        let expected = format!(
            "{HEAD}\na 1.0.0: MIT, https://a\nb 1.0.0: MIT, https://b\nbare 1.0.0: MIT, https://b\n\
             \n{rule}\na 1.0.0, b 1.0.0, bare 1.0.0\n\nMine.\n\n{rule}\nb 1.0.0, bare 1.0.0\n\nNote.\n"
        );
        assert_eq!(notices(&crates)?, expected);
        // A crate without a text anywhere stops the build.
        let alone: Vec<Built> = crates.into_iter().filter(|built| built.name.starts_with("bare")).collect();
        let error = notices(&alone).expect_err("it has no text").to_string();
        assert!(error.starts_with("bare 1.0.0 comes without"), "{error}");
        Ok(())
    }
}
