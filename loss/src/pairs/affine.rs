//! Affine motions of images.

use candle_core::{D, DType, Result, Tensor};

/// Maps a pixel of the moved image to its source: p ↦ c + A·(p − c) + d, with A = [[cos, −sin], [sin, cos]]
/// and c the image's centre of brightness. It scales if cos² + sin² ≠ 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Affine {
    /// cos of the turn, times the scale.
    pub cos: f64,
    /// sin of the turn, times the scale.
    pub sin: f64,
    /// Shift along x in pixels.
    pub dx: f64,
    /// Shift along y in pixels.
    pub dy: f64,
}

impl Affine {
    /// No motion.
    pub const IDENTITY: Self = Self { cos: 1.0, sin: 0.0, dx: 0.0, dy: 0.0 };

    /// Moves `images`, `[N, H, W, C]`, each about its own centre. Takes the nearest pixel and repeats the
    /// edges.
    ///
    /// # Errors
    /// Passes candle's errors on.
    pub fn of(self, images: &Tensor) -> Result<Tensor> {
        let (count, height, width, channels) = images.dims4()?;
        let device = images.device();
        let row = Tensor::arange(0f32, width as f32, device)?.reshape((1, 1, width))?;
        let column = Tensor::arange(0f32, height as f32, device)?.reshape((1, height, 1))?;
        let brightness = images.sum(D::Minus1)?;
        let total = (brightness.sum_keepdim((1, 2))? + 1e-6)?;
        let centre = |place: &Tensor| -> Result<Tensor> {
            brightness.broadcast_mul(place)?.sum_keepdim((1, 2))?.div(&total)
        };
        let (cx, cy) = (centre(&row)?, centre(&column)?);
        let (x, y) = (row.broadcast_sub(&cx)?, column.broadcast_sub(&cy)?);
        let source = |a: &Tensor, b: &Tensor, c: &Tensor, d: f64, size: usize| -> Result<Tensor> {
            a.broadcast_add(b)?.broadcast_add(&(c + d)?)?.round()?.clamp(0f32, (size - 1) as f32)
        };
        let from_x = source(&(&x * self.cos)?, &(&y * -self.sin)?, &cx, self.dx, width)?;
        let from_y = source(&(&y * self.cos)?, &(&x * self.sin)?, &cy, self.dy, height)?;
        let index = ((from_y * width as f64)? + from_x)?
            .to_dtype(DType::U32)?
            .reshape((count, height * width, 1))?
            .broadcast_as((count, height * width, channels))?
            .contiguous()?;
        let flat = images.reshape((count, height * width, channels))?.contiguous()?;
        flat.gather(&index, 1)?.reshape((count, height, width, channels))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::Device;

    /// A picture of 3×5 pixels with one bright one in its middle and a dimmer one beside it.
    fn moved(motion: Affine) -> Result<Vec<Vec<f32>>> {
        let image = [[0f32, 0.0, 0.0, 0.0, 0.0], [0.0, 1.0, 2.0, 1.0, 0.0], [0.0, 0.0, 0.0, 0.0, 0.0]];
        let image = Tensor::new(&image, &Device::Cpu)?.reshape((1, 3, 5, 1))?;
        motion.of(&image)?.reshape((3, 5))?.to_vec2()
    }

    #[test]
    fn a_shift_moves_the_picture_and_repeats_its_edge() -> Result<()> {
        let image = Tensor::new(&[[1f32, 2.0, 3.0], [4.0, 5.0, 6.0]], &Device::Cpu)?.reshape((1, 2, 3, 1))?;
        let read = |motion: Affine| motion.of(&image)?.flatten_all()?.to_vec1::<f32>();
        assert_eq!(read(Affine { dx: -1.0, ..Affine::IDENTITY })?, [1.0, 1.0, 2.0, 4.0, 4.0, 5.0]);
        assert_eq!(read(Affine { dx: 1.0, ..Affine::IDENTITY })?, [2.0, 3.0, 3.0, 5.0, 6.0, 6.0]);
        assert_eq!(read(Affine { dy: -1.0, ..Affine::IDENTITY })?, [1.0, 2.0, 3.0, 1.0, 2.0, 3.0]);
        Ok(())
    }

    #[test]
    fn a_turn_and_a_zoom_keep_the_centre() -> Result<()> {
        assert_eq!(
            moved(Affine { cos: 0.0, sin: 1.0, ..Affine::IDENTITY })?.concat(),
            [0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 2.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0]
        );
        assert_eq!(moved(Affine { cos: 2.0, ..Affine::IDENTITY })?[1], [0.0, 0.0, 2.0, 0.0, 0.0]);
        assert_eq!(moved(Affine { cos: 0.4, ..Affine::IDENTITY })?, vec![vec![1.0, 2.0, 2.0, 2.0, 1.0]; 3]);
        Ok(())
    }
}
