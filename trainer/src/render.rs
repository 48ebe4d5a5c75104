//! Writes a world's images to an `.npy` file.

use std::io::{Error, ErrorKind, Result, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use rayon::prelude::*;
use worlds::{World, packed_len};

use crate::npy;

/// Images drawn at a time: enough for all threads; 16 MiB of sprites.
const CHUNK: u64 = 4096;

/// Images of a grid to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Images {
    /// All images, in the grid's order.
    All,
    /// The images at these indices.
    Listed(Vec<u64>),
}

/// Format of the pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pixels {
    /// One byte per value: 0 or 1 in binary worlds, as in the dSprites archive, otherwise 0 to 255.
    Bytes,
    /// One bit per value, packed like `numpy.packbits`.
    Bits,
}

/// Returns the shape of the array: `[N, H, W]` for grey worlds, `[N, H, W, C]` for others, or `[N, B]`
/// for bits, with B bytes per image.
pub fn shape(world: &dyn World, count: u64, pixels: Pixels) -> Vec<u64> {
    if pixels == Pixels::Bits {
        return vec![count, packed_len(world) as u64];
    }
    let [height, width, channels] = world.image_shape().map(|side| side as u64);
    if channels == 1 { vec![count, height, width] } else { vec![count, height, width, channels] }
}

/// Writes images to `out` as an `.npy` file. They are drawn in parallel, part by part; `progress` is
/// called with the number of images written.
///
/// # Errors
/// Fails if `out` can't be written, or `stop` is set before the end.
///
/// # Panics
/// If a listed index is outside the grid.
pub fn write(
    world: &dyn World,
    images: &Images,
    pixels: Pixels,
    out: &mut dyn Write,
    stop: &AtomicBool,
    progress: &mut dyn FnMut(u64),
) -> Result<()> {
    let count = match images {
        Images::All => world.len(),
        Images::Listed(indices) => indices.len() as u64,
    };
    let shape = shape(world, count, pixels);
    let size = shape[1..].iter().product::<u64>() as usize;
    out.write_all(&npy::header(&shape))?;
    let mut buffer = vec![0; size * CHUNK.min(count) as usize];
    for start in (0..count).step_by(CHUNK as usize) {
        if stop.load(Ordering::Relaxed) {
            return Err(Error::new(ErrorKind::Interrupted, "it was stopped"));
        }
        let end = count.min(start + CHUNK);
        let part = &mut buffer[..size * (end - start) as usize];
        part.par_chunks_exact_mut(size).enumerate().for_each(|(place, image)| {
            let place = start + place as u64;
            let index = match images {
                Images::All => place,
                Images::Listed(indices) => indices[place as usize],
            };
            draw(world, index, pixels, image);
        });
        out.write_all(part)?;
        progress(end);
    }
    Ok(())
}

fn draw(world: &dyn World, index: u64, pixels: Pixels, image: &mut [u8]) {
    if pixels == Pixels::Bits {
        return world.render_packed(index, image);
    }
    world.render_index(index, image);
    if world.is_binary() {
        for value in image {
            *value >>= 7;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use worlds::sprites::Sprites;

    fn written(images: &Images, pixels: Pixels) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        write(&Sprites, images, pixels, &mut bytes, &AtomicBool::new(false), &mut |_| {})?;
        Ok(bytes)
    }

    #[test]
    fn bytes_are_the_worlds_own_pixels_in_the_order_asked()
    -> std::result::Result<(), Box<dyn std::error::Error>> {
        // More than one chunk, to cross its boundary.
        let indices: Vec<u64> = (0..CHUNK + 5).map(|place| place * 7919 % Sprites.len()).collect();
        let array = npyz::NpyFile::new(std::io::Cursor::new(written(
            &Images::Listed(indices.clone()),
            Pixels::Bytes,
        )?))?;
        assert_eq!(array.shape(), [indices.len() as u64, 64, 64]);
        let values: Vec<u8> = array.into_vec()?;
        let mut image = vec![0; 64 * 64];
        for (found, &index) in values.chunks_exact(64 * 64).zip(&indices) {
            Sprites.render_index(index, &mut image);
            assert!(found.iter().zip(&image).all(|(&found, &drawn)| found * 255 == drawn), "{index}");
        }
        Ok(())
    }

    #[test]
    fn bits_unpack_to_the_bytes() -> std::result::Result<(), Box<dyn std::error::Error>> {
        let images = Images::Listed(vec![0, 300_000, 737_279]);
        let read = |pixels| -> std::result::Result<(Vec<u64>, Vec<u8>), Box<dyn std::error::Error>> {
            let array = npyz::NpyFile::new(std::io::Cursor::new(written(&images, pixels)?))?;
            Ok((array.shape().to_vec(), array.into_vec()?))
        };
        let (shape, packed) = read(Pixels::Bits)?;
        assert_eq!(shape, [3, 512]);
        let unpacked: Vec<u8> =
            packed.iter().flat_map(|byte| (0..8).map(move |place| byte >> (7 - place) & 1)).collect();
        assert_eq!(unpacked, read(Pixels::Bytes)?.1);
        Ok(())
    }

    #[test]
    fn a_stop_is_an_error_so_that_no_part_is_kept() {
        let mut out = Vec::new();
        let stop = AtomicBool::new(true);
        let outcome = write(&Sprites, &Images::All, Pixels::Bits, &mut out, &stop, &mut |_| {});
        assert!(outcome.is_err_and(|error| error.kind() == ErrorKind::Interrupted));
    }
}
