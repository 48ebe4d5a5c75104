//! The images of dSprites' archive: `imgs.npy`, u8 `[N, H, W]` with the values 0 and 1, in a zip file.
//!
//! Read as a stream, image by image. The archive's other arrays, a pickle among them, are not looked at.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use model::ImageShape;

use super::prepare::PrepareError;
use crate::npy;

/// The array that holds the images.
const IMAGES: &str = "imgs.npy";
/// Longest side of an image.
const MAX_SIDE: u64 = 1024;

/// Reads the images: `start` is told their shape and number, then `visit` each of them with the values
/// 0 and 255.
pub(super) fn each<T>(
    path: &Path,
    start: impl FnOnce(ImageShape, u64) -> Result<T, PrepareError>,
    mut visit: impl FnMut(&mut T, &[u8]) -> Result<(), PrepareError>,
) -> Result<T, PrepareError> {
    let read = |source| PrepareError::Read { path: path.to_owned(), source };
    let content = |problem: String| PrepareError::Content { path: path.to_owned(), problem };
    let file = BufReader::new(File::open(path).map_err(read)?);
    let mut archive = zip::ZipArchive::new(file).map_err(|error| content(error.to_string()))?;
    let mut entry = archive.by_name(IMAGES).map_err(|error| content(format!("{IMAGES}: {error}")))?;
    let stored = entry.size();
    let mut reader = BufReader::with_capacity(1 << 18, &mut entry).take(stored);
    let (shape, count) =
        npy::bytes(&mut reader).and_then(shape).map_err(|problem| content(format!("{IMAGES}: {problem}")))?;
    let size = shape.len() as u64;
    let held = reader.limit();
    if count.checked_mul(size).is_none_or(|bytes| bytes != held) {
        let problem = format!("{IMAGES} says it has {count} images of {size} bytes but holds {held} bytes");
        return Err(content(problem));
    }
    let mut state = start(shape, count)?;
    let mut image = vec![0; shape.len()];
    for index in 0..count {
        reader.read_exact(&mut image).map_err(read)?;
        if let Some(value) = image.iter().find(|&&value| value > 1) {
            return Err(content(format!("image {index} has the value {value}, where all are 0 or 1")));
        }
        image.iter_mut().for_each(|value| *value *= 255);
        visit(&mut state, &image)?;
    }
    Ok(state)
}

fn shape([count, height, width]: [u64; 3]) -> Result<(ImageShape, u64), String> {
    if count == 0 || [height, width].iter().any(|side| !(1..=MAX_SIDE).contains(side)) {
        return Err(format!("it says it has {count} images of {height}×{width}"));
    }
    Ok((ImageShape { height: height as usize, width: width as usize, channels: 1 }, count))
}
