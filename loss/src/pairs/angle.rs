//! A turn by a known angle turns the circle by this angle. The penalty is the mean of 1 − cos(θ(x') − θ(x) − δ) over
//! the pairs whose angle δ is known, where θ is the angle of the group's circle.
//!
//! Without it, a circle may fold: the front and the back of an object share a point, and other units tell them apart.
//! The [`purity`](super::purity) of a folded circle can be as high as that of an open one. Maps to a circle that can't
//! be deformed into the right one: Falorsi et al. 2018, "Explorations in homeomorphic variational auto-encoding".

use std::ops::Range;

use candle_core::{Result, Tensor};
use model::circle::rounded;

use crate::term::KnownValues;

/// Mean penalty over the pairs with a known angle, a scalar between 0 and 2; 0 if there are none. `means` are the
/// means μ of a batch, `[N, W]`, `shift` is μ(x') − μ(x) of its pairs, `[M, W]`, `known` has the angle of each pair
/// in radians, or NaN, and `channels` has the channels of each group's unit. The last units are `circles`.
///
/// # Errors
/// Passes candle's errors on.
pub fn penalty(
    means: &Tensor,
    shift: &Tensor,
    groups: &[Range<usize>],
    channels: &[Vec<usize>],
    known: &KnownValues,
    circles: usize,
) -> Result<Tensor> {
    let (count, width) = shift.dims2()?;
    let first = means.narrow(0, 0, count)?;
    let second = rounded(&(&first + shift)?, circles)?;
    let first = rounded(&first, circles)?;
    // p'·R(δ)p for p = (cos θ, sin θ), as a sum over both channels of the circle. `straight` and `crossed` are the
    // factors of p and of p with its channels swapped.
    let (mut straight, mut crossed) = (vec![0f32; count * width], vec![0f32; count * width]);
    let mut swapped: Vec<u32> = (0..width as u32).collect();
    let mut pairs = 0;
    for (rows, channels) in groups.iter().zip(channels) {
        let [cosine, sine] = channels[..] else { continue };
        (swapped[cosine], swapped[sine]) = (sine as u32, cosine as u32);
        for row in rows.clone().filter(|&row| known.values[row].is_finite()) {
            let (sin, cos) = known.values[row].sin_cos();
            let row = row * width;
            (straight[row + cosine], straight[row + sine]) = (cos, cos);
            (crossed[row + cosine], crossed[row + sine]) = (-sin, sin);
            pairs += 1;
        }
    }
    let [straight, crossed] =
        [straight, crossed].map(|factors| Tensor::from_vec(factors, (count, width), shift.device()));
    let swapped = first.index_select(&Tensor::from_vec(swapped, width, shift.device())?, 1)?;
    let turned = ((first * straight?)? + (swapped * crossed?)?)?;
    let cosines = (second * turned)?.sum_all()?;
    // 1 − mean, or 0 without pairs.
    cosines.affine(-1.0 / f64::from(pairs.max(1)), f64::from(u8::from(pairs > 0)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::{Device, Var};

    /// The penalty of two pairs, the second of which has no known angle. Unit 0 is no circle; the angle of the circle
    /// is `first`, then `second`.
    fn cost(first: f32, second: f32, angle: f32) -> Result<f32> {
        let point = |angle: f32, length: f32| [0.4, length * angle.cos(), length * angle.sin()];
        let means = Tensor::new(&[point(first, 3.0), [9.0, 1.0, 0.0]], &Device::Cpu)?;
        let moved = Tensor::new(&[point(second, 0.5), [2.0, 0.0, 1.0]], &Device::Cpu)?;
        let known = KnownValues { values: vec![angle, f32::NAN], factors: 1 };
        let channels = [vec![1, 2], vec![0]];
        penalty(&means, &(moved - &means)?, &[0..1, 1..2], &channels, &known, 1)?.to_scalar()
    }

    #[test]
    fn it_is_0_for_a_turn_by_the_known_angle_and_grows_with_the_error() -> Result<()> {
        for (first, angle) in [(0.0, 1.0), (2.5, -2.0), (-3.0, 4.0)] {
            for (error, expected) in [(0.0, 0.0), (0.5, 1.0 - 0.5f32.cos()), (std::f32::consts::PI, 2.0)] {
                let got = cost(first, first + angle + error, angle)?;
                assert!((got - expected).abs() < 1e-3, "{first} {angle} {error}: {got}");
            }
        }
        assert!(cost(1.0, 2.0, f32::NAN)?.abs() < 1e-6, "no angle is known");
        Ok(())
    }

    #[test]
    fn its_gradient_turns_the_circle_towards_the_angle() -> Result<()> {
        let means = Var::new(&[[1f32, 0.0]], &Device::Cpu)?;
        let shift = Var::new(&[[0f32, 0.0]], &Device::Cpu)?;
        let known = KnownValues { values: vec![1.0], factors: 1 };
        let cost = penalty(&means, &shift, &[Range { start: 0, end: 1 }], &[vec![0, 1]], &known, 1)?;
        let gradients = cost.backward()?;
        let shift = gradients.get(&shift).map(Tensor::flatten_all).transpose()?;
        let shift = shift.map(|gradient| gradient.to_vec1::<f32>()).transpose()?.unwrap_or_default();
        assert!(shift[1] < -0.5, "the second angle should grow: {shift:?}");
        Ok(())
    }
}
