//! Contact sheets: images in a grid, as PNG.

use model::ImageShape;

use crate::rgb;

/// White pixels between images.
const GAP: usize = 2;

/// Encodes images (`[H, W, C]` bytes) as a PNG with `columns` images per row, each enlarged by an integer
/// factor.
///
/// # Errors
/// Fails if the sheet is larger than PNG allows.
pub fn sheet(
    images: &[Vec<u8>],
    shape: ImageShape,
    columns: usize,
    scale: usize,
) -> Result<Vec<u8>, png::EncodingError> {
    let columns = columns.clamp(1, images.len().max(1));
    let [cell_height, cell_width] = [shape.height, shape.width].map(|side| side * scale + GAP);
    let (width, height) =
        (columns * cell_width + GAP, images.len().div_ceil(columns).max(1) * cell_height + GAP);
    let mut pixels = vec![255; width * height * 3];
    for (place, image) in images.iter().enumerate() {
        let (left, top) = (GAP + place % columns * cell_width, GAP + place / columns * cell_height);
        for y in 0..shape.height * scale {
            for x in 0..shape.width * scale {
                let from = &image[((y / scale) * shape.width + x / scale) * shape.channels..];
                let colour = if shape.channels < 3 { [from[0]; 3] } else { [from[0], from[1], from[2]] };
                let start = ((top + y) * width + left + x) * 3;
                pixels[start..start + 3].copy_from_slice(&colour);
            }
        }
    }
    rgb::png(&pixels, width, height)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_stand_in_rows_enlarged_with_white_between() -> Result<(), Box<dyn std::error::Error>> {
        let shape = ImageShape { height: 1, width: 2, channels: 1 };
        let bytes = sheet(&[vec![10, 20], vec![30, 40], vec![50, 60]], shape, 2, 3)?;
        let mut reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info()?;
        let mut pixels = vec![0; reader.output_buffer_size().ok_or("too large")?];
        let frame = reader.next_frame(&mut pixels)?;
        assert_eq!((frame.width, frame.height), (2 * (6 + GAP as u32) + 2, 2 * (3 + GAP as u32) + 2));
        let pixel = |x: usize, y: usize| pixels[(y * frame.width as usize + x) * 3];
        assert_eq!([pixel(0, 0), pixel(2, 2), pixel(5, 4), pixel(7, 2), pixel(10, 2)], [255, 10, 20, 20, 30]);
        assert_eq!([pixel(2, 7), pixel(10, 7)], [50, 255]);
        Ok(())
    }
}
