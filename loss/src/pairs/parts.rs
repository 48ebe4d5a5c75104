//! Replaces parts of aligned faces (mouth, eyes or forehead) by those of other faces, in the light of the
//! original.
//!
//! The alignment determines the position of each part. Coordinates are in 64ths of the image, x to the
//! right and y down, for CelebA's pictures cropped to the middle 148 of their 178 columns. A part is
//! blended in with a soft edge and keeps the mean colour of the original, so that light and skin don't
//! change.

use candle_core::{Result, Tensor};

/// Fraction of a part's half-sides over which its edge falls from 1 to 0.
const EDGE: f32 = 0.4;

/// A part of a face.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// The mouth, with the cheeks beside it.
    Mouth,
    /// Eyes and brows.
    Eyes,
    /// The forehead, bare or under hair.
    Forehead,
}

impl Part {
    /// The centre, and half of width and height.
    fn place(self) -> [[f32; 2]; 2] {
        match self {
            Self::Mouth => [[32.0, 50.5], [15.0, 8.0]],
            Self::Eyes => [[32.0, 29.5], [19.0, 7.0]],
            Self::Forehead => [[32.0, 16.5], [18.0, 8.5]],
        }
    }

    /// Opacity of the part at each pixel, `[1, H, W, 1]` in `[0, 1]`: a rectangle with rounded corners.
    fn mask(self, height: usize, width: usize, like: &Tensor) -> Result<Tensor> {
        let [middle, half] = self.place();
        let mut mask = Vec::with_capacity(height * width);
        for row in 0..height {
            for column in 0..width {
                let at = |number: usize, of: usize| (number as f32 + 0.5) * 64.0 / of as f32;
                let [x, y] =
                    [(at(column, width) - middle[0]) / half[0], (at(row, height) - middle[1]) / half[1]];
                let far = (x.powi(4) + y.powi(4)).sqrt().sqrt();
                mask.push(((1.0 - far) / EDGE + 0.5).clamp(0.0, 1.0));
            }
        }
        Tensor::from_vec(mask, (1, height, width, 1), like.device())
    }

    /// Returns `images`, `[N, H, W, C]` in `[0, 1]`, with this part of `others`.
    ///
    /// # Errors
    /// Passes candle's errors on.
    pub(super) fn transfer(self, images: &Tensor, others: &Tensor) -> Result<Tensor> {
        let (_, height, width, _) = images.dims4()?;
        let mask = self.mask(height, width, images)?;
        let step = (others - images)?.broadcast_mul(&mask)?;
        let mean = step.sum_keepdim((1, 2))?.broadcast_div(&mask.sum_keepdim((1, 2))?)?;
        (images + (step - mean.broadcast_mul(&mask)?)?)?.clamp(0f32, 1f32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::{DType, Device};

    #[test]
    fn a_part_is_the_others_in_this_ones_colour_and_the_rest_stays() -> Result<()> {
        let first = (Tensor::ones((1, 64, 64, 3), DType::F32, &Device::Cpu)? * 0.6)?;
        // Stripes with another mean.
        let stripes: Vec<f32> =
            (0..64 * 64 * 3).map(|at| if at / 192 % 2 == 0 { 0.2 } else { 0.4 }).collect();
        let other = Tensor::from_vec(stripes, (1, 64, 64, 3), &Device::Cpu)?;
        for part in [Part::Mouth, Part::Eyes, Part::Forehead] {
            let moved = part.transfer(&first, &other)?;
            assert!((moved.mean_all()?.to_scalar::<f32>()? - 0.6).abs() < 1e-4);
            let [[x, y], [wide, high]] = part.place();
            let at =
                |x: f32, y: f32| moved.get(0)?.get(y as usize)?.get(x as usize)?.get(0)?.to_scalar::<f32>();
            let (upper, lower) = (at(x, y)?, at(x, y + 1.0)?);
            assert!(((upper - lower).abs() - 0.2).abs() < 1e-4, "{part:?}: {upper} {lower}");
            assert!((0.5 * (upper + lower) - 0.6).abs() < 0.02, "{part:?}: {upper} {lower}");
            for (x, y) in [(x + 1.4 * wide, y), (x, y + 1.4 * high), (x - 1.4 * wide, y), (x, y - 1.5 * high)]
            {
                if (0.0..64.0).contains(&x) && (0.0..64.0).contains(&y) {
                    assert!((at(x, y)? - 0.6).abs() < 1e-6, "{part:?} at {x}, {y}");
                }
            }
        }
        Ok(())
    }

    #[test]
    fn values_stay_in_range() -> Result<()> {
        let black = Tensor::zeros((1, 32, 32, 3), DType::F32, &Device::Cpu)?;
        let noise = Tensor::rand(0f32, 1f32, (1, 32, 32, 3), &Device::Cpu)?;
        let values = Part::Eyes.transfer(&black, &noise)?.flatten_all()?.to_vec1::<f32>()?;
        assert!(values.iter().all(|value| (0.0..=1.0).contains(value)));
        assert!(values.iter().any(|value| *value > 0.1));
        Ok(())
    }
}
