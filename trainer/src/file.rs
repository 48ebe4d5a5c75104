//! Atomic writing of files.
//!
//! Errors name their file themselves here and in the readers; `fs-err` would name it a second time.

use std::fs::TryLockError;
use std::io::ErrorKind;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::rgb;

/// Name prefix of files that are being written.
const UNFINISHED: &str = ".writing-";

/// A file could not be written.
#[derive(Debug, thiserror::Error)]
#[error("{} could not be written: {}", path.display(), why(cause))]
pub struct WriteError {
    path: PathBuf,
    // Not called `source`, because the message already contains it.
    cause: std::io::Error,
}

impl WriteError {
    /// An error of writing the file at `path`.
    pub(crate) fn new(path: &Path, cause: std::io::Error) -> Self {
        Self { path: path.to_owned(), cause }
    }
}

/// Reason and remedy, without the name of the temporary file that some errors contain.
fn why(error: &std::io::Error) -> String {
    let reason = match error.kind() {
        ErrorKind::NotFound => return "its folder does not exist; make it first".into(),
        ErrorKind::Other => return error.to_string(),
        ErrorKind::NotADirectory => return "its folder is a file; choose another place".into(),
        kind @ (ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem | ErrorKind::StorageFull) => {
            kind.to_string()
        }
        _ => error.to_string(),
    };
    format!("{reason}; check the folder's permissions and free space")
}

/// Why a file is not replaced.
#[derive(Debug, thiserror::Error)]
pub enum ReplaceError {
    /// The existing file has another kind of content.
    #[error("{} exists and is {}; choose another place, or move it away", path.display(), wanted.not())]
    Foreign {
        /// File.
        path: PathBuf,
        /// The kind that would be written.
        wanted: Kind,
    },
    /// The name is one of another kind of picture.
    #[error("{} would hold a PNG picture; give it a name that ends in .png", .0.display())]
    Name(PathBuf),
    /// The new file can't be written.
    #[error(transparent)]
    Write(#[from] WriteError),
}

/// Kinds of files that commands write to paths given by the user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Prepared images.
    Images,
    /// A PNG picture that [`rgb::png()`] encoded.
    Png,
    /// A numpy array.
    Npy,
    /// A weights file.
    Weights,
}

impl Kind {
    fn not(self) -> &'static str {
        match self {
            Self::Images => "no file of prepared images",
            Self::Png => "no picture of ours",
            Self::Npy => "no .npy file",
            Self::Weights => "no weights file of ours",
        }
    }

    /// Whether a file that begins with `start` has this kind.
    fn is(self, start: &[u8]) -> bool {
        match self {
            Self::Images => start.starts_with(b"LSIMAGE1"),
            Self::Png => rgb::is_marked(start),
            Self::Npy => start.starts_with(b"\x93NUMPY"),
            // A safetensors header that begins with metadata and a card.
            Self::Weights => {
                let key = model::weights::CARD_KEY.as_bytes();
                start.get(8..).is_some_and(|json| {
                    json.starts_with(b"{\"__metadata__\":{\"") && json[18..].starts_with(key)
                })
            }
        }
    }
}

/// Checks that `path` is free, or has an empty file or a file of the kind `wanted`.
///
/// # Errors
/// Fails if the file has another kind of content, its folder is missing, or the name does not end in `.png` where
/// it should.
pub fn replaceable(path: &Path, wanted: Kind) -> Result<(), ReplaceError> {
    let foreign = || ReplaceError::Foreign { path: path.to_owned(), wanted };
    let ending = path.extension().unwrap_or_default();
    if wanted == Kind::Png && !ending.eq_ignore_ascii_case("png") {
        return Err(ReplaceError::Name(path.to_owned()));
    }
    match std::fs::metadata(path) {
        Ok(found) if found.is_file() => {
            let mut start = Vec::new();
            let read = std::fs::File::open(path).and_then(|file| file.take(64).read_to_end(&mut start));
            let ours = read.is_ok() && (start.is_empty() || wanted.is(&start));
            if ours { Ok(()) } else { Err(foreign()) }
        }
        Ok(_) => Err(foreign()),
        Err(_) => match std::fs::metadata(folder(path)) {
            Err(cause) => Err(WriteError::new(path, cause).into()),
            Ok(_) => Ok(()),
        },
    }
}

