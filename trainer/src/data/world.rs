//! A world's grid as a data set, rendered on demand.

use model::ImageShape;
use rayon::prelude::*;
use worlds::World;

use super::{DataError, Dataset};

/// All images of a world's grid.
pub struct WorldDataset {
    world: &'static dyn World,
}

impl WorldDataset {
    /// Creates the data set of `world`.
    pub fn new(world: &'static dyn World) -> Self {
        Self { world }
    }
}

impl Dataset for WorldDataset {
    fn name(&self) -> &str {
        self.world.name()
    }

    fn image_shape(&self) -> ImageShape {
        let [height, width, channels] = self.world.image_shape();
        ImageShape { height, width, channels }
    }

    fn len(&self) -> u64 {
        self.world.len()
    }

    fn read(&self, indices: &[u64], images: &mut [f32]) -> Result<(), DataError> {
        let size = self.image_shape().len();
        images.par_chunks_exact_mut(size).zip(indices).for_each_init(
            || vec![0u8; size],
            |bytes, (image, &index)| {
                self.world.render_index(index, bytes);
                for (value, &byte) in image.iter_mut().zip(bytes.iter()) {
                    *value = f32::from(byte) / 255.0;
                }
            },
        );
        Ok(())
    }

    fn factors(&self) -> Vec<(String, usize)> {
        self.world.factors().iter().map(|factor| (factor.name.to_owned(), factor.count)).collect()
    }

    fn classes(&self, index: u64) -> Vec<usize> {
        self.world.classes(index)
    }

    fn index(&self, classes: &[usize]) -> Option<u64> {
        Some(self.world.index(classes))
    }

    fn world(&self) -> Option<&'static dyn World> {
        Some(self.world)
    }
}
