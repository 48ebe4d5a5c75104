//! Changes the light of images to that of others. Each kind has a statistic of an image and an operation
//! that changes it. The operation keeps the means of the other kinds' statistics, except where values
//! would leave `[0, 1]`.
//!
//! Y is the luminance 0.299 R + 0.587 G + 0.114 B (ITU-R BT.601), or the mean of the channels if there aren't
//! three; u is the column, from −1 at the left edge to 1 at the right.
//!
//! | kind | statistic | what is done to a value |
//! |---|---|---|
//! | brightness | mean of Y | + d |
//! | contrast | standard deviation of Y | k·(value − mean Y) + mean Y |
//! | warmth | mean of R − B | R + d/2, B − d/2 |
//! | saturation | root mean square distance of the channels from Y | Y + k·(value − Y) |
//! | side light | slope of Y over u by least squares | + d·u |

use candle_core::{D, Result, Tensor};

/// Weights of R, G and B in the luminance.
const LUMINANCE: [f32; 3] = [0.299, 0.587, 0.114];
/// Number of corrections of d or k for clipped values.
const ROUNDS: usize = 4;
/// Maximum k, so that nearly flat images stay flat.
const MAX_GAIN: f64 = 8.0;
/// Added to statistics before they are divided.
const EPSILON: f64 = 1e-3;

/// A statistic of the light.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Light {
    /// The mean of the luminance.
    Brightness,
    /// The standard deviation of the luminance.
    Contrast,
    /// The mean of red minus blue.
    Warmth,
    /// The root mean square distance of the channels from the luminance.
    Saturation,
    /// The slope of the luminance from left to right.
    Side,
}

impl Light {
    /// Whether the statistic is about colours, which need three channels.
    pub(super) fn needs_colour(self) -> bool {
        matches!(self, Self::Warmth | Self::Saturation)
    }

    /// Computes the statistic of `images`, `[N, H, W, C]`: `[N]`.
    ///
    /// # Errors
    /// Passes candle's errors on.
    pub(super) fn of(self, images: &Tensor) -> Result<Tensor> {
        let mean = |values: Tensor| values.flatten_from(1)?.mean(1);
        let channel = |number: usize| images.narrow(D::Minus1, number, 1);
        match self {
            Self::Brightness => mean(luminance(images)?),
            Self::Contrast => mean(centred(&luminance(images)?)?.sqr()?)?.sqrt(),
            Self::Warmth => mean((channel(0)? - channel(2)?)?),
            Self::Saturation => mean(images.broadcast_sub(&luminance(images)?)?.sqr()?)?.sqrt(),
            Self::Side => {
                let across = across(images)?;
                let variance = across.sqr()?.mean_all()?;
                mean(luminance(images)?.broadcast_mul(&across)?)?.broadcast_div(&variance)
            }
        }
    }

    /// Changes the statistics of `images`, `[N, H, W, C]` in `[0, 1]`, to those of `others`, as far as
    /// values in `[0, 1]` allow.
    ///
    /// # Errors
    /// Passes candle's errors on.
    pub(super) fn transfer(self, images: &Tensor, others: &Tensor) -> Result<Tensor> {
        let target = self.of(others)?;
        let scales = matches!(self, Self::Contrast | Self::Saturation);
        let mut amount = if scales { target.ones_like()? } else { target.zeros_like()? };
        let mut moved = images.clone();
        for _ in 0..ROUNDS {
            let now = self.of(&moved)?;
            amount = if scales {
                (amount * ((&target + EPSILON)? / (now + EPSILON)?)?)?.clamp(0.0, MAX_GAIN)?
            } else {
                (amount + (&target - now)?)?
            };
            moved = self.by(images, &amount)?.clamp(0f32, 1f32)?;
        }
        Ok(moved)
    }

    /// Changes `images` by d or k, `[N]`.
    fn by(self, images: &Tensor, amount: &Tensor) -> Result<Tensor> {
        let amount = amount.reshape((amount.elem_count(), 1, 1, 1))?;
        let scaled =
            |about: &Tensor| images.broadcast_sub(about)?.broadcast_mul(&amount)?.broadcast_add(about);
        match self {
            Self::Brightness => images.broadcast_add(&amount),
            Self::Contrast => scaled(&luminance(images)?.mean_keepdim((1, 2))?),
            Self::Warmth => {
                let each = Tensor::new(&[0.5f32, 0.0, -0.5], images.device())?.reshape((1, 1, 1, 3))?;
                images.broadcast_add(&amount.broadcast_mul(&each)?)
            }
            Self::Saturation => scaled(&luminance(images)?),
            Self::Side => images.broadcast_add(&amount.broadcast_mul(&across(images)?)?),
        }
    }
}

