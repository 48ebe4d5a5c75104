//! Worlds with known factors of variation, drawn procedurally: factors in, image out.
//!
//! Everything here is pure and deterministic, and builds for native targets and wasm32 alike.

pub mod chairs;
pub mod faces;
mod factor;
#[cfg(test)]
mod hash;
mod lattice;
mod packing;
pub mod sprites;
mod trig;

pub use factor::{Factor, FactorKind};
pub use lattice::{Lattice, varying_classes};
pub use packing::{pack, packed_len};
pub use trig::sin_cos;

/// A world: a finite grid of factor values, and a picture for every point of it or between.
pub trait World: Send + Sync {
    /// Name on the command line and in model cards.
    fn name(&self) -> &'static str;

    /// Height, width and channels of its images.
    fn image_shape(&self) -> [usize; 3];

    /// Its factors; the last varies fastest along the grid.
    fn factors(&self) -> &'static [Factor];

    /// Draws the image of `values`, one a factor (a category's index, or a quantity within the
    /// factor's range or beyond), into `image`: `[H, W, C]`, intensities 0 to 255.
    ///
    /// # Panics
    /// If `values` or `image` is of another length than the world's.
    fn render(&self, values: &[f64], image: &mut [u8]);

    /// Number of images on the grid.
    fn len(&self) -> u64 {
        self.factors().iter().map(|factor| factor.count as u64).product()
    }

    /// Whether the grid has no image; no world is.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The classes, one a factor, of the grid's image number `index`.
    ///
    /// # Panics
    /// If the grid has no such image.
    fn classes(&self, index: u64) -> Vec<usize> {
        assert!(index < self.len(), "{} has no image {index}", self.name());
        let mut rest = index;
        let mut classes: Vec<usize> = self
            .factors()
            .iter()
            .rev()
            .map(|factor| {
                let class = rest % factor.count as u64;
                rest /= factor.count as u64;
                class as usize
            })
            .collect();
        classes.reverse();
        classes
    }

    /// The grid's index of `classes`; the inverse of [`World::classes`].
    fn index(&self, classes: &[usize]) -> u64 {
        self.factors()
            .iter()
            .zip(classes)
            .fold(0, |index, (factor, &class)| index * factor.count as u64 + class as u64)
    }

    /// Whether every pixel is 0 or 255, so that packing to bits loses nothing.
    fn is_binary(&self) -> bool {
        false
    }

    /// Draws the grid's image number `index`.
    ///
    /// # Panics
    /// If the grid has no such image, or `image` is of another length than the world's images.
    fn render_index(&self, index: u64, image: &mut [u8]) {
        let values: Vec<f64> = self
            .factors()
            .iter()
            .zip(self.classes(index))
            .map(|(factor, class)| factor.value(class))
            .collect();
        self.render(&values, image);
    }

    /// Draws the grid's image number `index`, packed: one bit a pixel, set from intensity 128 up,
    /// eight a byte with the first in the highest bit (as `numpy.packbits`).
    ///
    /// # Panics
    /// If the grid has no such image, or `packed` is of another length than [`packed_len`].
    fn render_packed(&self, index: u64, packed: &mut [u8]) {
        let mut image = vec![0; self.image_shape().iter().product()];
        self.render_index(index, &mut image);
        packing::pack_image(&image, packed);
    }
}

/// Every world, by the order in which they are offered.
pub fn all() -> &'static [&'static dyn World] {
    &[&sprites::Sprites, &chairs::Chairs, &faces::Faces]
}

/// The world of that name.
pub fn by_name(name: &str) -> Option<&'static dyn World> {
    all().iter().copied().find(|world| world.name() == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indices_and_classes_are_inverses() {
        for world in all() {
            for index in (0..world.len()).step_by(1 + world.len() as usize / 1000).chain([world.len() - 1]) {
                assert_eq!(world.index(&world.classes(index)), index);
            }
        }
    }
}
