//! One factor, one unit: the code of a pair's first image, with one unit changed, should decode to the second
//! image. The loss is w·E\[−log p(x'|z + m∘(μ(x') − μ(x)))\] over pairs that differ in one factor, where z is
//! the code of x, and m is 1 in the unit of the pair's group and 0 in others. Each group of a step has another
//! factor, and so a unit of its own: the one with the largest share of the group's change. Groups choose in
//! the order of these shares.
//!
//! A focus f gives more weight to values in which x' differs more from x: −log p(x'_i|·) is weighted by
//! 1 − f + f·|x'_i − x_i|/mean_k |x'_k − x_k|. A factor that changes few pixels, such as a smile, then has as
//! much influence as one that changes many.
//!
//! Locatello et al. 2020, "Weakly-supervised disentanglement without compromises", average the posteriors of
//! the units that a pair shares; Hu et al. 2018, "Disentangling factors of variation by mixing them", combine
//! the codes of two images.

use std::ops::Range;

use candle_core::{Result, Tensor};
use model::Likelihood;

/// Returns codes of the first images with one unit changed, `[M, W]`: the first M of `codes`, `[N, W]`, plus
/// `shift`, `[M, W]`, in the `channels` of the unit of each group.
///
/// # Errors
/// Passes candle's errors on.
pub fn moved(
    codes: &Tensor,
    shift: &Tensor,
    groups: &[Range<usize>],
    channels: &[Vec<usize>],
) -> Result<Tensor> {
    let (count, width) = shift.dims2()?;
    let mut mask = vec![0f32; count * width];
    for (rows, channels) in groups.iter().zip(channels) {
        for row in rows.clone() {
            channels.iter().for_each(|channel| mask[row * width + channel] = 1.0);
        }
    }
    let mask = Tensor::from_vec(mask, (count, width), shift.device())?;
    codes.narrow(0, 0, count)? + (shift * mask)?
}

/// Mean −log p(x'|·) over pairs in nats, a scalar. The `logits` of the [`moved`] codes and the `first` and
/// `second` images are `[M, H, W, C]`; `focus` lies between 0 and 1.
///
/// # Errors
/// Passes candle's errors on.
pub fn penalty(
    likelihood: &Likelihood,
    logits: &Tensor,
    first: &Tensor,
    second: &Tensor,
    focus: f64,
) -> Result<Tensor> {
    if focus == 0.0 {
        return likelihood.nll(logits, second)?.mean_all();
    }
    let weights = weights(first, second, focus)?;
    let (values, each) = (weights.elem_count(), (weights.elem_count(), 1));
    let nll = likelihood.nll(&logits.reshape(each)?, &second.reshape(each)?)?;
    (nll * weights.reshape(values)?)?.sum_all()? / second.dim(0)? as f64
}

