//! Decoded pictures, and the images that they are converted to.

use image::metadata::Orientation;
use image::{DynamicImage, RgbImage};
use model::ImageShape;

/// The image that a picture is converted to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Target {
    /// Side of the square image, in pixels.
    pub side: usize,
    /// Whether the image has one channel instead of three.
    pub grey: bool,
    /// The part of the picture to keep.
    pub crop: Crop,
}

/// The part of a picture to keep.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Crop {
    /// A centred square whose side is this fraction of the picture's shorter side.
    Square(f64),
    /// The whole picture, stretched to a square.
    Whole,
}

impl Target {
    /// Shape of the image.
    pub(super) fn shape(self) -> ImageShape {
        ImageShape { height: self.side, width: self.side, channels: if self.grey { 1 } else { 3 } }
    }
}

/// A decoded picture, `[height, width, 3]`, with its EXIF orientation.
pub(super) struct Picture {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) pixels: Vec<u8>,
    pub(super) orientation: Orientation,
}

impl Picture {
    /// Rotates and flips the picture to its upright view.
    ///
    /// # Panics
    /// If the picture has not three values per pixel.
    pub(super) fn upright(self) -> Self {
        let Self { width, height, pixels, orientation } = self;
        let image = RgbImage::from_raw(width as u32, height as u32, pixels).expect("three values per pixel");
        let mut image = DynamicImage::ImageRgb8(image);
        image.apply_orientation(orientation);
        let (width, height) = (image.width() as usize, image.height() as usize);
        Self { width, height, pixels: image.into_bytes(), orientation: Orientation::NoTransforms }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_orientation_brings_the_first_corner_to_its_place() {
        // Two columns, one row: black, then white. Orientation 6 is displayed rotated 90° clockwise.
        let shown = |orientation| {
            let pixels = [0, 0, 0, 255, 255, 255].to_vec();
            let orientation = Orientation::from_exif(orientation).expect("1 to 8");
            let picture = Picture { width: 2, height: 1, pixels, orientation }.upright();
            (picture.width, picture.height, picture.pixels[0])
        };
        let expected =
            [(2, 1, 0), (2, 1, 255), (2, 1, 255), (2, 1, 0), (1, 2, 0), (1, 2, 0), (1, 2, 255), (1, 2, 255)];
        for (orientation, expected) in (1..=8).zip(expected) {
            assert_eq!(shown(orientation), expected, "{orientation}");
        }
    }
}
