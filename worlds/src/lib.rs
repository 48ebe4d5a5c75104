//! Synthetic worlds with known factors of variation: factor values in, image out.
//!
//! All code here is pure and deterministic, and builds for native targets and wasm32.

pub mod chairs;
pub mod faces;
mod factor;
mod grid;
#[cfg(test)]
mod hash;
mod lattice;
mod packing;
pub mod sprites;
mod trig;

pub use factor::{Factor, FactorKind};
pub use grid::classes_at;
pub use lattice::{Lattice, varying_classes};
pub use packing::{pack, packed_len};
pub use trig::sin_cos;

/// A finite grid of factor values, with an image for each point on the grid and between grid points.
pub trait World: Send + Sync {
    /// Name on the command line and in model cards.
    fn name(&self) -> &'static str;

    /// Image shape: height, width and channels.
    fn image_shape(&self) -> [usize; 3];

    /// Factors of variation; the last varies fastest along the grid.
    fn factors(&self) -> &'static [Factor];

    /// Draws the image of `values` into `image` (`[H, W, C]`, intensities 0 to 255). There is one value
    /// per factor: a class index for a category, a number for a quantity or a cycle. Numbers may lie
    /// between grid values or outside the factor's range.
    ///
    /// # Panics
    /// If `values` or `image` has the wrong length.
    fn render(&self, values: &[f64], image: &mut [u8]);

    /// Number of images on the grid.
    fn len(&self) -> u64 {
        self.factors().iter().map(|factor| factor.count as u64).product()
    }

    /// Whether the grid is empty; always false.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the class of each factor for the grid image `index`.
    ///
    /// # Panics
    /// If `index` is outside the grid.
    fn classes(&self, index: u64) -> Vec<usize> {
        assert!(index < self.len(), "{} has no image {index}", self.name());
        classes_at(index, self.factors().iter().map(|factor| factor.count))
    }

    /// Returns the grid index of `classes`, the inverse of [`World::classes`].
    fn index(&self, classes: &[usize]) -> u64 {
        self.factors()
            .iter()
            .zip(classes)
            .fold(0, |index, (factor, &class)| index * factor.count as u64 + class as u64)
    }

    /// Whether every pixel is 0 or 255, so that packing to one bit loses nothing.
    fn is_binary(&self) -> bool {
        false
    }

    /// Draws the grid image `index` into `image` (`[H, W, C]`, intensities 0 to 255).
    ///
    /// # Panics
    /// If `index` is outside the grid or `image` has the wrong length.
    fn render_index(&self, index: u64, image: &mut [u8]) {
        let values: Vec<f64> = self
            .factors()
            .iter()
            .zip(self.classes(index))
            .map(|(factor, class)| factor.value(class))
            .collect();
        self.render(&values, image);
    }

    /// Draws the grid image `index` with one bit per pixel, set for intensities from 128 up. Each byte
    /// holds eight pixels, the first in the highest bit (like `numpy.packbits`).
    ///
    /// # Panics
    /// If `index` is outside the grid or `packed` is not [`packed_len`] bytes long.
    fn render_packed(&self, index: u64, packed: &mut [u8]) {
        let mut image = vec![0; self.image_shape().iter().product()];
        self.render_index(index, &mut image);
        packing::pack_image(&image, packed);
    }
}

/// All worlds, in the order in which they are listed to the user.
pub fn all() -> &'static [&'static dyn World] {
    &[&sprites::Sprites, &chairs::Chairs, &faces::Faces]
}

/// Returns the world called `name`.
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
