//! Errors of reading and preparing data sets.

use std::path::PathBuf;

use super::cache::CacheError;
use crate::file::WriteError;
use crate::npy::NpyError;
use crate::report::{brief, counted};

/// At most one in this many files may be bad.
pub(super) const BAD: u64 = 100;

/// Why a data set can't be used.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// There is no data set with this name.
    #[error(
        "there is no data set `{name}`; choose one of: {known}, or give a file that \
         `latentscope data prepare` made, a folder, tar or zip of pictures, or an .npy file of images"
    )]
    Unknown {
        /// The requested name.
        name: String,
        /// Names of the known data sets.
        known: String,
    },
    /// A file of prepared images can't be used.
    #[error(transparent)]
    Cache(#[from] CacheError),
    /// The picture files can't be used.
    #[error(transparent)]
    Pictures(#[from] PrepareError),
    /// An array can't be used.
    #[error(transparent)]
    Array(#[from] NpyError),
    /// There is no image with this index.
    #[error("`{name}` has {count} images, none of index {index}")]
    Index {
        /// Name of the data set.
        name: String,
        /// The requested index.
        index: u64,
        /// Number of images.
        count: u64,
    },
}

/// Why a data set can't be prepared.
#[derive(Debug, thiserror::Error)]
pub enum PrepareError {
    /// A file can't be read.
    #[error("{} could not be read: {source}", path.display())]
    Read {
        /// File or folder.
        path: PathBuf,
        /// Cause.
        source: std::io::Error,
    },
    /// A file has the wrong content.
    #[error("{} can't be used: {}", path.display(), brief(problem))]
    Content {
        /// File or folder.
        path: PathBuf,
        /// What is wrong.
        problem: String,
    },
    /// Too many pictures are bad.
    #[error(
        "{bad} of {} in {} can't be used, which is more than one in {BAD}; \
         the last was {}: {}", counted(*total, "picture"), path.display(), brief(name), brief(problem)
    )]
    Bad {
        /// File or folder.
        path: PathBuf,
        /// Number of pictures that can't be used.
        bad: u64,
        /// Total number of pictures.
        total: u64,
        /// Name of the last bad picture.
        name: String,
        /// What is wrong with it.
        problem: String,
    },
    /// Preparing was stopped.
    #[error("it was stopped")]
    Stopped,
    /// The file of images can't be written.
    #[error(transparent)]
    Write(#[from] WriteError),
}