/// Weight of each value of the second images, `[M, …]`. The mean over an image that differs is 1.
fn weights(first: &Tensor, second: &Tensor, focus: f64) -> Result<Tensor> {
    let off = (second - first)?.abs()?.flatten_from(1)?;
    let mean = (off.mean_keepdim(1)? + f64::from(f32::MIN_POSITIVE))?;
    (off.broadcast_div(&mean)? * focus)? + (1.0 - focus)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pairs::grouped;
    use candle_core::{DType, Device};
    use model::ops::to_vec;
    use model::{ModelConfig, Parameters, Vae};

    fn vae(latent: usize) -> Result<Vae> {
        let config = ModelConfig { latent, channels: vec![4, 8], hidden: 16, ..ModelConfig::default() };
        let parameters = Parameters::initial(&config, 1, &Device::Cpu)?;
        Vae::load(&config, &parameters.builder(&Device::Cpu))
    }

    fn images(count: usize, seed: f64) -> Result<Tensor> {
        let values = Tensor::arange(0f32, (count * 64 * 64) as f32, &Device::Cpu)?;
        ((values * seed)?.sin()?.abs()?).reshape((count, 64, 64, 1))
    }

    #[test]
    fn different_pixels_count_more_and_the_mean_stays() -> Result<()> {
        let first = Tensor::new(&[[0.5f32, 0.5, 0.5, 0.5], [0.1, 0.2, 0.3, 0.4]], &Device::Cpu)?;
        let second = Tensor::new(&[[0.5f32, 0.5, 0.8, 0.4], [0.1, 0.2, 0.3, 0.4]], &Device::Cpu)?;
        let got = weights(&first, &second, 0.5)?.to_vec2::<f32>()?;
        for (got, expected) in got.iter().flatten().zip([0.5, 0.5, 2.0, 1.0, 0.5, 0.5, 0.5, 0.5]) {
            assert!((got - expected).abs() < 1e-5, "{got}, not {expected}");
        }
        Ok(())
    }

    #[test]
    fn a_focus_weighs_the_nats_of_each_value() -> Result<()> {
        let vae = vae(2)?;
        let (first, second) = (images(1, 0.3)?, images(1, 0.7)?);
        let logits = vae.decode(&Tensor::new(&[[1.3f32, 0.1]], &Device::Cpu)?)?;
        let of = |focus| penalty(vae.likelihood(), &logits, &first, &second, focus)?.to_scalar::<f32>();
        // Without any, and with so little that it can't matter, the nats are the same.
        assert!((of(0.0)? - of(1e-9)?).abs() < 0.1, "{} {}", of(0.0)?, of(1e-9)?);
        let (a, b) = (to_vec(&first)?, to_vec(&second)?);
        let all: f32 = a.iter().zip(&b).map(|(a, b)| (a - b).abs()).sum();
        let mut expected = 0.0;
        for (l, (a, b)) in to_vec(&logits)?.iter().zip(a.iter().zip(&b)) {
            expected += vae.likelihood().nll_of(&[*l], &[*b])? * (0.3 + 0.7 * (a - b).abs() * 4096.0 / all);
        }
        assert!((of(0.7)? - expected).abs() < 1e-4 * expected, "{}, not {expected}", of(0.7)?);
        Ok(())
    }

    #[test]
    fn only_the_groups_unit_is_moved() -> Result<()> {
        let codes = Tensor::new(&[[0.1f32, 0.2, 0.3], [0.4, 0.5, 0.6], [7.0, 8.0, 9.0]], &Device::Cpu)?;
        let shift = Tensor::new(&[[2f32, 1.0, 0.5], [0.1, 0.2, -3.0]], &Device::Cpu)?;
        let got = moved(&codes, &shift, &[0..1, 1..2], &[vec![0], vec![2]])?.to_vec2::<f32>()?;
        for (got, expected) in got.iter().flatten().zip([2.1, 0.2, 0.3, 0.4, 0.5, -2.4]) {
            assert!((got - expected).abs() < 1e-6, "{got}, not {expected}");
        }
        Ok(())
    }

    #[test]
    fn its_gradient_reaches_the_codes_and_the_units_that_moved() -> Result<()> {
        let vae = vae(2)?;
        let (first, second) = (images(1, 0.2)?, images(1, 0.3)?);
        let codes = candle_core::Var::zeros((1, 2), DType::F32, &Device::Cpu)?;
        let shift = candle_core::Var::new(&[[0.1f32, 2.0]], &Device::Cpu)?;
        for focus in [0.0, 0.5] {
            let logits = vae.decode(&moved(&codes, &shift, &grouped(1, 1), &[vec![1]])?)?;
            let gradients = penalty(vae.likelihood(), &logits, &first, &second, focus)?.backward()?;
            let of = |var: &Tensor| gradients.get(var).map(|g| g.flatten_all()?.to_vec1::<f32>()).transpose();
            assert!(of(&codes)?.is_some_and(|g| g.iter().all(|v| *v != 0.0)));
            assert!(of(&shift)?.is_some_and(|g| g[0] == 0.0 && g[1] != 0.0));
        }
        Ok(())
    }
}
