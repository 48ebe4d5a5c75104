//! The page's service worker: `static/service.js` with a list of the files to cache, their hashes, and a
//! version that is a hash of their contents.

use std::path::Path;

use anyhow::Result;
use flate2::Crc;
use fs_err as fs;
use serde_json::json;

use crate::integrity::hash;
use crate::project::Project;
use crate::{files, footer, manifest, notices, sums};

/// File name of the service worker, in the page's folder.
const SCRIPT: &str = "service.js";
/// File name of the page.
const PAGE: &str = "index.html";
/// Folder of the models.
const MODELS: &str = "models/";

/// Preview image of shared links.
const PREVIEW: &str = "preview.png";

/// Writes the service worker to the built page's `folder`.
///
/// # Errors
/// Fails if a file can't be read or written.
pub(crate) fn write(project: &Project, folder: &Path) -> Result<()> {
    let source = project.root.join("static").join(SCRIPT);
    let code = fs::read_to_string(&source)?;
    Ok(fs::write(folder.join(SCRIPT), script(folder, &code)?)?)
}

fn script(folder: &Path, code: &str) -> Result<String> {
    let files = files::list(folder)?;
    let mut files: Vec<String> = files.iter().map(|file| files::url(file, folder)).collect::<Result<_>>()?;
    // Files that the page never loads are not cached.
    files.retain(|file| ![SCRIPT, notices::FILE, sums::FILE].contains(&file.as_str()));
    files.retain(|file| !footer::licences().contains(file));
    files.sort();
    let opening = opening(folder)?;
    let mut version = Crc::new();
    version.update(code.as_bytes());
    for file in &files {
        version.update(file.as_bytes());
        version.update(&fs::read(folder.join(file))?);
    }
    // Caches all files that are not models, and the models that the page opens with; other models are
    // cached on use.
    files.retain(|file| !file.ends_with(".safetensors") || opening.contains(file));
    let mut kept = Vec::new();
    // The preview image is only loaded online.
    for file in files.iter().filter(|file| *file != PREVIEW) {
        // Models and their manifest may change without a new version.
        let fixed = !file.starts_with(MODELS);
        let bytes = fs::read(folder.join(file))?;
        kept.push((file.as_str(), fixed.then(|| hash(&bytes))));
    }
    // The page is requested by the name of its folder.
    let page = kept.iter().find(|(file, _)| *file == PAGE).map(|(_, hash)| hash.clone());
    kept.push(("./", page.flatten()));
    Ok(format!("const VERSION = \"{:08x}\";\nconst FILES = {};\n{code}", version.sum(), json!(kept)))
}

/// Paths of the models in the manifest's first data set, which the page opens with.
fn opening(folder: &Path) -> Result<Vec<String>> {
    let text = fs::read_to_string(folder.join("models/manifest.json"))?;
    let files = manifest::of_first_set(&text)?.into_iter();
    Ok(files.map(|file| format!("models/{file}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_byte_is_another_version_and_every_file_of_the_opening_is_kept() -> Result<()> {
        let folder = tempfile::tempdir()?;
        let write = |file: &str, text: &str| fs::write(folder.path().join(file), text);
        fs::create_dir(folder.path().join("models"))?;
        write("index.html", "page")?;
        let model = |file, set| format!(r#"{{"file": "{file}.safetensors", "set": "{set}"}}"#);
        let models = [model("a", "One"), model("b", "Two"), model("c", "One")].join(",");
        write("models/manifest.json", &format!(r#"{{"models": [{models}]}}"#))?;
        for file in ["a", "b", "c"] {
            write(&format!("models/{file}.safetensors"), "weights")?;
        }
        write(SCRIPT, "an earlier one")?;
        let first = script(folder.path(), "code")?;
        for file in [notices::FILE, sums::FILE] {
            write(file, "not kept")?;
        }
        let page = Some(hash(b"page"));
        let models = ["a.safetensors", "c.safetensors", "manifest.json"].map(|file| format!("models/{file}"));
        let kept = [("index.html", page.clone())];
        let models = models.iter().map(|file| (file.as_str(), None));
        let kept: Vec<_> = kept.into_iter().chain(models).chain([("./", page)]).collect();
        assert!(first.contains(&format!("const FILES = {};", json!(kept))), "{first}");
        assert!(first.ends_with("\ncode"));
        assert_eq!(script(folder.path(), "code")?, first);
        write("models/b.safetensors", "others")?;
        assert_ne!(script(folder.path(), "code")?, first, "a model that is not kept is part of the version");
        Ok(())
    }
}
