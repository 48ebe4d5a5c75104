//! One unit, one factor: the factor of a group should account for all variance of the group's unit. The
//! penalty is the mean over groups of −log(S + ε), with S = E\[(μ_u(x') − μ_u(x))²\] / (2·Var\[μ_u\]) for the
//! group's unit u, over its pairs and over the batch. S is the total effect of the factor on the unit by
//! Jansen's estimator (Jansen 1999, "Analysis of variance designs for model output"; Sobol 2001): 0 if the unit
//! doesn't depend on the factor, and 1 if it depends on nothing else. With K classes it reaches K/(K − 1),
//! because the two images of a pair never have the same class.
//!
//! The mean of a circle counts as a point on the unit circle, with the variance 1 of a uniform angle. With the
//! batch's variance, angles that cover only an arc would be as pure, but the factor would not close.
//!
//! The logarithm makes the penalty independent of the unit's scale, so factors that change few pixels count as
//! much as those that change many.

use std::ops::Range;

use candle_core::{Result, Tensor};
use model::circle::rounded;

/// ε, which bounds the gradient for a factor with less than this share of the unit's variance.
const FLOOR: f64 = 1e-3;
/// Added to variances, to avoid division by zero.
const EPSILON: f64 = 1e-8;

/// Mean penalty over groups, a scalar. `means` are the means μ of a batch, `[N, W]`, `shift` is μ(x') − μ(x) of
/// its pairs, `[M, W]`, and `channels` has the channels of each group's unit. The last units are `circles`.
///
/// # Errors
/// Passes candle's errors on.
pub fn penalty(
    means: &Tensor,
    shift: &Tensor,
    groups: &[Range<usize>],
    channels: &[Vec<usize>],
    circles: usize,
) -> Result<Tensor> {
    let (count, width) = shift.dims2()?;
    let (mut average, mut mask) = (vec![0f32; groups.len() * count], vec![0f32; groups.len() * width]);
    for (group, (rows, channels)) in groups.iter().zip(channels).enumerate() {
        average[group * count + rows.start..group * count + rows.end].fill(1.0 / rows.len() as f32);
        channels.iter().for_each(|channel| mask[group * width + channel] = 1.0);
    }
    let average = Tensor::from_vec(average, (groups.len(), count), shift.device())?;
    let mask = Tensor::from_vec(mask, (groups.len(), width), shift.device())?;
    let first = means.narrow(0, 0, count)?;
    let shift = (rounded(&(&first + shift)?, circles)? - rounded(&first, circles)?)?;
    let moved = (average.matmul(&shift.sqr()?)? * &mask)?.sum(1)?;
    let off = means.broadcast_sub(&means.mean_keepdim(0)?)?;
    let mut variance = off.sqr()?.mean(0)?;
    if circles > 0 {
        let half = (Tensor::ones(2 * circles, variance.dtype(), variance.device())? * 0.5)?;
        variance = Tensor::cat(&[&variance.narrow(0, 0, width - 2 * circles)?, &half], 0)?;
    }
    let variance = mask.broadcast_mul(&variance)?.sum(1)?;
    let effect = (moved / ((variance + EPSILON)? * 2.0)?)?;
    (effect + FLOOR)?.log()?.neg()?.mean_all()
}

#[cfg(test)]
#[allow(clippy::single_range_in_vec_init, reason = "groups of pairs, of which there is one")]
mod tests {
    use super::*;
    use candle_core::{Device, Var};

    /// Means of N codes whose unit 0 is ±1 by a factor and unit 1 something else.
    const MEANS: [[f32; 2]; 4] = [[1.0, 3.0], [-1.0, 3.0], [1.0, -3.0], [-1.0, -3.0]];

    fn cost<const M: usize>(
        shift: &[[f32; 2]; M],
        groups: &[Range<usize>],
        units: &[Vec<usize>],
    ) -> Result<f32> {
        let (means, shift) = (Tensor::new(&MEANS, &Device::Cpu)?, Tensor::new(shift, &Device::Cpu)?);
        penalty(&means, &shift, groups, units, 0)?.to_scalar()
    }

