//! Data sets: numbered images, with factors of variation where they are known.

mod cache;
mod exif;
mod files;
mod h5;
mod labels;
mod norb;
mod npz;
mod picture;
mod place;
mod prepare;
mod recipe;
mod resident;
mod resize;
mod sheet;
mod world;

use std::path::{Path, PathBuf};

use model::ImageShape;
use worlds::World;

pub use cache::{Cache, CacheError, Header};
pub use labels::{Label, Part, Partition, Table, TableError};
pub use picture::Target;
pub use prepare::{Job, PrepareError};
pub use recipe::{RECIPES, Recipe, Source, recipe};
pub use resident::Resident;
pub use sheet::sheet;
pub use world::WorldDataset;

/// Numbered images.
pub trait Dataset: Send + Sync {
    /// Name on the command line and in model cards.
    fn name(&self) -> &str;

    /// Shape of every image.
    fn image_shape(&self) -> ImageShape;

    /// Number of images.
    fn len(&self) -> u64;

    /// Whether there is no image.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Writes the images of `indices`, `[N, H, W, C]` in `[0, 1]`, into `images`.
    ///
    /// # Errors
    /// Fails if an image can't be read.
    fn read(&self, indices: &[u64], images: &mut [f32]) -> Result<(), DataError>;

    /// Checks every byte of the images against the checksum that was written with them, if there is one.
    ///
    /// # Errors
    /// If a bit has changed.
    fn check(&self) -> Result<(), DataError> {
        Ok(())
    }

    /// The factors of variation that are known of every image, each with its number of classes.
    fn factors(&self) -> Vec<(String, usize)> {
        Vec::new()
    }

    /// The class of every factor of the image of that number.
    ///
    /// # Panics
    /// If there is no such image.
    fn classes(&self, _index: u64) -> Vec<usize> {
        Vec::new()
    }

    /// The number of the image of such classes, if the images are a whole grid of factors.
    fn index(&self, _classes: &[usize]) -> Option<u64> {
        None
    }

    /// The world behind the images, if they are its whole grid.
    fn world(&self) -> Option<&'static dyn World> {
        None
    }
}

/// Why a data set can't be had.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// No data set of that name.
    #[error(
        "there is no data set `{name}`; choose one of: {known}, or prepare one with \
         `latentscope data prepare`"
    )]
    Unknown {
        /// Name asked for.
        name: String,
        /// Names that exist.
        known: String,
    },
    /// Prepared images that can't be used.
    #[error(transparent)]
    Cache(#[from] CacheError),
    /// No image of that number.
    #[error("`{name}` has {count} images, none of index {index}")]
    Index {
        /// Data set.
        name: String,
        /// Number asked for.
        index: u64,
        /// Number of images.
        count: u64,
    },
}

/// Where prepared images of that name lie, unless another place was asked for.
pub fn prepared(name: &str) -> PathBuf {
    Path::new("data").join(format!("{name}.images"))
}

/// Opens the data set of that name: a world, a file of prepared images, or the one that [`prepared`]
/// names. Every byte of a file is checked: half a second a gigabyte.
///
/// # Errors
/// Lists the known names if there is none of that name, and says what is wrong with a file.
pub fn open(name: &str) -> Result<Box<dyn Dataset>, DataError> {
    let dataset = find(name)?;
    dataset.check()?;
    Ok(dataset)
}

/// As [`open`], without looking at the images.
///
/// # Errors
/// As [`open`].
pub(crate) fn find(name: &str) -> Result<Box<dyn Dataset>, DataError> {
    let known = || worlds::all().iter().map(|w| w.name()).collect::<Vec<_>>().join(", ");
    if let Some(world) = worlds::by_name(name) {
        return Ok(Box::new(WorldDataset::new(world)));
    }
    match [PathBuf::from(name), prepared(name)].iter().find(|path| path.is_file()) {
        Some(path) => Ok(Box::new(Cache::open(path)?)),
        None => Err(DataError::Unknown { name: name.to_owned(), known: known() }),
    }
}

#[cfg(test)]
mod tests;
