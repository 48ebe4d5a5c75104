//! Reads picture files from a folder, tar or zip archive, one after another.
//!
//! Archives are never unpacked to disk, so no name in them can reach a path outside.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, ErrorKind, Read};
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use super::error::PrepareError;
use crate::report::{brief, counted, thousands};

/// Maximum size of a picture file.
const MAX_FILE: u64 = 64 << 20;
/// Maximum depth of nested folders.
const MAX_DEPTH: usize = 32;
/// Extensions of picture files.
const ENDINGS: [&str; 9] = [".png", ".jpg", ".jpeg", ".jfif", ".webp", ".bmp", ".gif", ".tif", ".tiff"];
/// Number of extensions of other files that are listed separately.
const TOLD: usize = 6;

/// Location of picture files.
#[derive(Debug)]
pub(super) enum Files {
    Folder(PathBuf),
    Tar(PathBuf),
    Zip(PathBuf),
}

/// The content of a file, or the reason why it can't be read.
#[derive(Debug)]
pub(super) struct Encoded {
    pub(super) name: String,
    pub(super) bytes: Result<Vec<u8>, String>,
}

/// Other files that were found.
#[derive(Debug, Default)]
pub(super) struct Others {
    count: u64,
    /// Number of files by extension, with the name of the first.
    kinds: BTreeMap<String, (u64, String)>,
}

impl Others {
    fn add(&mut self, name: &str) {
        let file = name.rsplit('/').next().unwrap_or(name);
        let ending = file.rsplit_once('.').map_or("no ending".to_owned(), |(_, end)| format!(".{end}"));
        self.add_as(&ending.to_lowercase(), name);
    }

    fn add_as(&mut self, kind: &str, name: &str) {
        self.count += 1;
        let kind = if self.kinds.len() < TOLD || self.kinds.contains_key(kind) { kind } else { "others" };
        self.kinds.entry(kind.to_owned()).or_insert_with(|| (0, name.to_owned())).0 += 1;
    }

    /// Describes the files, as in `505 other files were left out: 500 .txt, such as notes.txt`, or
    /// returns `None` if there are none.
    pub(super) fn words(&self) -> Option<String> {
        let kind = |(kind, (count, name)): (&String, &(u64, String))| {
            let name = name.escape_debug().to_string();
            format!("{} {}, such as {}", thousands(*count), brief(kind), brief(&name))
        };
        let kinds: Vec<String> = self.kinds.iter().map(kind).collect();
        let were = if self.count == 1 { "was" } else { "were" };
        (self.count > 0)
            .then(|| format!("{} {were} left out: {}", counted(self.count, "other file"), kinds.join("; ")))
    }
}

type Visit<'a> = dyn FnMut(Encoded) -> Result<(), PrepareError> + 'a;

impl Files {
    /// Determines from its content what `path` is.
    pub(super) fn at(path: &Path) -> Result<Self, PrepareError> {
        let failed = |source| PrepareError::Read { path: path.to_owned(), source };
        let kind = std::fs::metadata(path).map_err(failed)?;
        if kind.is_dir() {
            return Ok(Self::Folder(path.to_owned()));
        }
        if !kind.is_file() {
            let problem = "it is neither a folder nor a file".into();
            return Err(PrepareError::Content { path: path.to_owned(), problem });
        }
        let mut start = Vec::new();
        File::open(path).map_err(failed)?.take(512).read_to_end(&mut start).map_err(failed)?;
        if is_zip(&start) {
            Ok(Self::Zip(path.to_owned()))
        } else if is_archive(&start) {
            Ok(Self::Tar(path.to_owned()))
        } else {
            let compressed =
                start.starts_with(b"\x1f\x8b") || start.starts_with(b"BZh") || start.starts_with(b"\xfd7zXZ");
            let problem = match compressed {
                true => "it is compressed; unpack it first",
                false => "it is neither a folder nor a tar or zip archive",
            };
            let problem = problem.into();
            Err(PrepareError::Content { path: path.to_owned(), problem })
        }
    }

    /// Visits every picture file whose name `wanted` accepts: sorted by name in a folder, in stored order
    /// in an archive. Returns the other files; hidden files are ignored.
    pub(super) fn each(&self, wanted: fn(&str) -> bool, visit: &mut Visit) -> Result<Others, PrepareError> {
        let mut others = Others::default();
        let mut wanted = |name: &str| {
            let lower = name.to_ascii_lowercase();
            let hidden = name.rsplit('/').next().is_some_and(|file| file.starts_with('.'));
            let taken = !hidden && ENDINGS.iter().any(|ending| lower.ends_with(ending)) && wanted(name);
            if !taken && !hidden {
                others.add(name);
            }
            taken
        };
        match self {
            Self::Folder(path) => {
                let no_files = each_in_folder(path, &mut wanted, visit)?;
                no_files.iter().for_each(|(name, kind)| others.add_as(kind, name));
            }
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
                    if name.ends_with('/') || !wanted(&name) {
                        continue;
                    }
                    let bytes = match archive.by_index(index) {
                        Ok(mut entry) => bounded(entry.size(), &mut entry),
                        Err(error) => Err(error.to_string()),
                    };
                    visit(Encoded { name, bytes })?;
                }
            }
        }
        Ok(others)
    }
}

/// Whether a file that begins with `start` (512 bytes) is a supported archive.
pub(super) fn is_archive(start: &[u8]) -> bool {
    is_zip(start) || start.get(257..262) == Some(b"ustar")
}

fn is_zip(start: &[u8]) -> bool {
    start.starts_with(b"PK")
}

/// Visits the files of a folder. Returns the names and kinds of links to no file, pipes and devices.
fn each_in_folder(
    root: &Path,
    wanted: &mut dyn FnMut(&str) -> bool,
    visit: &mut Visit,
) -> Result<Vec<(String, &'static str)>, PrepareError> {
    let (mut paths, mut no_files) = (Vec::new(), Vec::new());
    list(root, &mut paths, &mut no_files)?;
    paths.sort();
    let name = |path: &Path| path.strip_prefix(root).unwrap_or(path).to_string_lossy().replace('\\', "/");
    for path in paths {
        let name = name(&path);
        if !wanted(&name) {
            continue;
        }
        let bytes = File::open(&path)
            .and_then(|file| Ok((file.metadata()?.len(), file)))
            .map_err(|error| error.to_string())
            .and_then(|(size, mut file)| bounded(size, &mut file));
        visit(Encoded { name, bytes })?;
    }
    no_files.sort();
    Ok(no_files.iter().map(|(path, kind)| (name(path), *kind)).collect())
}

/// Links to folders are not followed, to avoid loops; links to pipes and devices are not followed because
/// reading them may never end.
fn list(
    root: &Path,
    paths: &mut Vec<PathBuf>,
    no_files: &mut Vec<(PathBuf, &'static str)>,
) -> Result<(), PrepareError> {
    for entry in WalkDir::new(root).min_depth(1).max_depth(MAX_DEPTH + 1) {
        let entry = entry.map_err(|error| {
            let path = error.path().unwrap_or(root).to_owned();
            let source = error.into_io_error().unwrap_or_else(|| ErrorKind::Other.into());
            PrepareError::Read { path, source }
        })?;
        let kind = entry.file_type();
        let path = entry.into_path();
        if kind.is_file() || kind.is_symlink() && path.is_file() {
            paths.push(path);
        } else if kind.is_symlink() {
            no_files.push((path, "links to no file"));
        } else if !kind.is_dir() {
            no_files.push((path, "pipe or device"));
        }
    }
    Ok(())
}

/// Reads a file that claims to have `size` bytes, with an upper bound.
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