    #[test]
    fn it_is_minus_the_logarithm_of_the_total_effect() -> Result<()> {
        // Of two classes a pure unit has S = 2, one that half the variance is owed to has 1.
        for (step, effect) in [(2.0, 2.0f32), (std::f32::consts::SQRT_2, 1.0), (0.0, 0.0)] {
            let expected = -(effect + 1e-3).ln();
            assert!((cost(&[[step, 0.0], [-step, 0.0]], &[0..2], &[vec![0]])? - expected).abs() < 1e-4);
        }
        let both = cost(&[[2.0, 0.1], [0.0, 6.0], [7.0, 0.0]], &[0..1, 1..3], &[vec![0], vec![1]])?;
        assert!((both + (2.001f32.ln() + 1.001f32.ln()) / 2.0).abs() < 1e-4, "{both}");
        Ok(())
    }

    #[test]
    fn the_scale_of_a_unit_does_not_matter() -> Result<()> {
        let of = |scale: f64| -> Result<f32> {
            let means = (Tensor::new(&MEANS, &Device::Cpu)? * scale)?;
            let shift = (Tensor::new(&[[0.3f32, 0.0]], &Device::Cpu)? * scale)?;
            penalty(&means, &shift, &[0..1], &[vec![0]], 0)?.to_scalar()
        };
        assert!((of(1.0)? - of(0.05)?).abs() < 1e-3);
        Ok(())
    }

    #[test]
    fn its_gradient_increases_the_effect_of_the_factor_and_decreases_that_of_others() -> Result<()> {
        let (means, shift) = (Var::new(&MEANS, &Device::Cpu)?, Var::new(&[[0.1f32, 5.0]], &Device::Cpu)?);
        let gradients = penalty(&means, &shift, &[0..1], &[vec![0]], 0)?.backward()?;
        let of = |var: &Var| gradients.get(var).expect("it takes part").to_vec2::<f32>();
        assert!(of(&shift)?[0][0] < 0.0 && of(&shift)?[0][1] == 0.0);
        let means = of(&means)?;
        assert!(means[0][0] > 0.0 && means[1][0] < 0.0 && means.iter().all(|row| row[1] == 0.0));
        Ok(())
    }

    #[test]
    fn an_arc_of_a_circle_is_not_enough() -> Result<()> {
        let of = |centre: f32, radius: f32| -> Result<f32> {
            let at = |quarter: u8| {
                let (sin, cos) = (f32::from(quarter) * std::f32::consts::FRAC_PI_2).sin_cos();
                [centre + radius * cos, radius * sin]
            };
            let means = [at(0), at(1), at(2), at(3)];
            // Each turns by a quarter, as far as two angles drawn at random are apart in the mean square.
            let shift: [[f32; 2]; 4] =
                std::array::from_fn(|i| std::array::from_fn(|j| means[(i + 1) % 4][j] - means[i][j]));
            let (means, shift) = (Tensor::new(&means, &Device::Cpu)?, Tensor::new(&shift, &Device::Cpu)?);
            penalty(&means, &shift, &[0..4], &[vec![0, 1]], 1)?.to_scalar()
        };
        for radius in [0.1, 1.0, 7.0] {
            assert!((of(0.0, radius)? + 1.001f32.ln()).abs() < 1e-3, "{}", of(0.0, radius)?);
        }
        assert!(of(3.0, 1.0)? > 2.0, "an arc is not the circle");
        Ok(())
    }

    #[test]
    fn a_constant_unit_has_a_finite_penalty() -> Result<()> {
        let means = Var::new(&[[0.5f32], [0.5]], &Device::Cpu)?;
        let shift = Var::new(&[[0f32]], &Device::Cpu)?;
        let cost = penalty(&means, &shift, &[0..1], &[vec![0]], 0)?;
        assert!(cost.to_scalar::<f32>()?.is_finite());
        let gradients = cost.backward()?;
        let slope = gradients.get(&shift).expect("it takes part").to_vec2::<f32>()?;
        assert!(slope[0][0].is_finite());
        Ok(())
    }
}
