//! Circular units: units whose values are angles.
//!
//! A periodic factor such as a rotation can't be mapped continuously to a line. The value of a circle is an
//! angle in radians, and it uses two channels of the network. The posterior of the channels is a Gaussian in
//! the plane, N((a, b), diag(σ_a², σ_b²)), and the decoder reads only the direction of a sample,
//! (cos θ, sin θ). So θ has a projected normal distribution (Mardia & Jupp 2000, "Directional statistics",
//! section 3.5.6), which is uniform under the prior N(0, I) of the plane. The KL in the plane is an upper bound
//! of the KL of the angle, because dropping the radius can't add information. The objective therefore remains
//! an evidence lower bound. Other posteriors on a circle: Davidson et al. 2018, "Hyperspherical variational
//! auto-encoders"; Falorsi et al. 2018, "Explorations in homeomorphic variational auto-encoding".
//!
//! A code has D values, one for each unit, and W = D + C channels, where the last C units are circles: first
//! the channels of the ordinary units, then two for each circle.

use std::f32::consts::PI;

use candle_core::{Result, Tensor};

use crate::config::ModelConfig;
use crate::ops::to_vec;
use crate::posterior::{LOG_VAR_RANGE, Posterior};

/// Added to the squared length of a point in the plane, to avoid division by zero at the centre.
const CENTRE: f64 = 1e-6;

/// Returns the input of the decoder, `[N, W]`, for `codes`, which are values of units, `[N, D]`, or channels,
/// `[N, W]`. The channels of each circle are a point on the unit circle.
///
/// # Errors
/// Passes candle's errors on.
pub fn directions(codes: &Tensor, config: &ModelConfig) -> Result<Tensor> {
    let (circles, plain) = (config.circles, config.plain_units());
    if circles == 0 {
        return Ok(codes.clone());
    }
    let (count, width) = codes.dims2()?;
    if width != config.latent {
        return rounded(codes, circles);
    }
    let angles = codes.narrow(1, plain, circles)?;
    let points = Tensor::stack(&[angles.cos()?, angles.sin()?], 2)?.reshape((count, 2 * circles))?;
    beside(codes, plain, points)
}

/// Projects the channels of the `circles` to the unit circle, `[N, W]` to `[N, W]`.
///
/// # Errors
/// Passes candle's errors on.
pub fn rounded(channels: &Tensor, circles: usize) -> Result<Tensor> {
    let (count, width) = channels.dims2()?;
    if circles == 0 {
        return Ok(channels.clone());
    }
    let plain = width - 2 * circles;
    let points = channels.narrow(1, plain, 2 * circles)?.contiguous()?.reshape((count, circles, 2))?;
    let length = (points.sqr()?.sum_keepdim(2)? + CENTRE)?.sqrt()?;
    beside(channels, plain, points.broadcast_div(&length)?.reshape((count, 2 * circles))?)
}

/// Joins the first `plain` columns of `codes` and the columns of `points`.
fn beside(codes: &Tensor, plain: usize, points: Tensor) -> Result<Tensor> {
    if plain == 0 { Ok(points) } else { Tensor::cat(&[&codes.narrow(1, 0, plain)?, &points], 1) }
}

/// Converts values of units, rows of D, to channels, rows of W; see [`directions`].
pub fn expanded(codes: &[f32], config: &ModelConfig) -> Vec<f32> {
    let plain = config.plain_units();
    let mut channels = Vec::with_capacity(codes.len() / config.latent * config.width());
    for code in codes.chunks_exact(config.latent) {
        channels.extend(&code[..plain]);
        channels.extend(code[plain..].iter().flat_map(|angle| [angle.cos(), angle.sin()]));
    }
    channels
}

/// Converts means and log σ² of a posterior's channels, in rows of W, to those of units, in rows of D. For a
/// circle these are the mean direction in (−π, π] and the log of the angle's variance to first order,
/// (σ_a²·sin²θ + σ_b²·cos²θ)/r², at most the variance of the uniform distribution, π²/3.
pub fn units(mean: &[f32], log_var: &[f32], config: &ModelConfig) -> [Vec<f32>; 2] {
    let (plain, width) = (config.plain_units(), config.width());
    let mut by_unit = [Vec::new(), Vec::new()];
    for (mean, log_var) in mean.chunks_exact(width).zip(log_var.chunks_exact(width)) {
        by_unit[0].extend(&mean[..plain]);
        by_unit[1].extend(&log_var[..plain]);
        for (point, log_var) in mean[plain..].chunks_exact(2).zip(log_var[plain..].chunks_exact(2)) {
            let (sin, cos) = point[1].atan2(point[0]).sin_cos();
            let square = point[0] * point[0] + point[1] * point[1] + CENTRE as f32;
            let across = log_var[0].exp() * sin * sin + log_var[1].exp() * cos * cos;
            by_unit[0].push(point[1].atan2(point[0]));
            let angle = (across / square).min(PI * PI / 3.0).ln();
            by_unit[1].push(angle.max(LOG_VAR_RANGE.0 as f32));
        }
    }
    by_unit
}

/// Sums values of channels, `[N, W]`, for each unit, `[N, D]`.
///
/// # Errors
/// Passes candle's errors on.
pub fn summed(values: &Tensor, circles: usize) -> Result<Tensor> {
    let (count, width) = values.dims2()?;
    if circles == 0 {
        return Ok(values.clone());
    }
    let plain = width - 2 * circles;
    let pairs = values.narrow(1, plain, 2 * circles)?.contiguous()?.reshape((count, circles, 2))?.sum(2)?;
    beside(values, plain, pairs)
}

