//! One factor, one unit: the second image of a pair should follow from the code of the first, moved in a
//! single unit. w·E\[−log p(x'|z + m∘(μ(x') − μ(x)))\] over pairs that differ in one factor, where z is
//! x's code and m is 1 in the unit that the pair's group has, else 0. Each group of a step is of another
//! factor, so each has a unit of its own: the one that tells most of its change, the surest group first.
//!
//! With a focus f, a value of x' that differs more from x counts more: −log p(x'_i|·) is weighted by
//! 1 − f + f·|x'_i − x_i|/mean_k |x'_k − x_k|. A factor that moves few pixels, such as a smile, is then
//! heard as well as one that moves many.
//!
//! So pairs are used by Locatello et al. 2020, "Weakly-supervised disentanglement without compromises", who
//! average the posteriors of all units but those that change, and by Hu et al. 2018, "Disentangling factors
//! of variation by mixing them", who put codes together of two images.

use candle_core::{Result, Tensor};
use model::Vae;

use super::transitions::Partners;

/// A step's pairs and their codes.
#[derive(Clone, Copy)]
pub(super) struct Pairs<'a> {
    /// Begins with the first images, `[N, H, W, C]`.
    pub(super) images: &'a Tensor,
    /// The second images.
    pub(super) partners: &'a Partners,
    /// Begins with the sampled codes of the first images, `[N, D]`.
    pub(super) codes: &'a Tensor,
    /// μ(x') − μ(x), `[M, D]`.
    pub(super) shift: &'a Tensor,
    /// The unit that each group has, of [`units_of`].
    pub(super) units: &'a [usize],
}

/// −log p(x'|z moved by `shift` in one unit), the mean over pairs in nats, a scalar; `focus` from 0 to 1.
pub(super) fn penalty(vae: &Vae, pairs: Pairs, focus: f64) -> Result<Tensor> {
    let Pairs { images, partners, codes, shift, units } = pairs;
    let (count, width) = shift.dims2()?;
    let mut mask = vec![0f32; count * width];
    for (at, unit) in partners.bounds.windows(2).zip(units) {
        (at[0]..at[1]).for_each(|row| mask[row * width + *unit] = 1.0);
    }
    let mask = Tensor::from_vec(mask, (count, width), shift.device())?;
    let codes = (codes.narrow(0, 0, count)? + (shift * mask)?)?;
    let logits = vae.decode(&codes)?;
    if focus == 0.0 {
        return vae.likelihood().nll(&logits, &partners.images)?.mean_all();
    }
    let weights = weights(&images.narrow(0, 0, count)?, &partners.images, focus)?;
    let (values, each) = (weights.elem_count(), (weights.elem_count(), 1));
    let nll = vae.likelihood().nll(&logits.reshape(each)?, &partners.images.reshape(each)?)?;
    (nll * weights.reshape(values)?)?.sum_all()? / count as f64
}

/// How much each value of the second images counts, `[M, …]`: 1 in the mean over one that differs.
fn weights(first: &Tensor, second: &Tensor, focus: f64) -> Result<Tensor> {
    let off = (second - first)?.abs()?.flatten_from(1)?;
    let mean = (off.mean_keepdim(1)? + f64::from(f32::MIN_POSITIVE))?;
    (off.broadcast_div(&mean)? * focus)? + (1.0 - focus)
}

