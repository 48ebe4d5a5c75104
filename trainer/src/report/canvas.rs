//! RGB images to draw on, with PNG output. Not `plotters`: these are decoded images in rows with captions,
//! not charts.

use model::ImageShape;

use super::theme::{Colour, PAPER};
use crate::rgb;

/// An image filled with `PAPER`. Coordinates are in pixels from the top left corner; drawing outside
/// has no effect.
#[derive(Clone, Debug)]
pub struct Canvas {
    width: usize,
    height: usize,
    pixels: Vec<u8>,
}

impl Canvas {
    pub(super) fn new(width: f32, height: f32) -> Self {
        let [width, height] = [width, height].map(|side| side.ceil().max(1.0) as usize);
        Self { width, height, pixels: PAPER.repeat(width * height) }
    }

    /// Width and height in pixels.
    pub fn size(&self) -> (usize, usize) {
        (self.width, self.height)
    }

    /// Colour of a pixel within [`Canvas::size`].
    #[cfg(test)]
    pub(super) fn pixel(&self, x: usize, y: usize) -> Colour {
        std::array::from_fn(|channel| self.pixels[3 * (y * self.width + x) + channel])
    }

    /// Blends `colour` into a pixel; `coverage` is 0 (transparent) to 1 (opaque).
    pub(super) fn blend(&mut self, x: i64, y: i64, colour: Colour, coverage: f32) {
        let (Ok(x), Ok(y)) = (usize::try_from(x), usize::try_from(y)) else { return };
        if x >= self.width || y >= self.height {
            return;
        }
        let start = 3 * (y * self.width + x);
        let share = coverage.clamp(0.0, 1.0);
        for (value, target) in self.pixels[start..start + 3].iter_mut().zip(colour) {
            let mixed = f32::from(*value) + (f32::from(target) - f32::from(*value)) * share;
            *value = mixed.round() as u8;
        }
    }

    /// Fills the rectangle between two corners, with antialiased edges.
    pub(super) fn rectangle(&mut self, [left, top]: [f32; 2], [right, bottom]: [f32; 2], colour: Colour) {
        let overlap = |cell: i64, low: f32, high: f32| {
            (high.min(cell as f32 + 1.0) - low.max(cell as f32)).clamp(0.0, 1.0)
        };
        for y in top.floor() as i64..bottom.ceil() as i64 {
            for x in left.floor() as i64..right.ceil() as i64 {
                self.blend(x, y, colour, overlap(x, left, right) * overlap(y, top, bottom));
            }
        }
    }

    /// Draws a curve through `points`, `width` pixels thick.
    pub(super) fn curve(&mut self, points: &[[f32; 2]], width: f32, colour: Colour) {
        let reach = width / 2.0 + 1.0;
        let edges = |axis: usize| {
            let low = points.iter().map(|p| p[axis]).fold(f32::INFINITY, f32::min) - reach;
            let high = points.iter().map(|p| p[axis]).fold(f32::NEG_INFINITY, f32::max) + reach;
            low.max(0.0) as i64..=high as i64
        };
        for y in edges(1) {
            for x in edges(0) {
                let here = [x as f32 + 0.5, y as f32 + 0.5];
                let near = points.windows(2).filter(|pair| {
                    here[0] > pair[0][0].min(pair[1][0]) - reach
                        && here[0] < pair[0][0].max(pair[1][0]) + reach
                });
                let distance = near
                    .map(|pair| distance_to_segment(here, pair[0], pair[1]))
                    .fold(f32::INFINITY, f32::min);
                self.blend(x, y, colour, width / 2.0 + 0.5 - distance);
            }
        }
    }

    /// Draws an image (`[H, W, C]` in `[0, 1]`) enlarged by an integer factor: grey for one or two
    /// channels, otherwise RGB.
    pub(super) fn image(&mut self, [left, top]: [f32; 2], scale: usize, shape: ImageShape, values: &[f32]) {
        let (left, top) = (left as i64, top as i64);
        for y in 0..shape.height * scale {
            for x in 0..shape.width * scale {
                let start = ((y / scale) * shape.width + x / scale) * shape.channels;
                let byte = |channel: usize| (values[start + channel].clamp(0.0, 1.0) * 255.0).round() as u8;
                let colour = if shape.channels < 3 { [byte(0); 3] } else { [byte(0), byte(1), byte(2)] };
                self.blend(left + x as i64, top + y as i64, colour, 1.0);
            }
        }
    }

    /// Encodes the image as PNG.
    ///
    /// # Errors
    /// Fails if the image is larger than PNG allows.
    pub fn png(&self) -> Result<Vec<u8>, png::EncodingError> {
        rgb::png(&self.pixels, self.width, self.height)
    }
}

fn distance_to_segment(point: [f32; 2], from: [f32; 2], to: [f32; 2]) -> f32 {
    let along = [to[0] - from[0], to[1] - from[1]];
    let offset = [point[0] - from[0], point[1] - from[1]];
    let length = (along[0] * along[0] + along[1] * along[1]).max(f32::MIN_POSITIVE);
    let share = ((along[0] * offset[0] + along[1] * offset[1]) / length).clamp(0.0, 1.0);
    (offset[0] - share * along[0]).hypot(offset[1] - share * along[1])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edges_are_mixed_by_what_they_cover() {
        let mut canvas = Canvas::new(4.0, 3.0);
        canvas.rectangle([1.5, 1.0], [3.0, 2.0], [0, 0, 0]);
        assert_eq!([0, 1, 2, 3].map(|x| canvas.pixel(x, 1)[0]), [255, 128, 0, 255]);
        assert_eq!(canvas.pixel(2, 0), PAPER);
    }

    #[test]
    fn pixels_outside_are_not_drawn() {
        let mut canvas = Canvas::new(2.0, 2.0);
        canvas.rectangle([-5.0, -5.0], [0.0, 9.0], [0, 0, 0]);
        canvas.curve(&[[-9.0, 5.0], [9.0, 5.0]], 1.0, [0, 0, 0]);
        canvas.image([1.0, 1.0], 2, ImageShape { height: 1, width: 1, channels: 3 }, &[0.0, 1.0, 2.0]);
        assert_eq!(canvas.pixel(0, 0), PAPER);
        assert_eq!(canvas.pixel(1, 1), [0, 255, 255]);
    }

    #[test]
    fn a_curve_is_as_thick_as_asked() {
        let mut canvas = Canvas::new(9.0, 9.0);
        canvas.curve(&[[0.0, 4.5], [4.0, 4.5], [9.0, 4.5]], 3.0, [0, 0, 0]);
        let column: Vec<u8> = (0..9).map(|y| canvas.pixel(4, y)[0]).collect();
        assert_eq!(column, [255, 255, 255, 0, 0, 0, 255, 255, 255]);
    }

    #[test]
    fn the_png_holds_the_pixels() -> Result<(), Box<dyn std::error::Error>> {
        let mut canvas = Canvas::new(3.0, 2.0);
        canvas.rectangle([0.0, 0.0], [1.0, 1.0], [1, 2, 3]);
        let mut reader = png::Decoder::new(std::io::Cursor::new(canvas.png()?)).read_info()?;
        let mut pixels = vec![0; reader.output_buffer_size().ok_or("too large")?];
        let frame = reader.next_frame(&mut pixels)?;
        assert_eq!((frame.width, frame.height), (3, 2));
        assert_eq!(pixels, canvas.pixels);
        Ok(())
    }
}
