//! Allows one process per run: a lock on the run's folder, which the system releases when the process
//! ends.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

use super::Checkpoints;
use crate::file;

const NAME: &str = ".lock";

/// Exclusive access to a run's folder, until dropped.
#[derive(Debug)]
pub struct Lock {
    #[expect(dead_code, reason = "the open file is the lock")]
    file: File,
    run: PathBuf,
    /// Whether the folder was created for this lock.
    created: bool,
}

/// Why a run's folder can't be locked.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another process trains in the folder.
    #[error("another process is training in {}; wait for its end or choose another --out", .0.display())]
    Taken(PathBuf),
    /// The folder can't be created or written to.
    #[error("the run's folder {} can't be used: {source}; check its permissions and free space", folder.display())]
    Unusable {
        /// The run's folder.
        folder: PathBuf,
        /// Cause.
        source: std::io::Error,
    },
}

impl Lock {
    /// Creates and locks the run's folder, and removes incomplete files that a killed process left.
    ///
    /// # Errors
    /// Fails if another process holds the lock or the folder can't be written to.
    pub fn take(run: &Path) -> Result<Self, LockError> {
        let unusable = |source| LockError::Unusable { folder: run.to_owned(), source };
        let created = !run.exists();
        std::fs::create_dir_all(run).map_err(unusable)?;
        let lock = File::create(run.join(NAME)).map_err(unusable)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(LockError::Taken(run.to_owned())),
            Err(TryLockError::Error(source)) => return Err(unusable(source)),
        }
        for folder in [run, Checkpoints::of(run).path()] {
            file::remove_unfinished(folder).map_err(unusable)?;
        }
        Ok(Self { file: lock, run: run.to_owned(), created })
    }

    /// Ends the access before the run begins, and removes the folder if it is new and has nothing else in it.
    pub fn leave(self) {
        if !self.created {
            return;
        }
        // What can't be removed does no harm.
        let _lock = std::fs::remove_file(self.run.join(NAME));
        let _folder = std::fs::remove_dir(&self.run);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_taken_once_and_cleared_of_unfinished_files() -> Result<(), Box<dyn std::error::Error>> {
        let folder = tempfile::tempdir()?;
        let run = folder.path().join("deep/run");
        let lock = Lock::take(&run)?;
        assert!(matches!(Lock::take(&run), Err(LockError::Taken(_))));
        drop(lock);
        std::fs::create_dir(Checkpoints::of(&run).path())?;
        let half = Checkpoints::of(&run).path().join(".writing-abc");
        let whole = Checkpoints::of(&run).file(3);
        for file in [&half, &whole] {
            std::fs::write(file, b"x")?;
        }
        Lock::take(&run)?;
        assert!(!half.exists() && whole.exists());
        Ok(())
    }

    #[test]
    fn a_folder_that_can_not_be_created_is_named() -> Result<(), Box<dyn std::error::Error>> {
        let file = tempfile::NamedTempFile::new()?;
        let error = Lock::take(&file.path().join("run")).expect_err("a file has no folders");
        assert!(error.to_string().contains("run can't be used"), "{error}");
        Ok(())
    }
}
