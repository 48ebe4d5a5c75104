//! Images `[N, H, W]` or `[N, H, W, C]`.

use std::path::Path;

use super::{NpyError, Problem, open, read_header};

/// Position and type of the images in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImageHeader {
    /// N, H, W and C; each is at least 1.
    pub shape: [u64; 4],
    /// Type of the values.
    pub values: ImageValues,
    /// Bytes before the first value. The rest of the file has exactly as many bytes as the shape needs.
    pub start: usize,
}

/// Type of an image's values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImageValues {
    /// Unsigned bytes.
    Bytes,
    /// Little-endian f32.
    Floats,
}

/// Reads the header of a file of images and checks the file's size.
///
/// # Errors
/// Fails with one sentence if the file's header, type, shape or length is wrong.
pub fn images(path: &Path) -> Result<ImageHeader, NpyError> {
    let (mut reader, size) = open(path)?;
    let wanted = ("images", "uint8 or float32 array [N, H, W] or [N, H, W, C]");
    let read = |problem: Problem| problem.of(path, wanted);
    let content = |problem: String| read(Problem::Content(problem));
    let header = read_header(&mut reader).map_err(read)?;
    let (values, width) = match header.kind() {
        "|u1" | "|b1" => (ImageValues::Bytes, 1),
        "<f4" => (ImageValues::Floats, 4),
        other => return Err(content(format!("its values have type {other}"))),
    };
    if header.fortran {
        return Err(content("its first side runs fastest; save numpy.ascontiguousarray of it".into()));
    }
    let shape = match *header.sides().map_err(read)? {
        [count, height, width] => [count, height, width, 1],
        [count, height, width, channels] => [count, height, width, channels],
        ref sides => return Err(content(format!("it has {} dimensions", sides.len()))),
    };
    let bytes = shape.iter().try_fold(width, |bytes: u64, &side| bytes.checked_mul(side));
    header.check_size(size, bytes).map_err(read)?;
    let [count, height, width, channels] = shape;
    if [height, width, channels].contains(&0) {
        return Err(content(format!("its images are {height}×{width}×{channels}")));
    }
    if count == 0 {
        return Err(content("it holds no image".into()));
    }
    Ok(ImageHeader { shape, values, start: header.bytes })
}