/// A unit for each group of rows of `changes`, `[M, width]`, in the posterior's standard deviations: that
/// with the largest share of the group's squared changes, each unit once while there are enough; larger
/// shares choose first.
pub(super) fn units_of(changes: &[f32], width: usize, bounds: &[usize]) -> Vec<usize> {
    let mut shares = Vec::new();
    for (group, at) in bounds.windows(2).enumerate() {
        let mut squares = vec![0f32; width];
        for row in changes[at[0] * width..at[1] * width].chunks_exact(width) {
            squares.iter_mut().zip(row).for_each(|(square, change)| *square += change * change);
        }
        let all = squares.iter().sum::<f32>().max(f32::MIN_POSITIVE);
        shares.extend(squares.iter().enumerate().map(|(unit, square)| (square / all, group, unit)));
    }
    shares.sort_by(|a, b| b.0.total_cmp(&a.0));
    let groups = bounds.len() - 1;
    let (mut chosen, mut free) = (vec![None; groups], vec![true; width]);
    for &(_, group, unit) in &shares {
        if chosen[group].is_none() && (free[unit] || groups > width) {
            (chosen[group], free[unit]) = (Some(unit), false);
        }
    }
    chosen.into_iter().map(|unit| unit.unwrap_or(0)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::{DType, Device};
    use model::ops::to_vec;
    use model::{ModelConfig, Parameters};

    #[test]
    fn each_group_has_a_unit_of_its_own_the_surest_first() {
        // Both groups move unit 0 most; the second moves little besides.
        let changes = [9.0, 0.0, 8.0, -9.0, 0.0, 8.0, 0.0, 1.0, 5.0];
        assert_eq!(units_of(&changes, 3, &[0, 2, 3]), [0, 2]);
        let changes = [9.0, 0.0, 8.0, -9.0, 0.0, 8.0, 9.0, 1.0, 0.0];
        assert_eq!(units_of(&changes, 3, &[0, 2, 3]), [2, 0]);
    }

    #[test]
    fn far_and_near_count_by_their_shares_and_more_groups_than_units_share() {
        assert_eq!(units_of(&[90.0, 80.0, 0.0, 0.1], 2, &[0, 1, 2]), [0, 1]);
        assert_eq!(units_of(&[1.0, 2.0, 3.0, 4.0, 5.0, 4.0], 2, &[0, 1, 2, 3]), [1, 1, 0]);
        assert_eq!(units_of(&[0.0, 0.0], 2, &[0, 1]).len(), 1);
    }

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
    fn what_differs_counts_more_and_the_mean_is_kept() -> Result<()> {
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
        let partners = Partners { images: second.clone(), bounds: vec![0, 1] };
        let (codes, shift) =
            (Tensor::new(&[[0.3f32, 0.1]], &Device::Cpu)?, Tensor::new(&[[1f32, 0.0]], &Device::Cpu)?);
        let pairs = Pairs { images: &first, partners: &partners, codes: &codes, shift: &shift, units: &[0] };
        let of = |focus| penalty(&vae, pairs, focus)?.to_scalar::<f32>();
        // Without any, and with so little that it can't matter, the nats are the same.
        assert!((of(0.0)? - of(1e-9)?).abs() < 0.1, "{} {}", of(0.0)?, of(1e-9)?);
        let logits = to_vec(&vae.decode(&(&codes + &shift)?)?)?;
        let (a, b) = (to_vec(&first)?, to_vec(&second)?);
        let all: f32 = a.iter().zip(&b).map(|(a, b)| (a - b).abs()).sum();
        let mut expected = 0.0;
        for (l, (a, b)) in logits.iter().zip(a.iter().zip(&b)) {
            expected += vae.likelihood().nll_of(&[*l], &[*b])? * (0.3 + 0.7 * (a - b).abs() * 4096.0 / all);
        }
        assert!((of(0.7)? - expected).abs() < 1e-4 * expected, "{}, not {expected}", of(0.7)?);
        Ok(())
    }

    #[test]
    fn only_the_groups_unit_is_moved() -> Result<()> {
        let vae = vae(3)?;
        let (images, partners) =
            (images(3, 0.2)?, Partners { images: images(2, 0.7)?, bounds: vec![0, 1, 2] });
        let codes = Tensor::new(&[[0.1f32, 0.2, 0.3], [0.4, 0.5, 0.6], [7.0, 8.0, 9.0]], &Device::Cpu)?;
        let shift = Tensor::new(&[[2f32, 1.0, 0.5], [0.1, 0.2, -3.0]], &Device::Cpu)?;
        let moved = Tensor::new(&[[2.1f32, 0.2, 0.3], [0.4, 0.5, -2.4]], &Device::Cpu)?;
        let expected = vae.likelihood().nll(&vae.decode(&moved)?, &partners.images)?.mean_all()?;
        let pairs =
            Pairs { images: &images, partners: &partners, codes: &codes, shift: &shift, units: &[0, 2] };
        let got = penalty(&vae, pairs, 0.0)?.to_scalar::<f32>()?;
        assert!((got - expected.to_scalar::<f32>()?).abs() < 1e-2, "{got}, not {expected}");
        Ok(())
    }

    #[test]
    fn its_gradient_reaches_the_codes_and_the_units_that_moved() -> Result<()> {
        let vae = vae(2)?;
        let (images, partners) = (images(1, 0.2)?, Partners { images: images(1, 0.3)?, bounds: vec![0, 1] });
        let codes = candle_core::Var::zeros((1, 2), DType::F32, &Device::Cpu)?;
        let shift = candle_core::Var::new(&[[0.1f32, 2.0]], &Device::Cpu)?;
        let pairs = Pairs { images: &images, partners: &partners, codes: &codes, shift: &shift, units: &[1] };
        for focus in [0.0, 0.5] {
            let gradients = penalty(&vae, pairs, focus)?.backward()?;
            let of = |var: &Tensor| gradients.get(var).map(|g| g.flatten_all()?.to_vec1::<f32>()).transpose();
            assert!(of(&codes)?.is_some_and(|g| g.iter().all(|v| *v != 0.0)));
            assert!(of(&shift)?.is_some_and(|g| g[0] == 0.0 && g[1] != 0.0));
        }
        Ok(())
    }
}
