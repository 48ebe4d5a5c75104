//! SmallNORB: toys photographed by a stereo camera, in the set's own matrix files.
//!
//! A file has a magic number for the type, the number of dimensions, the dimensions (at least three), and
//! the values, all little-endian. Only the left picture of each pair is used; factors come from
//! accompanying files. Reference: LeCun, Huang, Bottou, *Learning Methods for Generic Object Recognition
//! with Invariance to Pose and Lighting*, CVPR 2004.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use image::metadata::Orientation;

use super::error::PrepareError;
use super::picture::{Picture, Target};
use super::resize::resize;

/// File name prefixes of the two halves.
const HALVES: [&str; 2] =
    ["smallnorb-5x46789x9x18x6x2x96x96-training", "smallnorb-5x01235x9x18x6x2x96x96-testing"];
/// Names of the label columns.
pub(super) const LABELS: [&str; 5] = ["category", "instance", "elevation", "azimuth", "lighting"];
/// Magic numbers for bytes and 32-bit integers.
const BYTES: u32 = 0x1E3D_4C55;
const INTEGERS: u32 = 0x1E3D_4C54;
/// Maximum number of pictures per half, and maximum side.
const MAX_COUNT: usize = 1 << 20;
const MAX_SIDE: usize = 1024;

/// A matrix file after its header.
struct Matrix {
    path: PathBuf,
    reader: BufReader<File>,
    sides: Vec<usize>,
}

impl Matrix {
    fn open(folder: &Path, half: &str, kind: &str, magic: u32) -> Result<Self, PrepareError> {
        let path = folder.join(format!("{half}-{kind}.mat"));
        let read = |source| PrepareError::Read { path: path.clone(), source };
        let mut reader = BufReader::with_capacity(1 << 18, File::open(&path).map_err(read)?);
        let held = reader.get_ref().metadata().map_err(read)?.len();
        let mut word = || {
            let mut bytes = [0; 4];
            reader.read_exact(&mut bytes).map(|()| u32::from_le_bytes(bytes)).map_err(read)
        };
        let content = |problem: String| PrepareError::Content { path: path.clone(), problem };
        let found = word()?;
        if found != magic {
            return Err(content(format!("it begins with {found:08x}, not {magic:08x}; unpack it first")));
        }
        let count = word()? as usize;
        if !(1..=4).contains(&count) {
            return Err(content(format!("it says it has {count} sides")));
        }
        let mut sides =
            (0..count.max(3)).map(|_| word().map(|side| side as usize)).collect::<Result<Vec<_>, _>>()?;
        sides.truncate(count);
        let width = if magic == BYTES { 1 } else { 4 };
        let size = sides.iter().try_fold(width as u64, |size, &side| size.checked_mul(side as u64));
        let header = 8 + 4 * count.max(3) as u64;
        if size.and_then(|size| size.checked_add(header)) != Some(held) {
            return Err(content(format!("it says it has {sides:?} values but has {held} bytes")));
        }
        Ok(Self { path, reader, sides })
    }

    fn bytes(&mut self, count: usize) -> Result<Vec<u8>, PrepareError> {
        let mut bytes = vec![0; count];
        let read = |source| PrepareError::Read { path: self.path.clone(), source };
        self.reader.read_exact(&mut bytes).map_err(read)?;
        Ok(bytes)
    }

    fn integers(&mut self, count: usize) -> Result<Vec<i32>, PrepareError> {
        Ok(self.bytes(4 * count)?.as_chunks::<4>().0.iter().map(|&bytes| i32::from_le_bytes(bytes)).collect())
    }

    fn refused(&self, wanted: &str) -> PrepareError {
        let problem = format!("it has {:?} values, not {wanted}", self.sides);
        PrepareError::Content { path: self.path.clone(), problem }
    }
}

