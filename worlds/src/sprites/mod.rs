//! dSprites, drawn procedurally and pixel for pixel.
//!
//! A white square, ellipse or heart on black, 64×64, one bit per pixel: shape 3 × scale 6 × orientation
//! 40 × position x 32 × position y 32 = 737,280 images, in the order of the published archive.
//!
//! To draw a sprite, an outline of size 1 (`outline.rs`) is scaled by 19.2·scale pixels, rotated by the
//! orientation (clockwise on the screen, because y points down), moved to (16 + 32·x, 16 + 32·y) pixels
//! from the top left corner, and filled without antialiasing (`raster.rs`).
//!
//! Reference: Matthey, Higgins, Hassabis, Lerchner, *dSprites: Disentanglement testing Sprites
//! dataset*, 2017, <https://github.com/google-deepmind/dsprites-dataset>.

mod outline;
mod raster;

pub use raster::Bitmap;

use crate::trig::sin_cos;
use crate::{Factor, FactorKind, World};

/// Side of an image in pixels.
pub const SIDE: usize = 64;

/// Side of the square at scale 1, in pixels: 0.3 of the image.
const SIZE: f64 = 0.3 * SIDE as f64;

/// The world of sprites. Its five values are the shape (0 square, 1 ellipse, 2 heart), the scale (0.5 to
/// 1), the orientation in radians (0 to 2π), and the positions x and y (0 to 1).
///
/// The archive's sixth factor, colour, has one value and is left out, which moves no index.
#[derive(Clone, Copy, Debug)]
pub struct Sprites;

const FACTORS: [Factor; 5] = [
    Factor {
        name: "shape",
        kind: FactorKind::Category,
        low: 0.0,
        high: 2.0,
        count: 3,
        labels: &["square", "ellipse", "heart"],
    },
    Factor { name: "scale", kind: FactorKind::Quantity, low: 0.5, high: 1.0, count: 6, labels: &[] },
    Factor {
        name: "orientation",
        kind: FactorKind::Cycle,
        low: 0.0,
        high: std::f64::consts::TAU,
        count: 40,
        labels: &[],
    },
    Factor { name: "posX", kind: FactorKind::Quantity, low: 0.0, high: 1.0, count: 32, labels: &[] },
    Factor { name: "posY", kind: FactorKind::Quantity, low: 0.0, high: 1.0, count: 32, labels: &[] },
];

impl Sprites {
    /// Draws a sprite. The shape is rounded to the nearest class; the other values are continuous.
    ///
    /// ```
    /// use worlds::sprites::Sprites;
    ///
    /// let square = Sprites.bitmap([0.0, 1.0, 0.0, 0.5, 0.5]);
    /// assert_eq!(square.area(), 20 * 20);
    /// ```
    pub fn bitmap(&self, values: [f64; 5]) -> Bitmap {
        let [shape, scale, orientation, x, y] = values;
        let shape = shape.round().clamp(0.0, 2.0) as usize;
        let size = SIZE * scale;
        let (sin, cos) = sin_cos(orientation);
        let centre = [x, y].map(|position| SIDE as f64 * (0.25 + 0.5 * position));
        Bitmap::polygon(
            outline::outline(shape).iter().map(|&[u, v]| {
                [(cos * u - sin * v) * size + centre[0], (sin * u + cos * v) * size + centre[1]]
            }),
        )
    }

    /// Draws the grid image `index`; indices are those of the archive.
    ///
    /// # Panics
    /// If `index` is not below 737,280.
    pub fn bitmap_at(&self, index: u64) -> Bitmap {
        let classes = self.classes(index);
        let values = std::array::from_fn(|place| FACTORS[place].value(classes[place]));
        self.bitmap(values)
    }
}

impl World for Sprites {
    fn name(&self) -> &'static str {
        "sprites"
    }

    fn image_shape(&self) -> [usize; 3] {
        [SIDE, SIDE, 1]
    }

    fn factors(&self) -> &'static [Factor] {
        &FACTORS
    }

    fn is_binary(&self) -> bool {
        true
    }

    fn render(&self, values: &[f64], image: &mut [u8]) {
        let values = values.try_into().expect("sprites has five factors");
        self.bitmap(values).paint(0, 255, image);
    }

    fn render_index(&self, index: u64, image: &mut [u8]) {
        self.bitmap_at(index).paint(0, 255, image);
    }

    fn render_packed(&self, index: u64, packed: &mut [u8]) {
        let packed = packed.try_into().expect("a packed sprite has 512 bytes");
        self.bitmap_at(index).pack(packed);
    }
}

#[cfg(test)]
mod tests;
