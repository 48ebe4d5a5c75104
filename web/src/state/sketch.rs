//! A drawing by hand as text for a link: runs of equal pixels in base64url (RFC 4648 §5).
//!
//! The bytes are height, width and channels, a flag that is 1 if pixels are differences from the world's
//! picture, the runs (length and pixel each), and a two-byte checksum (Fletcher 1982). Numbers are
//! LEB128.

use model::ImageShape;

/// Maximum length of a drawing; addresses of several thousand characters work everywhere.
const MOST: usize = 6000;
/// Maximum side in pixels, and maximum number of channels.
const SIDE: usize = 512;
const CHANNELS: usize = 4;

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// A drawing in a link.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Sketch {
    /// Shape of the drawing.
    pub(super) shape: ImageShape,
    /// Whether pixels are differences from the world's picture.
    over: bool,
    pixels: Vec<u8>,
}

impl Sketch {
    /// Parses a drawing; returns `None` if it is damaged.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let bytes = Some(text).filter(|text| text.len() <= MOST).and_then(bytes)?;
        let (bytes, check) = bytes.split_last_chunk()?;
        let mut rest = (checksum(bytes) == *check).then_some(bytes)?;
        let [height, width, channels, over] =
            [take(&mut rest)?, take(&mut rest)?, take(&mut rest)?, take(&mut rest)?];
        let shape = ImageShape { height, width, channels };
        if height.max(width) > SIDE || !(1..=CHANNELS).contains(&channels) {
            return None;
        }
        let mut pixels = Vec::new();
        while !rest.is_empty() {
            let run = take(&mut rest)?;
            let (pixel, behind) = rest.split_at_checked(channels)?;
            if pixels.len() + run * channels > shape.len() {
                return None;
            }
            pixels.extend(pixel.repeat(run));
            rest = behind;
        }
        (pixels.len() == shape.len()).then_some(Self { shape, over: over == 1, pixels })
    }

    /// Returns the pixels, `[H, W, C]`, or `None` if the picture that was drawn over is missing.
    pub(super) fn pixels(self, world: Option<&[u8]>) -> Option<Vec<u8>> {
        match world {
            _ if !self.over => Some(self.pixels),
            Some(world) if world.len() == self.pixels.len() => {
                Some(self.pixels.iter().zip(world).map(|(a, b)| a.wrapping_add(*b)).collect())
            }
            _ => None,
        }
    }
}

/// Encodes a drawing, with or without the world's picture, whichever is shorter. Returns `None` if it is
/// too long.
pub(super) fn packed(pixels: &[u8], shape: ImageShape, world: Option<&[u8]>) -> Option<String> {
    let plain = runs(pixels, shape, 0);
    let over = world.filter(|world| world.len() == pixels.len()).map(|world| {
        let apart: Vec<u8> = pixels.iter().zip(world).map(|(a, b)| a.wrapping_sub(*b)).collect();
        runs(&apart, shape, 1)
    });
    let shorter = over.filter(|over| over.len() < plain.len()).unwrap_or(plain);
    Some(base64(&shorter)).filter(|text| text.len() <= MOST)
}

fn runs(pixels: &[u8], shape: ImageShape, over: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    [shape.height, shape.width, shape.channels, over].into_iter().for_each(|n| put(&mut bytes, n));
    let mut rest = pixels;
    while let Some(pixel) = rest.get(..shape.channels.max(1)) {
        let run = rest.chunks_exact(pixel.len()).take_while(|other| *other == pixel).count();
        put(&mut bytes, run);
        bytes.extend(pixel);
        rest = &rest[run * pixel.len()..];
    }
    let check = checksum(&bytes);
    bytes.extend(check);
    bytes
}

fn put(bytes: &mut Vec<u8>, mut number: usize) {
    while number > 127 {
        bytes.push(number as u8 | 128);
        number >>= 7;
    }
    bytes.push(number as u8);
}

/// Reads a number of at most three bytes.
fn take(bytes: &mut &[u8]) -> Option<usize> {
    let mut number = 0;
    for place in 0..3 {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= usize::from(byte & 127) << (7 * place);
        if byte < 128 {
            return Some(number);
        }
    }
    None
}

