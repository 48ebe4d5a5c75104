//! Picture files in a folder, a tar or a zip archive, one after another.
//!
//! Nothing of an archive is unpacked to disk, so that no name in it can reach a place outside.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use super::prepare::PrepareError;

/// Largest picture file that is read.
const MAX_FILE: u64 = 64 << 20;
/// Deepest folder that is looked into.
const MAX_DEPTH: usize = 32;
/// Endings of picture files.
const ENDINGS: [&str; 4] = [".png", ".jpg", ".jpeg", ".webp"];

/// Where picture files are.
#[derive(Debug)]
pub(super) enum Files {
    Folder(PathBuf),
    Tar(PathBuf),
    Zip(PathBuf),
}

/// A file, or a few words on why it can't be had.
#[derive(Debug)]
pub(super) struct Encoded {
    pub(super) name: String,
    pub(super) bytes: Result<Vec<u8>, String>,
}

type Visit<'a> = dyn FnMut(Encoded) -> Result<(), PrepareError> + 'a;

impl Files {
    /// Finds out what `path` is, by its content.
    pub(super) fn at(path: &Path) -> Result<Self, PrepareError> {
        let failed = |source| PrepareError::Read { path: path.to_owned(), source };
        if std::fs::metadata(path).map_err(failed)?.is_dir() {
            return Ok(Self::Folder(path.to_owned()));
        }
        let mut start = Vec::new();
        File::open(path).map_err(failed)?.take(512).read_to_end(&mut start).map_err(failed)?;
        if start.starts_with(b"PK") {
            Ok(Self::Zip(path.to_owned()))
        } else if start.get(257..262) == Some(b"ustar") {
            Ok(Self::Tar(path.to_owned()))
        } else {
            let problem = "it is neither a folder nor a tar or zip archive".into();
            Err(PrepareError::Content { path: path.to_owned(), problem })
        }
    }

    /// Visits every picture file whose name `wanted` takes: a folder's by name, an archive's as stored.
    pub(super) fn each(&self, wanted: fn(&str) -> bool, visit: &mut Visit) -> Result<(), PrepareError> {
        let wanted = |name: &str| {
            let lower = name.to_ascii_lowercase();
            let hidden = name.rsplit('/').next().is_some_and(|file| file.starts_with('.'));
            !hidden && ENDINGS.iter().any(|ending| lower.ends_with(ending)) && wanted(name)
        };
        match self {
            Self::Folder(path) => each_in_folder(path, &wanted, visit),
            Self::Tar(path) => {
                let failed = |source| PrepareError::Read { path: path.clone(), source };
                let file = File::open(path).map_err(failed)?;
                let length = file.metadata().map_err(failed)?.len();
                let mut archive = tar::Archive::new(file);
                for entry in archive.entries_with_seek().map_err(failed)? {
                    let mut entry = entry.map_err(failed)?;
                    let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
                    let end = entry.raw_file_position().checked_add(entry.size());
                    if end.is_none_or(|end| end > length) {
                        let problem = format!("it ends within {name}; copy it again");
                        return Err(PrepareError::Content { path: path.clone(), problem });
                    }
                    if entry.header().entry_type().is_file() && wanted(&name) {
                        let bytes = bounded(entry.size(), &mut entry);
                        visit(Encoded { name, bytes })?;
                    }
                }
                Ok(())
            }
            Self::Zip(path) => {
                let read = |source| PrepareError::Read { path: path.clone(), source };
                let broken = |error: zip::result::ZipError| PrepareError::Content {
                    path: path.clone(),
                    problem: error.to_string(),
                };
                let file = BufReader::new(File::open(path).map_err(read)?);
                let mut archive = zip::ZipArchive::new(file).map_err(broken)?;
                for index in 0..archive.len() {
                    let Some(raw) = archive.name_for_index(index) else { continue };
                    let name = raw.map_err(broken)?.to_string();
                    if !wanted(&name) {
                        continue;
                    }
                    let bytes = match archive.by_index(index) {
                        Ok(mut entry) => bounded(entry.size(), &mut entry),
                        Err(error) => Err(error.to_string()),
                    };
                    visit(Encoded { name, bytes })?;
                }
                Ok(())
            }
        }
    }
}

fn each_in_folder(root: &Path, wanted: &dyn Fn(&str) -> bool, visit: &mut Visit) -> Result<(), PrepareError> {
    let mut paths = Vec::new();
    list(root, 0, &mut paths)?;
    paths.sort();
    for path in paths {
        let name = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().replace('\\', "/");
        if !wanted(&name) {
            continue;
        }
        let bytes = File::open(&path)
            .and_then(|file| Ok((file.metadata()?.len(), file)))
            .map_err(|error| error.to_string())
            .and_then(|(size, mut file)| bounded(size, &mut file));
        visit(Encoded { name, bytes })?;
    }
    Ok(())
}

/// Links to folders are not followed, so that a loop can't catch the walk.
fn list(folder: &Path, depth: usize, paths: &mut Vec<PathBuf>) -> Result<(), PrepareError> {
    let failed = |source| PrepareError::Read { path: folder.to_owned(), source };
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let kind = entry.file_type().map_err(failed)?;
        if kind.is_dir() && depth < MAX_DEPTH {
            list(&entry.path(), depth + 1, paths)?;
        } else if kind.is_file() || kind.is_symlink() {
            paths.push(entry.path());
        }
    }
    Ok(())
}

/// All of a file that says it has `size` bytes, whatever it says.
fn bounded(size: u64, reader: &mut dyn Read) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    reader.take(MAX_FILE + 1).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    if bytes.len() as u64 > MAX_FILE {
        return Err(format!("it has more than {} MiB", MAX_FILE >> 20));
    }
    if (bytes.len() as u64) < size {
        return Err(format!("it ends after {} of {size} bytes", bytes.len()));
    }
    Ok(bytes)
}
