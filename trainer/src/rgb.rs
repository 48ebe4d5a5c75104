//! Encodes pictures as PNG files that carry a mark, so that no other picture is ever replaced.

/// Key and value of a text in the file, which follow its header.
const MARK: [&str; 2] = ["Software", "Latentscope"];

/// Encodes `pixels`, `[height, width, 3]`, as PNG.
///
/// # Errors
/// Fails if the picture is larger than PNG allows.
pub fn png(pixels: &[u8], width: usize, height: usize) -> Result<Vec<u8>, png::EncodingError> {
    let mut bytes = Vec::new();
    let side = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
    let mut encoder = png::Encoder::new(&mut bytes, side(width), side(height));
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    let [key, value] = MARK.map(str::to_owned);
    encoder.add_text_chunk(key, value)?;
    let mut writer = encoder.write_header()?;
    writer.write_image_data(pixels)?;
    writer.finish()?;
    Ok(bytes)
}

/// Whether a file that begins with `start` (64 bytes suffice) was encoded by [`png()`].
pub fn is_marked(start: &[u8]) -> bool {
    let mark = ["tEXt", MARK[0], "\0", MARK[1]].concat();
    start.starts_with(b"\x89PNG") && start.windows(mark.len()).any(|found| found == mark.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_carries_its_mark() -> Result<(), png::EncodingError> {
        let bytes = png(&[9; 18], 3, 2)?;
        assert!(is_marked(&bytes[..64]));
        assert!(!is_marked(&bytes[..40]) && !is_marked(b"Software\0Latentscope"));
        assert!(png(&[], usize::MAX, 1).is_err());
        Ok(())
    }
}
