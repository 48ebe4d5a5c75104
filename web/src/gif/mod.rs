//! Writes animated GIFs (CompuServe 1990, GIF89a), which slides and chats support most widely: one
//! palette of 256 colours, full frames, endless. The crate `gif` would add 4.3 kB to the gzipped page, so
//! it is used only to decode in tests.

mod lzw;
mod palette;

pub use palette::Palette;

/// Bits per index.
const DEPTH: u8 = 8;

/// A compressed picture; one that occurs twice is compressed once.
#[derive(Clone, Debug)]
pub struct CompressedPicture(Vec<u8>);

impl CompressedPicture {
    /// Compresses a picture's palette indices, `[H, W]`.
    pub fn of(indices: &[u8]) -> Self {
        Self(lzw::compress(indices))
    }
}

/// Encodes an animation of `stills`, each `[width, height]` with its display time in hundredths of a
/// second.
pub fn encode<'a>(
    [width, height]: [u16; 2],
    palette: &Palette,
    stills: impl IntoIterator<Item = (&'a CompressedPicture, u16)>,
) -> Vec<u8> {
    let size = [width.to_le_bytes(), height.to_le_bytes()].concat();
    let mut file = b"GIF89a".to_vec();
    file.extend_from_slice(&size);
    // A global palette of 2⁸ colours; the background is the first.
    file.extend([0b1111_0111, 0, 0]);
    file.extend_from_slice(palette.colours().as_flattened());
    // Loops forever.
    file.extend(b"\x21\xff\x0bNETSCAPE2.0\x03\x01\0\0\0");
    for (still, delay) in stills {
        file.extend(b"\x21\xf9\x04\0");
        file.extend(delay.to_le_bytes());
        file.extend(b"\0\0\x2c\0\0\0\0");
        file.extend_from_slice(&size);
        file.extend([0, DEPTH]);
        for block in still.0.chunks(255) {
            file.push(block.len() as u8);
            file.extend_from_slice(block);
        }
        file.push(0);
    }
    file.push(b';');
    file
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;
    use gif::{ColorOutput, DecodeOptions};

    /// Frames, `[H, W, 4]`, and delays of an animation, as another decoder reads them.
    fn decoded(file: &[u8]) -> Vec<(Vec<u8>, u16)> {
        let mut options = DecodeOptions::new();
        options.set_color_output(ColorOutput::RGBA);
        options.check_frame_consistency(true);
        let mut decoder = options.read_info(file).expect("a header");
        let mut frames = Vec::new();
        while let Some(frame) =
            decoder.read_next_frame().unwrap_or_else(|e| panic!("a frame: {e} in {} bytes", file.len()))
        {
            frames.push((frame.buffer.to_vec(), frame.delay));
        }
        frames
    }

    fn shown(indices: &[u8]) -> Vec<u8> {
        indices.iter().flat_map(|&v| [v, v, v, 255]).collect()
    }

    #[test]
    fn another_decoder_reads_the_same_frames() {
        let mut random = Random::new(5);
        let mut picture =
            |colours: usize| -> Vec<u8> { (0..120 * 90).map(|_| random.below(colours) as u8).collect() };
        let pictures = [picture(256), picture(2), vec![7; 120 * 90]];
        let stills = pictures.each_ref().map(|picture| CompressedPicture::of(picture));
        let order = [0, 1, 2, 1];
        let file = encode([120, 90], &Palette::grey(), order.map(|i| (&stills[i], 4 + i as u16)));
        let expected = order.map(|i| (shown(&pictures[i]), 4 + i as u16));
        assert_eq!(decoded(&file), expected);
    }
}
