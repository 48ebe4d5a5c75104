//! Checks the directory of a TIFF file before the file is decoded. The decoder reserves memory for as many
//! values as an entry claims to have, up to 256 MiB, before it looks for them.
//!
//! A directory is a list of 12-byte entries: tag, type, number of values, and the values or their place
//! (TIFF 6.0, section 2).

use std::collections::BTreeSet;

/// Maximum number of values of an entry that the decoder reads, such as the offsets of strips.
const MAX_VALUES: usize = 1 << 20;
/// Entries from this tag on hold metadata that is not read.
const METADATA: u16 = 700;
/// Type of text, which needs no more memory than the file.
const TEXT: u16 = 2;

/// Checks that no tag is repeated, and that no entry has more values than the file or the decoder has room
/// for.
///
/// # Errors
/// Returns a short reason otherwise.
pub(super) fn check(bytes: &[u8]) -> Result<(), String> {
    let too_many = |&(tag, kind, count): &(u16, u16, usize)| {
        count > bytes.len() || tag < METADATA && kind != TEXT && count > MAX_VALUES
    };
    let mut tags = BTreeSet::new();
    for entry in entries(bytes).unwrap_or_default() {
        let (tag, _, count) = entry;
        if too_many(&entry) {
            return Err(format!("its directory claims {count} values of tag {tag}"));
        }
        // Readers differ in which of the two they take.
        if !tags.insert(tag) {
            return Err(format!("its directory has tag {tag} twice"));
        }
    }
    Ok(())
}

/// Tag, type and number of values of the entries of the first directory, or `None` if it has none.
fn entries(bytes: &[u8]) -> Option<Vec<(u16, u16, usize)>> {
    let little = bytes.starts_with(b"II");
    let short = |place: usize| -> Option<u16> {
        let value = *bytes.get(place..)?.first_chunk()?;
        Some(if little { u16::from_le_bytes(value) } else { u16::from_be_bytes(value) })
    };
    let long = |place: usize| -> Option<usize> {
        let value = *bytes.get(place..)?.first_chunk()?;
        Some(if little { u32::from_le_bytes(value) } else { u32::from_be_bytes(value) } as usize)
    };
    let directory = long(4)?;
    let places = (0..usize::from(short(directory)?)).map(|entry| directory + 2 + 12 * entry);
    Some(places.map_while(|place| Some((short(place)?, short(place + 2)?, long(place + 4)?))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(little: bool, tag: u16, kind: u16, count: u32, length: usize) -> Vec<u8> {
        let short = |v: u16| if little { v.to_le_bytes() } else { v.to_be_bytes() };
        let long = |v: u32| if little { v.to_le_bytes() } else { v.to_be_bytes() };
        let start = if little { b"II" } else { b"MM" };
        let mut bytes = [&start[..], &short(42), &long(8), &short(1)].concat();
        bytes.extend([short(tag), short(kind)].concat());
        bytes.extend(long(count));
        bytes.resize(length, 0);
        bytes
    }

    #[test]
    fn entries_without_room_are_named_in_either_byte_order() {
        for little in [true, false] {
            assert_eq!(check(&file(little, 273, 4, 100, 100)), Ok(()));
            let message = check(&file(little, 273, 4, 101, 100)).expect_err("it was taken");
            assert_eq!(message, "its directory claims 101 values of tag 273");
        }
    }

    #[test]
    fn a_repeated_tag_is_named() {
        let mut bytes = file(true, 256, 3, 1, 22);
        bytes[8] = 2;
        let entry = bytes[10..22].to_vec();
        bytes.extend(entry);
        assert_eq!(check(&bytes), Err("its directory has tag 256 twice".into()));
    }

    #[test]
    fn long_text_and_metadata_are_not_read_and_so_allowed() {
        let (many, length) = (MAX_VALUES as u32 + 1, 2 * MAX_VALUES);
        assert_eq!(check(&file(true, 270, TEXT, many, length)), Ok(()));
        assert_eq!(check(&file(true, 34675, 7, many, length)), Ok(()));
        assert!(check(&file(true, 273, 1, many, length)).is_err());
    }

    #[test]
    fn cut_directories_are_left_to_the_decoder() {
        let whole = file(true, 273, 4, u32::MAX, 22);
        for length in 0..18 {
            assert_eq!(check(&whole[..length]), Ok(()), "{length}");
        }
        assert!(check(&whole[..18]).is_err());
    }
}
