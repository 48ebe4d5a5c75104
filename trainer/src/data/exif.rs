//! Orientation of pictures from EXIF data.

use image::metadata::Orientation;

/// Returns the orientation, or upright if the data have none.
pub(super) fn orientation(bytes: &[u8]) -> Orientation {
    let bytes = bytes.strip_prefix(b"Exif\0\0").unwrap_or(bytes);
    Orientation::from_exif_chunk(bytes).unwrap_or(Orientation::NoTransforms)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TAG: u16 = 0x0112;

    fn read(bytes: &[u8]) -> u8 {
        orientation(bytes).to_exif()
    }

    fn data(little: bool, orientation: u16) -> Vec<u8> {
        let short = |v: u16| if little { v.to_le_bytes() } else { v.to_be_bytes() };
        let long = |v: u32| if little { v.to_le_bytes() } else { v.to_be_bytes() };
        let mut bytes = if little { b"II".to_vec() } else { b"MM".to_vec() };
        bytes.extend(short(42));
        bytes.extend(long(8));
        bytes.extend(short(1));
        bytes.extend([short(TAG), short(3)].concat());
        bytes.extend(long(1));
        bytes.extend([short(orientation), short(0)].concat());
        bytes
    }

    #[test]
    fn the_orientation_is_found_in_either_byte_order() {
        for value in 1..=8 {
            assert_eq!(u16::from(read(&data(true, value))), value);
            assert_eq!(u16::from(read(&[b"Exif\0\0", &data(false, value)[..]].concat())), value);
        }
    }

    #[test]
    fn damaged_data_mean_upright() {
        let whole = data(true, 6);
        for length in 0..whole.len() - 3 {
            assert_eq!(read(&whole[..length]), 1, "{length}");
        }
        let mut far = whole.clone();
        far[4..8].fill(0xff);
        assert_eq!([read(&far), read(&data(true, 9)), read(b"rubbish")], [1; 3]);
    }
}
