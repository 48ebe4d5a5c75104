//! Images of a numpy archive: a u8 array `[N, H, W]` or `[N, H, W, C]` in a zip file.
//!
//! The array is read as a stream, image by image. Other arrays in the archive, including pickles, are
//! ignored.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use model::ImageShape;

use super::error::PrepareError;
use super::place;
use crate::npy;

/// Bytes of an entry's local header before its name.
const OWN_HEADER: usize = 30;
/// Maximum side of an image.
const MAX_SIDE: u64 = 1024;

/// An array of images.
#[derive(Clone, Copy, Debug)]
pub struct Array {
    /// Name in the archive.
    pub name: &'static str,
    /// Whether values are 0 and 1, for black and white, without a channel dimension.
    pub binary: bool,
}

/// Reads the images. Calls `start` with their shape and number, then `visit` with each image, whose
/// values are 0 to 255.
pub(super) fn each<T>(
    path: &Path,
    array: Array,
    start: impl FnOnce(ImageShape, u64) -> Result<T, PrepareError>,
    mut visit: impl FnMut(&mut T, &[u8]) -> Result<(), PrepareError>,
) -> Result<T, PrepareError> {
    let read = |source| PrepareError::Read { path: path.to_owned(), source };
    let content = |problem: String| PrepareError::Content { path: path.to_owned(), problem };
    let within = |problem: String| content(format!("{}: {problem}", array.name));
    let file = File::open(path).map_err(read)?;
    let other = file.try_clone().map_err(read)?;
    let mut archive =
        zip::ZipArchive::new(BufReader::new(file)).map_err(|error| content(error.to_string()))?;
    let mut entry = archive.by_name(array.name).map_err(|error| within(error.to_string()))?;
    if !named_alike(&other, entry.header_start(), entry.name_raw()) {
        return Err(within("the archive's directory and the entry itself name it differently".into()));
    }
    let stored = entry.size();
    let unread = |error: std::io::Error| within(format!("{error}; copy or download it again"));
    let mut reader = BufReader::with_capacity(1 << 18, &mut entry).take(stored);
    let (shape, count) = sides(&mut reader, array.binary).and_then(shape).map_err(within)?;
    let size = shape.len() as u64;
    let held = reader.limit();
    if count.checked_mul(size).is_none_or(|bytes| bytes != held) {
        return Err(within(format!("it says it has {count} images of {size} bytes but holds {held} bytes")));
    }
    let mut state = start(shape, count)?;
    let mut image = vec![0; shape.len()];
    for index in 0..count {
        reader.read_exact(&mut image).map_err(unread)?;
        if array.binary {
            if let Some(value) = image.iter().find(|&&value| value > 1) {
                return Err(content(format!("image {index} has the value {value}, where all are 0 or 1")));
            }
            image.iter_mut().for_each(|value| *value *= 255);
        }
        visit(&mut state, &image)?;
    }
    // The checksum is compared at the end of the stream.
    std::io::copy(&mut reader.into_inner(), &mut std::io::sink()).map_err(unread)?;
    Ok(state)
}

/// Whether an entry's local header has the name that the archive's central directory gives it.
fn named_alike(file: &File, start: u64, name: &[u8]) -> bool {
    let mut header = vec![0; OWN_HEADER + name.len()];
    place::read(file, start, &mut header).is_ok()
        && usize::from(u16::from_le_bytes([header[26], header[27]])) == name.len()
        && header[OWN_HEADER..] == *name
}

fn sides(reader: &mut impl Read, binary: bool) -> Result<[u64; 4], String> {
    if !binary {
        return npy::bytes(reader);
    }
    let [count, height, width] = npy::bytes(reader)?;
    Ok([count, height, width, 1])
}

/// Returns the shape and number of images for an array with the given dimensions.
pub(super) fn shape(sides: [u64; 4]) -> Result<(ImageShape, u64), String> {
    let [count @ 1..=u64::MAX, height @ 1..=MAX_SIDE, width @ 1..=MAX_SIDE, channels @ (1 | 3)] = sides
    else {
        let [count, height, width, channels] = sides;
        return Err(format!("it says it has {count} images of {height}×{width}×{channels}"));
    };
    Ok((ImageShape { height: height as usize, width: width as usize, channels: channels as usize }, count))
}
