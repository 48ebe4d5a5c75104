//! Images of an `.npy` file, `[N, H, W]` or `[N, H, W, C]`, read on demand.

use std::fs::File;
use std::path::{Path, PathBuf};

use model::ImageShape;
use rayon::prelude::*;

use super::{DataError, Dataset, place, stem};
use crate::npy::{self, ImageValues, NpyError};

/// Bytes read at a time.
const CHUNK: usize = 1 << 20;

/// Images of an `.npy` file.
#[derive(Debug)]
pub struct Array {
    path: PathBuf,
    name: String,
    shape: ImageShape,
    count: u64,
    /// Bytes before the first value.
    start: u64,
    values: Values,
    file: File,
}

/// Type of the values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Values {
    /// f32 in `[0, 1]`.
    Floats,
    /// Bytes; the field is white: 1 if no value is larger, otherwise 255.
    Bytes(u8),
}

impl Array {
    /// Opens a file of f32 in `[0, 1]` or unsigned bytes, which lie in 0 to 255 (or 0 to 1 if none is
    /// larger).
    ///
    /// # Errors
    /// Fails with one sentence if the file's header, type, shape or length is wrong.
    pub fn open(path: &Path) -> Result<Self, NpyError> {
        let header = npy::images(path)?;
        let read = |source| NpyError::Read { path: path.to_owned(), source };
        let file = File::open(path).map_err(read)?;
        let [count, height, width, channels] = header.shape;
        let shape =
            ImageShape { height: height as usize, width: width as usize, channels: channels as usize };
        let start = header.start as u64;
        let values = match header.values {
            ImageValues::Floats => Values::Floats,
            ImageValues::Bytes => {
                Values::Bytes(white(&file, start, count * shape.len() as u64).map_err(read)?)
            }
        };
        Ok(Self { path: path.to_owned(), name: stem(path), shape, count, start, values, file })
    }

    /// CRC-32 of all values.
    fn sum(&self) -> std::io::Result<u32> {
        let width = if self.values == Values::Floats { 4 } else { 1 };
        let end = self.start + self.count * self.shape.len() as u64 * width;
        let (mut hasher, mut part) = (crc32fast::Hasher::new(), vec![0; CHUNK]);
        for at in (self.start..end).step_by(CHUNK) {
            let part = &mut part[..CHUNK.min((end - at) as usize)];
            place::read(&self.file, at, part)?;
            hasher.update(part);
        }
        Ok(hasher.finalize())
    }

    /// Returns the bytes of an image.
    fn image(&self, index: u64, size: usize) -> Result<Vec<u8>, DataError> {
        if index >= self.count {
            return Err(DataError::Index { name: self.name.clone(), index, count: self.count });
        }
        let mut bytes = vec![0; size];
        let read = |source| NpyError::Read { path: self.path.clone(), source };
        place::read(&self.file, self.start + index * size as u64, &mut bytes).map_err(read)?;
        Ok(bytes)
    }
}

/// Returns 1 if no byte of the file is larger, otherwise 255.
fn white(file: &File, start: u64, count: u64) -> std::io::Result<u8> {
    let mut part = vec![0; CHUNK];
    for at in (0..count).step_by(CHUNK) {
        let part = &mut part[..CHUNK.min((count - at) as usize)];
        place::read(file, start + at, part)?;
        if part.iter().any(|&byte| byte > 1) {
            return Ok(255);
        }
    }
    Ok(1)
}

impl Dataset for Array {
    fn name(&self) -> &str {
        &self.name
    }

    fn image_shape(&self) -> ImageShape {
        self.shape
    }

    fn len(&self) -> u64 {
        self.count
    }

    /// Reads the whole file.
    fn checksum(&self) -> Option<u32> {
        // Read errors are reported again in training.
        self.sum().ok()
    }