fn checksum(bytes: &[u8]) -> [u8; 2] {
    let sums = bytes.iter().fold([0, 0], |[a, b], &byte| {
        let a = (a + u32::from(byte)) % 251;
        [a, (a + b) % 251]
    });
    sums.map(|sum| sum as u8)
}

fn base64(bytes: &[u8]) -> String {
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let word = (0..3).fold(0, |word, i| word << 8 | usize::from(*chunk.get(i).unwrap_or(&0)));
        text.extend((0..=chunk.len()).map(|i| char::from(DIGITS[word >> (18 - 6 * i) & 63])));
    }
    text
}

fn bytes(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    for chunk in text.as_bytes().chunks(4) {
        let mut word = 0;
        for i in 0..4 {
            let digit = match chunk.get(i) {
                Some(digit) => DIGITS.iter().position(|other| other == digit)?,
                None => 0,
            };
            word = word << 6 | digit;
        }
        bytes.extend((1..chunk.len()).map(|i| (word >> (24 - 8 * i)) as u8));
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHAPE: ImageShape = ImageShape { height: 16, width: 24, channels: 3 };

    /// A few strokes on a picture.
    fn drawn(world: &[u8]) -> Vec<u8> {
        let mut pixels = world.to_vec();
        for row in 3..9 {
            pixels[row * 72 + 15..row * 72 + 33].fill(255);
        }
        pixels
    }

    #[test]
    fn a_drawing_reads_as_it_is_packed_on_black_and_over_a_picture() {
        let black = vec![0; SHAPE.len()];
        let world: Vec<u8> = (0..SHAPE.len()).map(|i| (i * i % 251) as u8).collect();
        for (under, world) in [(&black, None), (&black, Some(&world)), (&world, Some(&world))] {
            let (pixels, world) = (drawn(under), world.map(Vec::as_slice));
            let text = packed(&pixels, SHAPE, world).expect("a few strokes are short");
            assert!(text.len() < 400, "{}", text.len());
            let sketch = Sketch::parse(&text).expect("it is whole");
            assert_eq!(sketch.shape, SHAPE);
            assert_eq!(sketch.pixels(world), Some(pixels));
        }
    }

    #[test]
    fn what_has_no_runs_is_too_long_for_a_link() {
        let shape = ImageShape { height: 64, width: 64, channels: 3 };
        let noise: Vec<u8> = (0..shape.len()).map(|i| (i * i % 251) as u8).collect();
        assert_eq!(packed(&noise, shape, None), None);
    }

    #[test]
    fn a_damaged_drawing_is_refused() {
        let text = packed(&drawn(&vec![0; SHAPE.len()]), SHAPE, None).expect("a few strokes are short");
        for end in 0..text.len() - 1 {
            assert_eq!(Sketch::parse(&text[..end]), None, "cut to {end}");
        }
        for place in 0..text.len() {
            let other = if &text[place..=place] == "B" { "C" } else { "B" };
            let changed = [&text[..place], other, &text[place + 1..]].concat();
            // The last digit has unused bits.
            if bytes(&changed) != bytes(&text) {
                assert_eq!(Sketch::parse(&changed), None, "another digit at {place}");
            }
        }
        assert_eq!(Sketch::parse(&"A".repeat(MOST + 1)), None);
        assert_eq!(Sketch::parse("a b"), None);
    }

    #[test]
    fn a_text_that_asks_for_more_pixels_than_it_names_is_refused() {
        let sized = |numbers: &[usize]| {
            let mut bytes = Vec::new();
            numbers.iter().for_each(|&n| put(&mut bytes, n));
            let check = checksum(&bytes);
            bytes.extend(check);
            Sketch::parse(&base64(&bytes))
        };
        assert!(sized(&[2, 2, 1, 0, 4, 9]).is_some());
        for numbers in [[2, 2, 1, 0, 5, 9], [2, 2, 1, 0, 3, 9], [2, 2, 0, 0, 4, 9], [600, 1, 1, 0, 600, 9]] {
            assert_eq!(sized(&numbers), None, "{numbers:?}");
        }
        assert_eq!(Sketch::parse(&base64(&[255; 9])), None);
    }
}
