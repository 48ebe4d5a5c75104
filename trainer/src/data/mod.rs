//! Data sets: numbered images, with factors of variation where they are known.

mod resident;
mod world;

use model::ImageShape;
use worlds::World;

pub use resident::Resident;
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

    /// The world behind the images, if their factors are known.
    fn world(&self) -> Option<&'static dyn World> {
        None
    }
}

/// Why a data set can't be had.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// No data set of that name.
    #[error("there is no data set `{name}`; choose one of: {known}")]
    Unknown {
        /// Name asked for.
        name: String,
        /// Names that exist.
        known: String,
    },
}

/// Opens the data set of that name.
///
/// # Errors
/// Lists the known names if there is none of that name.
pub fn open(name: &str) -> Result<Box<dyn Dataset>, DataError> {
    let known = || worlds::all().iter().map(|w| w.name()).collect::<Vec<_>>().join(", ");
    let world =
        worlds::by_name(name).ok_or_else(|| DataError::Unknown { name: name.to_owned(), known: known() })?;
    Ok(Box::new(WorldDataset::new(world)))
}
