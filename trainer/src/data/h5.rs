//! Images of an HDF5 file: a data set of bytes `[N, H, W, C]`, read a few rows at a time.

use std::collections::BTreeSet;
use std::path::Path;

use hdf5_pure::{Chunk, DType, Dataset, File, Layout};
use model::ImageShape;

use super::error::PrepareError;
use super::npz::shape;

/// Minimum number of images per read, and maximum number of bytes.
const ROWS: u64 = 256;
const MAX_WINDOW: u64 = 1 << 30;
/// Larger than the best compression ratio of deflate; files beyond it are malicious.
const MOST_RATIO: u64 = 1100;

/// Explains why a data set was not found.
fn absent(file: &File, name: &str, error: &hdf5_pure::Error) -> String {
    match file.root().datasets() {
        Ok(names) if !names.iter().any(|other| other == name) => {
            format!(
                "it has no data set `{name}` of its own, and links are not followed; copy the data itself"
            )
        }
        _ => unread(name, error),
    }
}

/// Explains why a data set can't be read.
fn unread(name: &str, error: &hdf5_pure::Error) -> String {
    let message = error.to_string();
    if message.contains("data layout version") {
        return format!(
            "{name} is laid out in a way that only libver='latest' writes and nothing here reads; write it \
             with h5py's default"
        );
    }
    // The address of a link's target.
    if message.contains(&u64::MAX.to_string()) {
        return format!("{name} is a link, and links are not followed; copy the data itself");
    }
    format!("{name}: {message}")
}

/// Checks that all images are stored in the file's `held` bytes. Missing parts would be read as black.
fn stored(images: &Dataset, layout: Layout, held: u64) -> Result<(), String> {
    let message = |error: hdf5_pure::Error| error.to_string();
    let within = |address: u64, size: u64| address.checked_add(size).is_some_and(|end| end <= held);
    match layout {
        Layout::Compact { .. } => Ok(()),
        Layout::Contiguous { address: Some(address), size } if within(address, size) => Ok(()),
        Layout::Contiguous { .. } => Err("its values are not in the file".into()),
        Layout::Chunked { chunk_shape, .. } => {
            let sides = images.shape().map_err(message)?;
            // Only the number of images can grow, so the chunks' other sides fit.
            if chunk_shape.iter().zip(&sides).skip(1).any(|(step, side)| step > side) {
                return Err(format!(
                    "its chunks of {chunk_shape:?} are larger than its images; copy it again"
                ));
            }
            let chunks = images.chunks().map_err(message)?;
            let bytes = chunk_shape.iter().copied().fold(1u64, u64::saturating_mul);
            let filtered = !images.filters().is_empty();
            let whole = |chunk: &Chunk| {
                let places = chunk.offset.iter().zip(&chunk_shape).zip(&sides);
                within(chunk.address, chunk.storage_size)
                    && (filtered && chunk.storage_size > 0 || chunk.storage_size == bytes)
                    && places.clone().count() == sides.len()
                    && places.into_iter().all(|((at, step), side)| *step > 0 && at % step == 0 && at < side)
            };
            if let Some(chunk) = chunks.iter().find(|chunk| !whole(chunk)) {
                return Err(format!(
                    "its index has a chunk at {:?} that can't be; copy it again",
                    chunk.offset
                ));
            }
            let found: BTreeSet<&[u64]> = chunks.iter().map(|chunk| &chunk.offset[..]).collect();
            let grid = sides.iter().zip(&chunk_shape).map(|(side, step)| side.div_ceil((*step).max(1)));
            let wanted = grid.fold(1u64, u64::saturating_mul);
            if found.len() != chunks.len() || found.len() as u64 != wanted {
                return Err(format!(
                    "its index has {} of {wanted} chunks; the others would be black; copy it again",
                    found.len()
                ));
            }
            Ok(())
        }
        _ => Err("its values lie in other files".into()),
    }
}

/// Reads the images of the data set `name`. Calls `start` with their shape and number, then `visit` with
/// each image.
pub(super) fn each<T>(
    path: &Path,
    name: &str,
    start: impl FnOnce(ImageShape, u64) -> Result<T, PrepareError>,
    mut visit: impl FnMut(&mut T, &[u8]) -> Result<(), PrepareError>,
) -> Result<T, PrepareError> {
    let content = |problem: String| PrepareError::Content { path: path.to_owned(), problem };
    let failed = |error: hdf5_pure::Error| content(format!("{name}: {error}"));
    let held =
        std::fs::metadata(path).map_err(|source| PrepareError::Read { path: path.to_owned(), source })?.len();
    let file = File::open_streaming(path).map_err(|error| content(error.to_string()))?;
    // What lies behind the end that the file states is not part of it: HDF5 reads it as zeros.
    let end = file.superblock().eof_address;
    if end > held {
        return Err(content(format!("it states a size of {end} bytes, but has {held}; copy it again")));
    }
    let held = end;
    let images = file.dataset(name).map_err(|error| content(absent(&file, name, &error)))?;
    let layout = images.layout().map_err(|error| content(unread(name, &error)))?;
    let dtype = images.dtype().map_err(failed)?;
    if dtype != DType::U8 {
        return Err(content(format!("{name}: its values have type {dtype:?}, not unsigned bytes")));
    }
    let sides = images.shape().map_err(failed)?;
    let shaped = <[u64; 4]>::try_from(sides).map_err(|sides| format!("it has {} sides", sides.len()));
    let (shape, count) = shaped.and_then(shape).map_err(|problem| content(format!("{name}: {problem}")))?;
    stored(&images, layout, held).map_err(|problem| content(format!("{name}: {problem}")))?;
    let size = shape.len() as u64;
    if count.checked_mul(size).is_none_or(|bytes| bytes / MOST_RATIO > held) {
        return Err(content(format!(
            "{name} says it has {count} images of {size} bytes, but the file has {held} bytes"
        )));
    }
    // Reads windows as high as a chunk, so that no chunk is unpacked twice.
    let chunk = images.chunk_shape().map_err(failed)?.and_then(|sides| sides.first().copied()).unwrap_or(1);
    let rows = chunk.max(ROWS).min(count);
    if rows * size > MAX_WINDOW {
        return Err(content(format!(
            "{name} is stored in chunks of {chunk} images; store it in smaller ones"
        )));
    }
    let mut state = start(shape, count)?;
    for first in (0..count).step_by(rows as usize) {
        let rows = rows.min(count - first);
        let bytes = images.read_raw_rows(first, rows).map_err(failed)?;
        if bytes.len() as u64 != rows * size {
            return Err(content(format!("{name} ends within its images from number {first} on")));
        }
        bytes.chunks_exact(shape.len()).try_for_each(|image| visit(&mut state, image))?;
    }
    Ok(state)
}
