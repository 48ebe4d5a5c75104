//! Orientation of pictures from EXIF data.
//!
//! EXIF data are a TIFF header and a directory of 12-byte entries: tag, type, count, value (CIPA DC-008,
//! tag 0x0112).

use super::picture::Picture;

const ORIENTATION: u16 = 0x0112;

/// Returns the orientation, 1 to 8, or 1 (upright) if the data have none.
pub(super) fn orientation(bytes: &[u8]) -> u16 {
    find(bytes.strip_prefix(b"Exif\0\0").unwrap_or(bytes)).unwrap_or(1)
}

fn find(bytes: &[u8]) -> Option<u16> {
    let little = match bytes.get(..2)? {
        b"II" => true,
        b"MM" => false,
        _ => return None,
    };
    let short = |place: usize| -> Option<u16> {
        let pair = bytes.get(place..place.checked_add(2)?)?.try_into().ok()?;
        Some(if little { u16::from_le_bytes(pair) } else { u16::from_be_bytes(pair) })
    };
    let (first, second) = (short(4)?, short(6)?);
    let [low, high] = if little { [first, second] } else { [second, first] };
    let directory = usize::from(high) << 16 | usize::from(low);
    let count = usize::from(short(directory)?);
    let entries = (0..count).map(|entry| directory + 2 + 12 * entry);
    let entry =
        entries.take_while(|&entry| entry < bytes.len()).find(|&entry| short(entry) == Some(ORIENTATION))?;
    short(entry + 8).filter(|value| (1..=8).contains(value))
}

/// Rotates and flips the picture to its upright view.
pub(super) fn upright(picture: Picture) -> Picture {
    let Picture { width, height, pixels, orientation } = picture;
    let across = orientation >= 5;
    let (new_width, new_height) = if across { (height, width) } else { (width, height) };
    if orientation == 1 {
        return Picture { width, height, pixels, orientation };
    }
    let (right, bottom) = (width - 1, height - 1);
    let mut turned = Vec::with_capacity(pixels.len());
    for y in 0..new_height {
        for x in 0..new_width {
            let (x, y) = match orientation {
                2 => (right - x, y),
                3 => (right - x, bottom - y),
                4 => (x, bottom - y),
                5 => (y, x),
                6 => (y, bottom - x),
                7 => (right - y, bottom - x),
                _ => (right - y, x),
            };
            turned.extend_from_slice(&pixels[(y * width + x) * 3..][..3]);
        }
    }
    Picture { width: new_width, height: new_height, pixels: turned, orientation: 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data(little: bool, orientation: u16) -> Vec<u8> {
        let short = |v: u16| if little { v.to_le_bytes() } else { v.to_be_bytes() };
        let long = |v: u32| if little { v.to_le_bytes() } else { v.to_be_bytes() };
        let mut bytes = if little { b"II".to_vec() } else { b"MM".to_vec() };
        bytes.extend(short(42));
        bytes.extend(long(8));
        bytes.extend(short(1));
        bytes.extend([short(ORIENTATION), short(3)].concat());
        bytes.extend(long(1));
        bytes.extend([short(orientation), short(0)].concat());
        bytes
    }

    #[test]
    fn the_orientation_is_found_in_either_byte_order() {
        for value in 1..=8 {
            assert_eq!(orientation(&data(true, value)), value);
            assert_eq!(orientation(&[b"Exif\0\0", &data(false, value)[..]].concat()), value);
        }
    }

    #[test]
    fn damaged_data_mean_upright() {
        let whole = data(true, 6);
        for length in 0..whole.len() - 3 {
            assert_eq!(orientation(&whole[..length]), 1, "{length}");
        }
        let mut far = whole.clone();
        far[4..8].fill(0xff);
        assert_eq!([orientation(&far), orientation(&data(true, 9)), orientation(b"rubbish")], [1; 3]);
    }

    #[test]
    fn every_orientation_brings_the_first_corner_to_its_place() {
        // Two columns, one row: black, then white. Orientation 6 is displayed rotated 90° clockwise.
        let shown = |orientation| {
            let pixels = [0, 0, 0, 255, 255, 255].to_vec();
            let picture = upright(Picture { width: 2, height: 1, pixels, orientation });
            (picture.width, picture.height, picture.pixels[0])
        };
        let expected =
            [(2, 1, 0), (2, 1, 255), (2, 1, 255), (2, 1, 0), (1, 2, 0), (1, 2, 0), (1, 2, 255), (1, 2, 255)];
        for (orientation, expected) in (1..=8).zip(expected) {
            assert_eq!(shown(orientation), expected, "{orientation}");
        }
    }
}
