//! A folder or archive of picture files, decoded to an unnamed temporary file that is deleted with the
//! process.

use std::io::BufWriter;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use model::ImageShape;

use super::cache::Cache;
use super::error::PrepareError;
use super::picture::Target;
use super::prepare::Job;
use super::recipe::{ANY_PICTURE, FOLDER, Recipe, Source, recipe};
use super::{DataError, Dataset, PictureOptions, stem};

/// Decoded picture files with their names.
#[derive(Debug)]
pub struct Pictures {
    cache: Cache,
    names: Vec<String>,
}

impl Pictures {
    /// Decodes the pictures of a folder, tar or zip archive.
    ///
    /// # Errors
    /// Fails if it can't be read, has no pictures, or more than one in a hundred can't be used.
    pub fn decode(path: &Path, options: &PictureOptions) -> Result<Self, DataError> {
        let unread = |source| PrepareError::Read { path: path.to_owned(), source };
        let target = options.target();
        let name = stem(path);
        let job = Job {
            recipe: &FOLDER,
            path,
            target: Some(target),
            table: None,
            partition: None,
            name: &name,
            out: &std::env::temp_dir(),
        };
        tracing::info!("decoding the pictures of {} to {}×{}", path.display(), target.side, target.side);
        let file = tempfile::tempfile().map_err(unread)?;
        let (header, names) = job.fill(BufWriter::new(&file), &AtomicBool::new(false), &mut |_| {})?;
        if header.skipped > 0 {
            tracing::warn!("{} pictures could not be used", header.skipped);
        }
        Ok(Self { cache: Cache::of(file, path)?, names })
    }
}

impl PictureOptions {
    /// The images that pictures are converted to.
    pub(super) fn target(&self) -> Target {
        let of_set = |set: &Recipe| match set.source {
            Source::Pictures { target, .. } => Some(target),
            _ => None,
        };
        let known = self.set.as_deref().and_then(|set| recipe(&stem(Path::new(set)))).and_then(of_set);
        let mut target = known.unwrap_or(ANY_PICTURE);
        if let Some(shape) = self.shape {
            (target.side, target.grey) = (shape.height, shape.channels == 1);
        }
        target.crop = self.crop.unwrap_or(target.crop);
        target
    }
}

impl Dataset for Pictures {
    fn name(&self) -> &str {
        self.cache.name()
    }

    fn image_shape(&self) -> ImageShape {
        self.cache.image_shape()
    }

    fn len(&self) -> u64 {
        self.cache.len()
    }

    fn read(&self, indices: &[u64], images: &mut [f32]) -> Result<(), DataError> {
        self.cache.read(indices, images)
    }

    fn checksum(&self) -> Option<u32> {
        self.cache.checksum()
    }

    fn picture(&self, index: u64) -> Option<&str> {
        self.names.get(index as usize).map(String::as_str)
    }
}
