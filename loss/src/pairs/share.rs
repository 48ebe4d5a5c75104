//! One factor, one unit: of all that a group's factor changes, the largest part should be the group's unit. The
//! penalty is the mean over groups of −log(T_u / Σ_j T_j + ε) for the group's unit u, with the total effect
//! T_j = E\[(μ_j(x') − μ_j(x))²\] / (2·Var\[μ_j\] + δ) of the factor on unit j, over the group's pairs and over the
//! batch (Jansen 1999, "Analysis of variance designs for model output"). The [`purity`](super::purity) asks that
//! nothing else changes unit u; this asks that the factor changes no other unit. The [`spread`](super::spread) asks
//! the same of changes in standard deviations of the posterior, so units with wide posteriors hardly count there.
//!
//! The mean of a circle counts as a point on the unit circle, with variance 1.

use std::ops::Range;

use candle_core::{Result, Tensor};
use model::circle::rounded;

/// ε, which bounds the gradient for a unit with less than this share.
const FLOOR: f64 = 1e-3;
/// δ, so that inactive units hardly count.
const INACTIVE: f64 = 0.02;

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
    let plain = width - 2 * circles;
    let (mut average, mut mask) = (vec![0f32; groups.len() * count], vec![0f32; groups.len() * width]);
    for (group, (rows, channels)) in groups.iter().zip(channels).enumerate() {
        average[group * count + rows.start..group * count + rows.end].fill(1.0 / rows.len() as f32);
        channels.iter().for_each(|channel| mask[group * width + channel] = 1.0);
    }
    let average = Tensor::from_vec(average, (groups.len(), count), shift.device())?;
    let mask = Tensor::from_vec(mask, (groups.len(), width), shift.device())?;
    let first = means.narrow(0, 0, count)?;
    let shift = (rounded(&(&first + shift)?, circles)? - rounded(&first, circles)?)?;
    let moved = average.matmul(&shift.sqr()?)?;
    let off = means.broadcast_sub(&means.mean_keepdim(0)?)?;
    let variance = ((off.sqr()?.mean(0)?.narrow(0, 0, plain)? * 2.0)? + INACTIVE)?;
    // Both channels of a circle have half of its variance.
    let whole = (Tensor::ones(2 * circles, variance.dtype(), variance.device())? * 2.0)?;
    let effects = moved.broadcast_div(&Tensor::cat(&[variance, whole], 0)?)?;
    let share = ((&effects * mask)?.sum(1)? / (effects.sum(1)? + FLOOR)?)?;
    (share + FLOOR)?.log()?.neg()?.mean_all()
}

#[cfg(test)]
#[allow(clippy::single_range_in_vec_init, reason = "groups of pairs, of which there is one")]
mod tests {
    use super::*;
    use candle_core::{Device, Var};

    /// Means of N codes with variance 1 and 9.
    const MEANS: [[f32; 2]; 4] = [[1.0, 3.0], [-1.0, 3.0], [1.0, -3.0], [-1.0, -3.0]];

    fn cost(shift: &[[f32; 2]; 2], circles: usize) -> Result<f32> {
        let (means, shift) = (Tensor::new(&MEANS, &Device::Cpu)?, Tensor::new(shift, &Device::Cpu)?);
        let channels = if circles == 0 { vec![0] } else { vec![0, 1] };
        penalty(&means, &shift, &[0..2], &[channels], circles)?.to_scalar()
    }

    #[test]
    fn it_is_minus_the_logarithm_of_the_share() -> Result<()> {
        assert!(cost(&[[2.0, 0.0], [-2.0, 0.0]], 0)?.abs() < 0.01, "no other unit changes");
        // A change of three times the size in the unit of three times the standard deviation is the same effect.
        assert!((cost(&[[1.0, 3.0], [1.0, 3.0]], 0)? - 2f32.ln()).abs() < 0.02);
        assert!((cost(&[[0.0, 3.0], [0.0, 3.0]], 0)? - 1e3f32.ln()).abs() < 0.01);
        assert!(cost(&[[0.0, 0.0], [0.0, 0.0]], 0)?.is_finite());
        assert!(cost(&[[-2.0, 0.0], [2.0, 0.0]], 1)?.abs() < 0.01, "a circle is one unit");
        Ok(())
    }

    #[test]
    fn its_gradient_moves_the_change_to_the_groups_unit() -> Result<()> {
        let (means, shift) = (Tensor::new(&MEANS, &Device::Cpu)?, Var::new(&[[0.5f32, 1.5]], &Device::Cpu)?);
        let gradients = penalty(&means, &shift, &[0..1], &[vec![0]], 0)?.backward()?;
        let slopes = gradients.get(&shift).expect("it takes part").to_vec2::<f32>()?;
        assert!(slopes[0][0] < 0.0 && slopes[0][1] > 0.0, "{slopes:?}");
        Ok(())
    }
}