    fn read(&self, indices: &[u64], images: &mut [f32]) -> Result<(), DataError> {
        let size = self.shape.len();
        images.par_chunks_exact_mut(size).zip(indices).try_for_each(|(image, &index)| {
            match self.values {
                Values::Bytes(white) => {
                    for (value, byte) in image.iter_mut().zip(self.image(index, size)?) {
                        *value = f32::from(byte) / f32::from(white);
                    }
                }
                Values::Floats => {
                    let bytes = self.image(index, 4 * size)?;
                    for (value, &bytes) in image.iter_mut().zip(bytes.as_chunks().0) {
                        *value = f32::from_le_bytes(bytes);
                    }
                    if let Some(value) = image.iter().find(|value| !(0.0..=1.0).contains(*value)) {
                        let path = self.path.clone();
                        return Err(NpyError::Value { path, index, value: *value }.into());
                    }
                }
            }
            Ok(())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use npyz::WriterBuilder;

    fn file<T: npyz::AutoSerialize + Copy>(
        shape: &[u64],
        values: &[T],
    ) -> std::io::Result<tempfile::TempPath> {
        let mut bytes = Vec::new();
        let mut writer =
            npyz::WriteOptions::new().default_dtype().shape(shape).writer(&mut bytes).begin_nd()?;
        writer.extend(values.iter().copied())?;
        writer.finish()?;
        let file = tempfile::Builder::new().suffix(".npy").tempfile()?;
        std::fs::write(file.path(), bytes)?;
        Ok(file.into_temp_path())
    }

    fn read(path: &Path, indices: &[u64]) -> Result<Vec<f32>, DataError> {
        let array = crate::data::open(&path.to_string_lossy())?;
        let mut images = vec![0.0; indices.len() * array.image_shape().len()];
        array.read(indices, &mut images)?;
        Ok(images)
    }

    #[test]
    fn bytes_and_floats_are_images() -> Result<(), Box<dyn std::error::Error>> {
        let grey = file(&[3, 1, 2], &[0u8, 255, 51, 102, 1, 0])?;
        assert_eq!(Array::open(&grey)?.image_shape(), ImageShape { height: 1, width: 2, channels: 1 });
        assert_eq!(read(&grey, &[1, 0])?, [0.2, 0.4, 0.0, 1.0]);
        let binary = file(&[2, 1, 2], &[0u8, 1, 1, 1])?;
        assert_eq!(read(&binary, &[0])?, [0.0, 1.0]);
        let colour = file(&[1, 1, 1, 3], &[0.25f32, 0.5, 1.0])?;
        assert_eq!(Array::open(&colour)?.image_shape().channels, 3);
        assert_eq!(read(&colour, &[0])?, [0.25, 0.5, 1.0]);
        let sum = |path: &Path| Array::open(path).map(|array| array.checksum());
        assert_eq!(sum(&binary)?, Some(crc32fast::hash(&[0, 1, 1, 1])));
        assert_ne!(sum(&colour)?, sum(&file(&[1, 1, 1, 3], &[0.25f32, 0.5, 0.75])?)?);
        assert!(read(&colour, &[1]).is_err_and(|message| message.to_string().contains("none of index 1")));
        Ok(())
    }

    #[test]
    fn files_without_images_are_refused_by_name() -> Result<(), Box<dyn std::error::Error>> {
        let fails = |path: &Path, word: &str| {
            let message = read(path, &[0]).expect_err(word).to_string();
            assert!(message.contains(&path.display().to_string()) && message.contains(word), "{message}");
        };
        fails(&file(&[1, 1, 2], &[0.5f32, 255.0])?, "255");
        fails(&file(&[1, 1, 2], &[0.5f32, f32::NAN])?, "NaN");
        fails(&file(&[1, 1, 2], &[0.5f64, 0.0])?, "<f8");
        fails(&file(&[2, 2], &[0u8; 4])?, "2 dimensions");
        fails(&file(&[1, 1, 1, 1, 1], &[0u8])?, "5 dimensions");
        fails(&file(&[0, 2, 2], &[0u8; 0])?, "no image");
        fails(&file(&[1, 0, 2], &[0u8; 0])?, "0×2");
        let cut = file(&[2, 2, 2], &[0u8; 8])?;
        let bytes = std::fs::read(&cut)?;
        std::fs::write(&cut, &bytes[..bytes.len() - 1])?;
        fails(&cut, "claims");
        Ok(())
    }
}