/// Visits all pictures, `[side, side, 1]`, with their labels: the training half, then the test half.
pub(super) fn each(
    folder: &Path,
    target: &Target,
    mut visit: impl FnMut(&[u8], [String; 5]) -> Result<(), PrepareError>,
) -> Result<(), PrepareError> {
    for half in HALVES {
        let mut pictures = Matrix::open(folder, half, "dat", BYTES)?;
        let &[count @ 1..=MAX_COUNT, 2, height @ 1..=MAX_SIDE, width @ 1..=MAX_SIDE] =
            pictures.sides.as_slice()
        else {
            return Err(pictures.refused("pairs of pictures"));
        };
        let mut categories = Matrix::open(folder, half, "cat", INTEGERS)?;
        if categories.sides != [count] {
            return Err(categories.refused(&format!("{count} categories")));
        }
        let mut others = Matrix::open(folder, half, "info", INTEGERS)?;
        if others.sides != [count, 4] {
            return Err(others.refused(&format!("4 labels of {count} pictures")));
        }
        for _ in 0..count {
            let pixels = pictures.bytes(2 * height * width)?;
            let pixels = pixels[..height * width].iter().flat_map(|&value| [value; 3]).collect();
            let image = resize(
                &Picture { width, height, pixels, orientation: Orientation::NoTransforms },
                target.crop,
                target.side,
            );
            let grey: Vec<u8> = image.as_chunks::<3>().0.iter().map(|pixel| pixel[0]).collect();
            let category = categories.integers(1)?;
            let labels = [&category[..], &others.integers(4)?].concat();
            visit(&grey, std::array::from_fn(|place| labels[place].to_string()))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::picture::Crop;

    fn matrix(magic: u32, sides: &[u32], values: &[u8]) -> Vec<u8> {
        let mut bytes = [magic, sides.len() as u32].map(u32::to_le_bytes).concat();
        for place in 0..sides.len().max(3) {
            bytes.extend(sides.get(place).unwrap_or(&1).to_le_bytes());
        }
        [&bytes, values].concat()
    }

    /// Writes two pairs of 8×8 pictures per half: the left ones have a constant value, the right ones are
    /// black.
    fn write(folder: &Path) -> std::io::Result<()> {
        for (half, name) in HALVES.iter().enumerate() {
            let pixels: Vec<u8> =
                (0..2).flat_map(|i| [[(100 * half + 10 * i) as u8; 64], [0; 64]].concat()).collect();
            let integers =
                |values: &[i32]| values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<_>>();
            for (kind, bytes) in [
                ("dat", matrix(BYTES, &[2, 2, 8, 8], &pixels)),
                ("cat", matrix(INTEGERS, &[2], &integers(&[0, 3]))),
                ("info", matrix(INTEGERS, &[2, 4], &integers(&[1, 2, 34, 5, 6, 7, 0, 4]))),
            ] {
                std::fs::write(folder.join(format!("{name}-{kind}.mat")), bytes)?;
            }
        }
        Ok(())
    }

    const TARGET: Target = Target { side: 4, grey: true, crop: Crop::Square(1.0) };

    #[test]
    fn left_pictures_come_with_their_labels() -> Result<(), Box<dyn std::error::Error>> {
        let folder = tempfile::tempdir()?;
        write(folder.path())?;
        let mut seen = Vec::new();
        each(folder.path(), &TARGET, |image, labels| {
            assert!(image.len() == 16 && image.iter().all(|value| *value == image[0]));
            seen.push((image[0], labels.join(" ")));
            Ok(())
        })?;
        let seen: Vec<(u8, &str)> = seen.iter().map(|(value, labels)| (*value, labels.as_str())).collect();
        let labels = ["0 1 2 34 5", "3 6 7 0 4"];
        assert_eq!(seen, [(0, labels[0]), (10, labels[1]), (100, labels[0]), (110, labels[1])]);
        Ok(())
    }

    #[test]
    fn hostile_matrices_are_refused_by_name() -> Result<(), Box<dyn std::error::Error>> {
        let folder = tempfile::tempdir()?;
        let bad = format!("{}-dat.mat", HALVES[1]);
        for bytes in [
            vec![],
            b"\x1f\x8b\x08\0rubbish".to_vec(),
            matrix(BYTES, &[u32::MAX, 2, 1 << 31, 1 << 31], &[0; 64]),
            matrix(BYTES, &[2, 2, 8, 8], &[0; 100]),
            matrix(BYTES, &[2, 1, 8, 16], &[0; 256]),
            matrix(INTEGERS, &[2, 2, 8, 8], &[0; 1024]),
        ] {
            write(folder.path())?;
            std::fs::write(folder.path().join(&bad), bytes)?;
            let message = each(folder.path(), &TARGET, |_, _| Ok(())).expect_err("it was taken").to_string();
            assert!(message.contains(&bad), "{message}");
        }
        write(folder.path())?;
        let labels = format!("{}-cat.mat", HALVES[0]);
        std::fs::write(folder.path().join(&labels), matrix(INTEGERS, &[3], &[0; 12]))?;
        let message = each(folder.path(), &TARGET, |_, _| Ok(())).expect_err("three labels").to_string();
        assert!(message.contains(&labels), "{message}");
        Ok(())
    }
}
