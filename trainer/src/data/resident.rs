//! Keeps a world's whole grid on the device, so that a batch only uploads its indices.
//!
//! Binary worlds use one bit per pixel (sprites: 377 MB), others one byte per value. Images are gathered
//! by index on the device, where a table maps their bytes to values. They equal the images of
//! [`Dataset::read`] bit for bit.

use candle_core::{DType, Device, Result, Tensor};
use model::ImageShape;
use rayon::prelude::*;
use worlds::World;

use super::Dataset;

/// Maximum size of a data set on the device: what a GPU with 8 GB can hold besides a training run.
const MAX_BYTES: u64 = 4 << 30;

/// A data set in the memory of a device.
#[derive(Debug)]
pub struct Resident {
    /// u8, `[N, B]`.
    images: Tensor,
    /// Values of each byte: `[256, 8]` for packed bits, `[256, 1]` for plain bytes.
    values: Tensor,
    shape: ImageShape,
}

impl Resident {
    /// Draws the data set to `device`. Returns `None` if it is not a world or is too large.
    ///
    /// # Errors
    /// Fails if the device runs out of memory.
    pub fn load(dataset: &dyn Dataset, device: &Device) -> Result<Option<Self>> {
        let Some(world) = dataset.world().filter(|world| world.len() == dataset.len()) else {
            return Ok(None);
        };
        let shape = dataset.image_shape();
        let packed = world.is_binary() && shape.len().is_multiple_of(8);
        let size = if packed { shape.len() / 8 } else { shape.len() };
        let fits = world.len() < u64::from(u32::MAX) && world.len() * size as u64 <= MAX_BYTES;
        if !fits || size == 0 {
            return Ok(None);
        }
        let mut bytes = vec![0; world.len() as usize * size];
        bytes
            .par_chunks_exact_mut(size)
            .enumerate()
            .for_each(|(index, image)| draw(world, index, packed, image));
        let images = Tensor::from_vec(bytes, (world.len() as usize, size), device)?;
        Ok(Some(Self { images, values: table(packed, device)?, shape }))
    }

    /// Returns the images at `indices`, `[N, H, W, C]` in `[0, 1]`.
    ///
    /// # Errors
    /// Fails if an index is out of range.
    pub fn read(&self, indices: &[u64]) -> Result<Tensor> {
        let count = self.images.dim(0)? as u64;
        if let Some(index) = indices.iter().find(|&&index| index >= count) {
            candle_core::bail!("the data set on the device has {count} images, none of index {index}")
        }
        let rows: Vec<u32> = indices.iter().map(|&index| index as u32).collect();
        let rows = Tensor::new(rows, self.images.device())?;
        // As u32, because candle treats a type's highest index (255 for bytes) as missing.
        let bytes = self.images.index_select(&rows, 0)?.flatten_all()?.to_dtype(DType::U32)?;
        let ImageShape { height, width, channels } = self.shape;
        self.values.index_select(&bytes, 0)?.reshape((indices.len(), height, width, channels))
    }
}

fn draw(world: &dyn World, index: usize, packed: bool, image: &mut [u8]) {
    if packed { world.render_packed(index as u64, image) } else { world.render_index(index as u64, image) }
}

fn table(packed: bool, device: &Device) -> Result<Tensor> {
    let bits = |byte: u8| (0..8).rev().map(move |bit| f32::from(byte >> bit & 1));
    let values: Vec<f32> = if packed {
        (0..=255).flat_map(bits).collect()
    } else {
        (0..=255u8).map(|byte| f32::from(byte) / 255.0).collect()
    };
    let width = values.len() / 256;
    Tensor::from_vec(values, (256, width), device)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::WorldDataset;
    use worlds::{Factor, FactorKind};

    /// Images that contain every byte, as intensities or as bits of a binary world.
    struct Bytes {
        binary: bool,
    }

    impl World for Bytes {
        fn name(&self) -> &'static str {
            "bytes"
        }
        fn image_shape(&self) -> [usize; 3] {
            [2, 4, 3]
        }
        fn factors(&self) -> &'static [Factor] {
            const BYTE: Factor = Factor {
                name: "byte",
                kind: FactorKind::Quantity,
                low: 0.0,
                high: 255.0,
                count: 256,
                labels: &[],
            };
            &[BYTE]
        }
        fn is_binary(&self) -> bool {
            self.binary
        }
        fn render(&self, values: &[f64], image: &mut [u8]) {
            let byte = values[0] as u8;
            for (place, pixel) in image.iter_mut().enumerate() {
                let byte = byte.wrapping_add((place / 8) as u8);
                *pixel = if self.binary { 255 * (byte >> (place % 8) & 1) } else { byte };
            }
        }
    }

    #[test]
    fn images_on_the_device_are_those_of_the_host_bit_for_bit()
    -> std::result::Result<(), Box<dyn std::error::Error>> {
        for world in [&Bytes { binary: true }, &Bytes { binary: false }] {
            let dataset = WorldDataset::new(world);
            let resident = Resident::load(&dataset, &Device::Cpu)?.ok_or("the world is small")?;
            let indices: Vec<u64> = (0..256).rev().chain([7, 7]).collect();
            let mut expected = vec![0.0; indices.len() * dataset.image_shape().len()];
            dataset.read(&indices, &mut expected)?;
            let images = resident.read(&indices)?;
            assert_eq!(images.dims(), [258, 2, 4, 3]);
            assert_eq!(images.flatten_all()?.to_vec1::<f32>()?, expected);
            assert!(resident.read(&[256]).is_err());
        }
        Ok(())
    }
}