/// Luminance of images, `[N, H, W, 1]`.
fn luminance(images: &Tensor) -> Result<Tensor> {
    if images.dim(D::Minus1)? != LUMINANCE.len() {
        return images.mean_keepdim(D::Minus1);
    }
    let weights = Tensor::new(&LUMINANCE, images.device())?.reshape((1, 1, 1, 3))?;
    images.broadcast_mul(&weights)?.sum_keepdim(D::Minus1)
}

/// Values minus their mean over each image.
fn centred(values: &Tensor) -> Result<Tensor> {
    values.broadcast_sub(&values.mean_keepdim((1, 2))?)
}

/// u of each column, `[1, 1, W, 1]`.
fn across(images: &Tensor) -> Result<Tensor> {
    let width = images.dim(2)?;
    let step = 2.0 / (width.max(2) - 1) as f64;
    ((Tensor::arange(0f32, width as f32, images.device())? * step)? - 1.0)?.reshape((1, 1, width, 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::Device;

    const ALL: [Light; 5] =
        [Light::Brightness, Light::Contrast, Light::Warmth, Light::Saturation, Light::Side];

    /// Two images with different light, without pixels near 0 or 1.
    fn pair() -> Result<[Tensor; 2]> {
        let values = Tensor::arange(0f32, (16 * 16 * 3) as f32, &Device::Cpu)?;
        let first = ((values.affine(0.37, 0.1)?.sin()? * 0.1)? + 0.5)?.reshape((1, 16, 16, 3))?;
        let other = ((values.affine(0.05, 0.7)?.sin()? * 0.14)? + 0.42)?.reshape((1, 16, 16, 3))?;
        let tint = Tensor::new(&[0.05f32, 0.0, -0.02], &Device::Cpu)?;
        let ramp = (across(&other)? * 0.06)?;
        Ok([first, other.broadcast_add(&tint)?.broadcast_add(&ramp)?])
    }

    fn of(light: Light, images: &Tensor) -> Result<f32> {
        light.of(images)?.get(0)?.to_scalar()
    }

    #[test]
    fn statistics_match_hand_computed_ones() -> Result<()> {
        let image = Tensor::new(&[[[1f32, 0.5, 0.0], [0.0, 0.5, 0.5]]], &Device::Cpu)?.unsqueeze(0)?;
        // Luminances 0.5925 and 0.3505 at u = −1 and 1.
        let expected = [0.4715, 0.121, 0.25, 0.339_91, -0.121];
        for (light, expected) in ALL.into_iter().zip(expected) {
            assert!((of(light, &image)? - expected).abs() < 1e-4, "{light:?}: {}", of(light, &image)?);
        }
        Ok(())
    }

    #[test]
    fn the_moved_statistic_is_the_others_and_brightness_and_warmth_stay() -> Result<()> {
        let [first, other] = pair()?;
        for light in ALL {
            let moved = light.transfer(&first, &other)?;
            let (before, after, aim) = (of(light, &first)?, of(light, &moved)?, of(light, &other)?);
            assert!((before - aim).abs() > 5e-3, "{light:?} is to move");
            assert!((after - aim).abs() < 1e-3, "{light:?}: {after} is not {aim}");
            for kept in [Light::Brightness, Light::Warmth].into_iter().filter(|&kept| kept != light) {
                let tolerance = if kept == Light::Warmth && light != Light::Brightness { 0.05 } else { 1e-2 };
                assert!(
                    (of(kept, &moved)? - of(kept, &first)?).abs() < tolerance,
                    "{light:?} moves {kept:?}"
                );
            }
        }
        Ok(())
    }

    #[test]
    fn values_stay_in_range_and_still_reach_the_target() -> Result<()> {
        // Half black and half white, compared with light grey.
        let stripes: Vec<f32> = (0..16 * 16 * 3).map(|at| f32::from(u8::from(at / 24 % 2 == 0))).collect();
        let stripes = Tensor::from_vec(stripes, (1, 16, 16, 3), &Device::Cpu)?;
        let grey = (stripes.affine(0.1, 0.8))?;
        for light in ALL {
            let values = light.transfer(&stripes, &grey)?.flatten_all()?.to_vec1::<f32>()?;
            assert!(values.iter().all(|value| (0.0..=1.0).contains(value)), "{light:?}");
        }
        let brighter = Light::Brightness.transfer(&stripes, &grey)?;
        assert!((of(Light::Brightness, &brighter)? - 0.85).abs() < 0.03);
        let flatter = Light::Contrast.transfer(&stripes, &grey)?;
        assert!((of(Light::Contrast, &flatter)? - 0.05).abs() < 1e-2);
        Ok(())
    }

    #[test]
    fn a_black_image_has_no_contrast_to_raise() -> Result<()> {
        let black = Tensor::zeros((1, 8, 8, 3), candle_core::DType::F32, &Device::Cpu)?;
        let [_, other] = pair()?;
        for light in [Light::Contrast, Light::Saturation] {
            assert_eq!(light.transfer(&black, &other)?.sum_all()?.to_scalar::<f32>()?, 0.0);
        }
        Ok(())
    }
}
