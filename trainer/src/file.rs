//! Writing files so that nothing is ever half written.

use std::io::Write;
use std::path::{Path, PathBuf};

/// Beginning of the names of files that are being written.
const UNFINISHED: &str = ".writing-";

/// A file that could not be written.
#[derive(Debug, thiserror::Error)]
#[error("{} could not be written: {source}; check the folder's permissions and free space", path.display())]
pub struct WriteError {
    path: PathBuf,
    source: std::io::Error,
}

/// Writes `bytes` to `path` by way of a temporary file beside it: synced, renamed, and the folder
/// synced. Whatever happens, `path` holds either its old content or all of the new.
///
/// # Errors
/// Names the file if the folder is missing, read-only or full.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), WriteError> {
    stream(path, |file| file.write_all(bytes))
}

/// As [`write`], for content that is produced piece by piece.
///
/// # Errors
/// Names the file if it can't be written or `content` fails.
pub fn stream(
    path: &Path,
    content: impl FnOnce(&mut std::io::BufWriter<&std::fs::File>) -> std::io::Result<()>,
) -> Result<(), WriteError> {
    let attempt = || -> std::io::Result<()> {
        let folder = match path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        let temporary = tempfile::Builder::new().prefix(UNFINISHED).tempfile_in(folder)?;
        let mut writer = std::io::BufWriter::with_capacity(1 << 20, temporary.as_file());
        content(&mut writer)?;
        writer.flush()?;
        drop(writer);
        temporary.as_file().sync_all()?;
        make_readable(temporary.as_file())?;
        temporary.persist(path).map_err(|e| e.error)?;
        std::fs::File::open(folder)?.sync_all()
    };
    attempt().map_err(|source| WriteError { path: path.to_owned(), source })
}

/// Removes what a killed process left half written in `folder`; nothing to do if there is no folder.
///
/// # Errors
/// Fails if the folder can't be listed or a file not removed.
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

/// Temporary files are private; what replaces a user's file should be as readable as others.
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
        assert!(error.to_string().starts_with("/nonexistent/folder/file could not be written"));
    }
}