/// The folder of a file.
fn folder(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Same as [`write()`], but only replaces files of the same kind.
///
/// # Errors
/// Fails if the existing file is of another kind or the new one can't be written.
pub fn replace(path: &Path, kind: Kind, bytes: &[u8]) -> Result<(), ReplaceError> {
    replaceable(path, kind)?;
    Ok(write(path, bytes)?)
}

/// Whether two paths lead to the same file.
pub fn is_same(a: &Path, b: &Path) -> bool {
    let real = |path: &Path| std::fs::canonicalize(path).ok();
    real(a).is_some() && real(a) == real(b)
}

/// Whether `path` exists in `folder` or in a folder below it.
pub fn is_inside(path: &Path, folder: &Path) -> bool {
    let real = |path: &Path| std::fs::canonicalize(path).ok();
    real(path).zip(real(folder)).is_some_and(|(path, folder)| path != folder && path.starts_with(folder))
}

/// An output path that is also an input or another output.
#[derive(Debug, thiserror::Error)]
#[error("{} would be written over what it is made from, or over another result; choose another name", .0.display())]
pub struct Overlap(PathBuf);

/// Checks that `outputs` are distinct files and none of them is one of the `inputs`.
///
/// # Errors
/// Returns the first output that overlaps.
pub fn apart(outputs: &[&Path], inputs: &[&Path]) -> Result<(), Overlap> {
    for (number, output) in outputs.iter().enumerate() {
        let taken = |other: &&Path| other == output || is_same(other, output);
        if outputs[..number].iter().chain(inputs).any(taken) {
            return Err(Overlap(output.to_path_buf()));
        }
    }
    Ok(())
}

/// Writes `bytes` to `path` atomically: a temporary file in the same folder is synced and renamed, and
/// the folder is synced. At any time, `path` has either its old content or all of the new.
///
/// # Errors
/// Fails if the folder is missing, read-only or full.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), WriteError> {
    stream(path, |file| file.write_all(bytes))
}

/// Same as [`write()`], for content that is written piece by piece.
///
/// # Errors
/// Fails if the file can't be written or `content` fails.
pub fn stream(
    path: &Path,
    content: impl FnOnce(&mut std::io::BufWriter<&std::fs::File>) -> std::io::Result<()>,
) -> Result<(), WriteError> {
    let attempt = || -> std::io::Result<()> {
        let folder = folder(path);
        remove_abandoned(folder);
        let temporary = tempfile::Builder::new().prefix(UNFINISHED).tempfile_in(folder)?;
        // The lock is held until the rename: an unlocked temporary file has no writer.
        temporary.as_file().try_lock().or_else(|error| match error {
            TryLockError::Error(error) if error.kind() != ErrorKind::Unsupported => Err(error),
            _ => Ok(()),
        })?;
        let mut writer = std::io::BufWriter::with_capacity(1 << 20, temporary.as_file());
        content(&mut writer)?;
        writer.flush()?;
        drop(writer);
        temporary.as_file().sync_all()?;
        make_readable(temporary.as_file())?;
        temporary.persist(path).map_err(|e| e.error)?;
        std::fs::File::open(folder)?.sync_all()
    };
    attempt().map_err(|cause| WriteError::new(path, cause))
}

/// Unlocked files older than this are abandoned; younger ones may be about to be locked.
const ABANDONED: Duration = Duration::from_secs(60);

/// Removes files in `folder` that killed processes left incomplete.
fn remove_abandoned(folder: &Path) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        if !entry.file_name().to_string_lossy().starts_with(UNFINISHED) {
            continue;
        }
        let age = entry.metadata().ok().and_then(|found| found.modified().ok()?.elapsed().ok());
        let file = std::fs::File::open(entry.path());
        if age.is_some_and(|age| age >= ABANDONED) && file.is_ok_and(|file| file.try_lock().is_ok()) {
            // Another process may have removed it first.
            let _gone = std::fs::remove_file(entry.path());
        }
    }
}

/// Removes files in `folder` that a killed process left incomplete; does nothing if there is no folder.
///
/// # Errors
/// Fails if the folder can't be read or a file can't be removed.
pub(crate) fn remove_unfinished(folder: &Path) -> std::io::Result<()> {
    if !folder.is_dir() {
        return Ok(());
    }
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(UNFINISHED) {
            std::fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// Temporary files are private, but the files that replace a user's should be readable as usual.
#[cfg(unix)]
fn make_readable(file: &std::fs::File) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(std::fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn make_readable(_: &std::fs::File) -> std::io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_write_leaves_the_old_file_and_nothing_else() -> Result<(), Box<dyn std::error::Error>> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("file");
        write(&path, b"old")?;
        let failed = stream(&path, |file| {
            file.write_all(b"ne")?;
            Err(std::io::Error::other("the disk is full"))
        });
        assert!(failed.is_err_and(|e| e.to_string().contains("the disk is full")));
        assert_eq!(std::fs::read(&path)?, b"old");
        assert_eq!(std::fs::read_dir(folder.path())?.count(), 1);
        Ok(())
    }

    #[test]
    fn a_missing_folder_is_named() {
        let error = write(Path::new("/nonexistent/folder/file"), b"x").expect_err("it was written");
        let message =
            "/nonexistent/folder/file could not be written: its folder does not exist; make it first";
        assert_eq!(error.to_string(), message);
        let error = replaceable(Path::new("/nonexistent/folder/file"), Kind::Npy).expect_err("it fits");
        assert_eq!(error.to_string(), message);
        assert!(replaceable(Path::new("no-such-file.npy"), Kind::Npy).is_ok());
    }
}
