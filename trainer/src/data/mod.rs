//! Data sets: indexed images, with factors of variation where they are known.

mod array;
mod attributes;
mod cache;
mod decode;
mod error;
mod exif;
mod files;
mod h5;
mod labels;
mod norb;
mod npz;
mod picture;
mod pictures;
mod place;
mod prepare;
mod recipe;
mod resident;
mod resize;
mod retouch;
mod sheet;
mod split;
mod tiff;
mod world;

use std::io::Read;
use std::path::{Path, PathBuf};

use model::ImageShape;
use rand::{Rng, RngCore};
use worlds::{FactorKind, World};

pub use array::Array;
pub use attributes::{AttributeLabels, AttributeLabelsError};
pub use cache::{Cache, CacheError, Header};
pub use error::{DataError, PrepareError};
pub use labels::{Label, Part, Partition, Table, TableError};
pub use picture::{Crop, Target};
pub use pictures::Pictures;
pub use prepare::Job;
pub use recipe::{RECIPES, Recipe, Source, recipe};
pub use resident::Resident;
pub use sheet::sheet;
pub use split::{HeldOut, TrainingImages};
pub use world::WorldDataset;

/// A data set of indexed images.
pub trait Dataset: Send + Sync {
    /// Name on the command line and in model cards.
    fn name(&self) -> &str;

    /// Shape of each image.
    fn image_shape(&self) -> ImageShape;

    /// Number of images.
    fn len(&self) -> u64;

    /// Whether there are no images.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Reads the images at `indices` into `images`, `[N, H, W, C]` in `[0, 1]`.
    ///
    /// # Errors
    /// Fails if an image can't be read.
    fn read(&self, indices: &[u64], images: &mut [f32]) -> Result<(), DataError>;

    /// Checks all images against the stored checksum, if there is one.
    ///
    /// # Errors
    /// Fails if a bit has changed.
    fn check(&self) -> Result<(), DataError> {
        Ok(())
    }

    /// Returns a checksum of all images; `None` for worlds.
    fn checksum(&self) -> Option<u32> {
        None
    }

    /// Returns the names of the known factors of variation, with their numbers of classes.
    fn factors(&self) -> Vec<(String, usize)> {
        Vec::new()
    }

    /// Returns the class of each factor for the image `index`.
    ///
    /// # Panics
    /// If there is no such image.
    fn classes(&self, _index: u64) -> Vec<usize> {
        Vec::new()
    }

    /// Returns the index of the image with the given classes, if the images are a full grid of factors.
    fn index(&self, _classes: &[usize]) -> Option<u64> {
        None
    }

    /// Draws the indices of images uniformly with replacement.
    fn sample(&self, count: usize, rng: &mut dyn RngCore) -> Vec<u64> {
        (0..count).map(|_| rng.random_range(0..self.len())).collect()
    }

    /// Same as [`sample`](Self::sample), but draws images with known factors, which only worlds have.
    /// Returns none for other data sets, whose labels training doesn't use.
    fn known(&self, count: usize, rng: &mut dyn RngCore) -> Vec<u64> {
        if self.world().is_some() { self.sample(count, rng) } else { Vec::new() }
    }

    /// Returns the factor values of a [`known`](Self::known) image, as in [`loss::Catalogue::values`].
    fn values(&self, index: u64) -> Vec<f32> {
        let counts: Vec<usize> = self.factors().iter().map(|(_, count)| *count).collect();
        loss::standardised(&self.classes(index), &counts)
    }

    /// Returns the name of the picture file `index`, if the images are picture files.
    fn picture(&self, _index: u64) -> Option<&str> {
        None
    }

    /// Returns the world of the images, if they are its full grid.
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

    fn known(&self, count: usize, noise: &mut dyn RngCore) -> Vec<u64> {
        Dataset::known(*self, count, noise)
    }

    fn values(&self, image: u64) -> Vec<f32> {
        Dataset::values(*self, image)
    }
}

/// Returns the default path of prepared images for the data set `name`.
pub fn prepared(name: &str) -> PathBuf {
    Path::new("data").join(format!("{name}.images"))
}

/// How the picture files of a folder or archive become images.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PictureOptions {
    /// Shape of the images; 64×64 in colour by default.
    pub shape: Option<ImageShape>,
    /// Part of each picture to keep; by default that of the set's recipe.
    pub crop: Option<Crop>,
    /// Name of the set or path of its prepared images. [`RECIPES`] define how to crop the pictures of some sets.
    pub set: Option<String>,
}

/// Opens a data set with the default [`PictureOptions`].
///
/// # Errors
/// Same as [`open_as`].
pub fn open(name: &str) -> Result<Box<dyn Dataset>, DataError> {
    open_as(name, &PictureOptions::default())
}

/// Opens a data set: a world by its name, a file of prepared images or the one at [`prepared`], a folder,
/// tar or zip of picture files, or an `.npy` file of images. Prepared files are checked completely, which
/// takes half a second per gigabyte.
///
/// # Errors
/// Fails if there is no data set with this name (the error lists known names) or a file is damaged.
pub fn open_as(name: &str, options: &PictureOptions) -> Result<Box<dyn Dataset>, DataError> {
    Ok(match find(name)? {
        Found::World(world) => Box::new(WorldDataset::new(world)),
        Found::Prepared(path) => {
            let cache = Cache::open(&path)?;
            cache.check()?;
            Box::new(cache)
        }
        Found::Array(path) => Box::new(Array::open(&path)?),
        Found::Pictures(path) => Box::new(Pictures::decode(&path, options)?),
    })
}

/// Returns the shape of a data set's images, without decoding them.
///
/// # Errors
/// Same as [`open`].
pub fn image_shape(name: &str) -> Result<ImageShape, DataError> {
    Ok(match find(name)? {
        Found::World(world) => WorldDataset::new(world).image_shape(),
        Found::Prepared(path) => Cache::open(&path)?.image_shape(),
        Found::Array(path) => Array::open(&path)?.image_shape(),
        Found::Pictures(_) => PictureOptions::default().target().shape(),
    })
}

/// Whether a name refers to picture files, which are cropped and resized when they are opened.
///
/// # Errors
/// Fails if there is no data set with this name (the error lists known names).
pub fn is_pictures(name: &str) -> Result<bool, DataError> {
    Ok(matches!(find(name)?, Found::Pictures(_)))
}

/// What a name or path refers to.
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
    // Read errors are reported when the file is opened.
    let _ = std::fs::File::open(&path).and_then(|file| file.take(512).read_to_end(&mut start));
    Ok(if start.starts_with(b"\x93NUMPY") {
        Found::Array(path)
    } else if files::is_archive(&start) {
        Found::Pictures(path)
    } else {
        Found::Prepared(path)
    })
}

/// Name of a data set from its path: the file name without its extension.
fn stem(path: &Path) -> String {
    path.file_stem().map_or_else(|| "images".into(), |stem| stem.to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests;
