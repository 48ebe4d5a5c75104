//! Walks of folders.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use walkdir::WalkDir;

/// Returns all files below `folder`, sorted by path.
///
/// # Errors
/// Fails if a folder can't be read.
pub(crate) fn list(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in WalkDir::new(folder) {
        let entry = entry.with_context(|| format!("{} can't be read", folder.display()))?;
        if !entry.file_type().is_dir() {
            files.push(entry.into_path());
        }
    }
    files.sort();
    Ok(files)
}

/// Returns the path of `file` below `folder`, as in URLs.
///
/// # Errors
/// Fails if the file is not below the folder.
pub(crate) fn url(file: &Path, folder: &Path) -> Result<String> {
    let parts: Vec<_> = file.strip_prefix(folder)?.iter().map(|part| part.to_string_lossy()).collect();
    Ok(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn files_are_listed_at_any_depth_in_order() -> Result<()> {
        let folder = tempfile::tempdir()?;
        fs::create_dir_all(folder.path().join("b/deep"))?;
        fs::create_dir(folder.path().join("empty"))?;
        for name in ["c", "b/deep/x", "a"] {
            fs::write(folder.path().join(name), "")?;
        }
        let files = list(folder.path())?;
        let urls: Vec<String> = files.iter().map(|file| url(file, folder.path())).collect::<Result<_>>()?;
        assert_eq!(urls, ["a", "b/deep/x", "c"]);
        assert!(list(&folder.path().join("missing")).is_err_and(|e| e.to_string().contains("missing")));
        Ok(())
    }
}