/// Shortest signed distance from angle `from` to angle `to`, in [−π, π].
pub fn way(from: f32, to: f32) -> f32 {
    let way = (to - from).rem_euclid(2.0 * PI);
    if way > PI { way - 2.0 * PI } else { way }
}

impl Posterior {
    /// Returns the posterior of units, `[N, D]`; see [`units`]. Without circles it is a copy.
    ///
    /// # Errors
    /// Passes candle's errors on.
    pub fn units(&self, config: &ModelConfig) -> Result<Self> {
        if config.circles == 0 {
            return Ok(self.clone());
        }
        let by_unit = units(&to_vec(&self.mean)?, &to_vec(&self.log_var)?, config);
        let count = self.mean.dim(0)?;
        let [mean, log_var] =
            by_unit.map(|values| Tensor::from_vec(values, (count, config.latent), self.mean.device()));
        Ok(Self { mean: mean?, log_var: log_var?, family: self.family.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::{Device, Var};

    /// Two ordinary units and one circle, or two circles alone.
    fn config(latent: usize, circles: usize) -> ModelConfig {
        ModelConfig { latent, circles, ..ModelConfig::default() }
    }

    fn close(got: &[f32], expected: &[f32]) {
        assert_eq!(got.len(), expected.len());
        for (got, expected) in got.iter().zip(expected) {
            assert!((got - expected).abs() < 1e-5, "{got} is not {expected}");
        }
    }

    #[test]
    fn a_unit_and_its_channels_reach_the_decoder_alike() -> Result<()> {
        let units = [0.5f32, -2.0, 2.5];
        let expected = [0.5, -2.0, 2.5f32.cos(), 2.5f32.sin()];
        let config = config(3, 1);
        close(&expanded(&units, &config), &expected);
        let by_unit = directions(&Tensor::new(&[units], &Device::Cpu)?, &config)?;
        close(&to_vec(&by_unit)?, &expected);
        let channels = [0.5, -2.0, 7.0 * 2.5f32.cos(), 7.0 * 2.5f32.sin()];
        let by_channel = directions(&Tensor::new(&[channels], &Device::Cpu)?, &config)?;
        close(&to_vec(&by_channel)?, &expected);
        Ok(())
    }

    #[test]
    fn circles_alone_and_none_at_all_work_too() -> Result<()> {
        let codes = Tensor::new(&[[0f32, 3.0]], &Device::Cpu)?;
        close(&to_vec(&directions(&codes, &config(2, 2))?)?, &[1.0, 0.0, 3f32.cos(), 3f32.sin()]);
        close(&to_vec(&directions(&codes, &config(2, 0))?)?, &[0.0, 3.0]);
        let values = Tensor::new(&[[1f32, 2.0, 3.0, 4.0]], &Device::Cpu)?;
        close(&to_vec(&summed(&values, 2)?)?, &[3.0, 7.0]);
        close(&to_vec(&summed(&values, 1)?)?, &[1.0, 2.0, 7.0]);
        close(&to_vec(&summed(&values, 0)?)?, &[1.0, 2.0, 3.0, 4.0]);
        Ok(())
    }

    #[test]
    fn the_angle_and_its_spread_are_those_of_samples() -> Result<()> {
        use crate::config::PosteriorKind;
        let (n, device) = (20_000, Device::Cpu);
        let config = config(1, 1);
        let (mean, log_var) = ([-1.2f32, 0.9], [0.04f32.ln(), 0.01f32.ln()]);
        let [angle, spread] = units(&mean, &log_var, &config);
        let repeated = |row: [f32; 2]| Tensor::new(&[row], &device)?.repeat((n, 1));
        let posterior = Posterior::gaussian(repeated(mean)?, repeated(log_var)?);
        let mut rng = crate::random::stream(1, crate::random::Purpose::Noise, 1);
        let noise = Tensor::from_vec(PosteriorKind::Gaussian.noise(n, 2, &mut rng), (n, 2), &device)?;
        let samples = to_vec(&posterior.sample(&noise)?)?;
        let off: Vec<f32> = samples.chunks(2).map(|p| way(angle[0], p[1].atan2(p[0]))).collect();
        let mean = off.iter().sum::<f32>() / n as f32;
        let variance = off.iter().map(|off| off * off).sum::<f32>() / n as f32;
        assert!(mean.abs() < 0.01, "{mean}");
        assert!((variance / spread[0].exp() - 1.0).abs() < 0.05, "{variance}, not {}", spread[0].exp());
        Ok(())
    }

    #[test]
    fn what_says_nothing_of_the_angle_spreads_over_the_circle_and_no_more() {
        let [_, spread] = units(&[0.0, 0.0], &[0.0, 0.0], &config(1, 1));
        close(&spread, &[(PI * PI / 3.0).ln()]);
    }

    #[test]
    fn the_way_between_angles_is_the_short_one() {
        close(&[way(3.0, -3.0), way(-3.0, 3.0), way(0.5, 0.2)], &[2.0 * PI - 6.0, 6.0 - 2.0 * PI, -0.3]);
    }

    #[test]
    fn gradients_turn_the_point_and_are_finite_at_the_centre() -> Result<()> {
        let config = config(1, 1);
        for (point, expected) in [([2f32, 0.0], Some([0.0, 0.5])), ([0.0, 0.0], None)] {
            let codes = Var::new(&[point], &Device::Cpu)?;
            let sin = directions(&codes, &config)?.narrow(1, 1, 1)?;
            let gradients = sin.sum_all()?.backward()?;
            let gradient = to_vec(gradients.get(&codes).expect("it takes part"))?;
            assert!(gradient.iter().all(|value| value.is_finite()));
            if let Some(expected) = expected {
                close(&gradient, &expected);
            }
        }
        Ok(())
    }
}
