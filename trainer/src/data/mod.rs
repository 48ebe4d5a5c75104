//! Data sets: numbered images, with factors of variation where they are known.

mod array;
mod cache;
mod exif;
mod files;
mod h5;
mod labels;
mod marks;
mod norb;
mod npz;
mod picture;
mod pictures;
mod place;
mod prepare;
mod recipe;
mod resident;
mod resize;
mod sheet;
mod world;

use std::io::Read;
use std::path::{Path, PathBuf};

use model::ImageShape;
use worlds::{FactorKind, World};

use crate::npy::NpyError;

pub use array::Array;
pub use cache::{Cache, CacheError, Header};
pub use labels::{Label, Part, Partition, Table, TableError};
pub use marks::{Marks, MarksError};
pub use picture::{Cut, Target};
pub use pictures::Pictures;
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

    /// A checksum of all images, if they are no world's.
    fn checksum(&self) -> Option<u32> {
        None
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

    /// The name of the picture file of that number, if the images are picture files.
    fn picture(&self, _index: u64) -> Option<&str> {
        None
    }

    /// The world behind the images, if they are its whole grid.
    fn world(&self) -> Option<&'static dyn World> {
        None
    }
}

impl loss::Catalogue for &dyn Dataset {
    fn factors(&self) -> Vec<usize> {
        Dataset::factors(*self).into_iter().map(|(_, classes)| classes).collect()
    }

    fn cycles(&self) -> Vec<bool> {
        let factors = self.world().map_or(&[][..], World::factors);
        factors.iter().map(|factor| factor.kind == FactorKind::Cycle).collect()
    }

    fn classes(&self, image: u64) -> Vec<usize> {
        Dataset::classes(*self, image)
    }

    fn image(&self, classes: &[usize]) -> Option<u64> {
        Dataset::index(*self, classes)
    }
}

/// Why a data set can't be had.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// No data set of that name.
    #[error(
        "there is no data set `{name}`; choose one of: {known}, or give a file that \
         `latentscope data prepare` made, a folder, tar or zip of pictures, or an .npy file of images"
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
    /// Picture files that can't be used.
    #[error(transparent)]
    Pictures(#[from] PrepareError),
    /// An array that can't be used.
    #[error(transparent)]
    Array(#[from] NpyError),
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

/// How picture files are made into images, where a data set is a folder or an archive of them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Making {
    /// Shape of the images, if not 64×64 in colour.
    pub shape: Option<ImageShape>,
    /// Which part of the pictures is kept, if not as the set's recipe has it.
    pub cut: Option<Cut>,
    /// The set that the pictures are of: how those of one of [`RECIPES`] are cropped is known.
    pub set: Option<String>,
}

/// Opens a data set with its pictures, if they are files, as [`open_as`] makes them by default.
///
/// # Errors
/// As [`open_as`].
pub fn open(name: &str) -> Result<Box<dyn Dataset>, DataError> {
    open_as(name, &Making::default())
}

/// Opens a data set: a world by its name, a file of prepared images or the one that [`prepared`] names, a
/// folder, tar or zip of picture files, or an `.npy` file of images. Every byte of a prepared file is
/// checked: half a second a gigabyte.
///
/// # Errors
/// Lists the known names if there is none of that name, and says what is wrong with a file.
pub fn open_as(name: &str, making: &Making) -> Result<Box<dyn Dataset>, DataError> {
    Ok(match find(name)? {
        Found::World(world) => Box::new(WorldDataset::new(world)),
        Found::Prepared(path) => {
            let cache = Cache::open(&path)?;
            cache.check()?;
            Box::new(cache)
        }
        Found::Array(path) => Box::new(Array::open(&path)?),
        Found::Pictures(path) => Box::new(Pictures::decode(&path, making)?),
    })
}

/// The shape of a data set's images, without their being decoded.
///
/// # Errors
/// As [`open`].
pub fn image_shape(name: &str) -> Result<ImageShape, DataError> {
    Ok(match find(name)? {
        Found::World(world) => WorldDataset::new(world).image_shape(),
        Found::Prepared(path) => Cache::open(&path)?.image_shape(),
        Found::Array(path) => Array::open(&path)?.image_shape(),
        Found::Pictures(_) => Making::default().target().shape(),
    })
}

/// What a name or a path leads to.
enum Found {
    World(&'static dyn World),
    Prepared(PathBuf),
    Array(PathBuf),
    Pictures(PathBuf),
}

fn find(name: &str) -> Result<Found, DataError> {
    if let Some(world) = worlds::by_name(name) {
        return Ok(Found::World(world));
    }
    let (path, prepared) = (PathBuf::from(name), prepared(name));
    if !path.is_file() && prepared.is_file() {
        return Ok(Found::Prepared(prepared));
    }
    if path.is_dir() {
        return Ok(Found::Pictures(path));
    }
    if !path.is_file() {
        let known = worlds::all().iter().map(|world| world.name()).collect::<Vec<_>>().join(", ");
        return Err(DataError::Unknown { name: name.to_owned(), known });
    }
    let mut start = Vec::new();
    // What can't be read says so when it is opened.
    let _ = std::fs::File::open(&path).and_then(|file| file.take(512).read_to_end(&mut start));
    Ok(if start.starts_with(b"\x93NUMPY") {
        Found::Array(path)
    } else if files::is_archive(&start) {
        Found::Pictures(path)
    } else {
        Found::Prepared(path)
    })
}

/// A data set's name by its path: the file's, without its ending.
fn stem(path: &Path) -> String {
    path.file_stem().map_or_else(|| "images".into(), |stem| stem.to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests;
