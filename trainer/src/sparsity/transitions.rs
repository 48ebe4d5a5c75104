//! One factor, few units: of pairs of images that differ in one factor, the same in a group of pairs, few
//! units of the codes should tell the two apart, the same in all. λ·(‖g‖₁/‖g‖₂ − 1), as in
//! [`motion`](super::motion), with d = (μ(x') − μ(x))/σ(x) between the images of a pair; the mean over the
//! groups.
//!
//! So it is in films: from one picture to the next little changes, and the same for a while (Klindt et al.
//! 2021, "Towards nonlinear disentanglement in natural data with temporal sparse coding", whose prior on a
//! transition is sparse likewise). This is weak supervision: it is told that two pictures differ in one
//! thing and that others differ in the same, but never in what, how far, or which way (Shu et al. 2020;
//! Locatello et al. 2020). It needs data whose factors are known, so that such pairs can be had.

use candle_core::{Result, Tensor};
use model::Vae;
use model::ops::to_vec;
use rand::Rng;
use rand::seq::index::sample;
use serde::{Deserialize, Serialize};

use super::exchange::{self, Pairs, units_of};
use super::motion::{in_deviations, shift, spread_of};
use super::{Coded, purity};
use crate::data::Dataset;
use crate::objective::{Checked, Weight, not_negative, positive_weight};

/// Sparse transitions between images that differ in one factor.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Transitions {
    /// Weight λ, in nats.
    pub weight: Weight,
    /// Groups of pairs a step, each of another factor; half of the batch is shared out among them.
    pub groups: usize,
    /// Weight w of the exchange, whose formula stands in `exchange.rs`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exchange: Option<Weight>,
    /// How far the exchange looks at what differs in a pair, from 0, not at all, to 1, at nothing else.
    pub focus: f64,
    /// Weight in nats of the purity of the units, whose formula stands in `purity.rs`; 0 for none.
    pub purity: f64,
}

impl Default for Transitions {
    fn default() -> Self {
        Self { weight: Weight::Constant(5.0), groups: 4, exchange: None, focus: 0.0, purity: 0.0 }
    }
}

/// The second images of pairs, by their numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Drawn {
    /// Numbers of images, one for each of the first of a batch.
    pub indices: Vec<u64>,
    /// Where each group of pairs begins; at last, where the last one ends.
    pub bounds: Vec<usize>,
}

/// The second images of pairs.
#[derive(Clone, Debug)]
pub struct Partners {
    /// Images, `[M, H, W, C]`, the partners of the first M of a batch.
    pub images: Tensor,
    /// As in [`Drawn`].
    pub bounds: Vec<usize>,
}

impl Transitions {
    /// For the first half of `indices`, images of which one factor has another class: the same factor in a
    /// group, a class drawn anew for each. None if the data's images are no whole grid of factors.
    pub fn drawn(self, dataset: &dyn Dataset, indices: &[u64], noise: &mut impl Rng) -> Option<Drawn> {
        let counts: Vec<usize> = dataset.factors().into_iter().map(|(_, classes)| classes).collect();
        let free: Vec<usize> = (0..counts.len()).filter(|&factor| counts[factor] > 1).collect();
        let half = indices.len().div_ceil(2);
        let groups = self.groups.min(half).min(free.len());
        let mut drawn = Drawn::default();
        for (group, place) in sample(noise, free.len(), groups).into_iter().enumerate() {
            let factor = free[place];
            drawn.bounds.push(group * half / groups);
            for &index in &indices[group * half / groups..(group + 1) * half / groups] {
                let mut classes = dataset.classes(index);
                classes[factor] = (classes[factor] + noise.random_range(1..counts[factor])) % counts[factor];
                drawn.indices.push(dataset.index(&classes)?);
            }
        }
        drawn.bounds.push(half);
        (groups > 0).then_some(drawn)
    }

    /// The penalty of `partners` of `images` that `vae` has encoded so.
    pub(super) fn penalty(
        self,
        vae: &Vae,
        images: &Tensor,
        partners: &Partners,
        Coded { encoding, codes }: Coded,
        step: u64,
    ) -> Result<Tensor> {
        let shift = shift(vae, &partners.images, encoding)?;
        let changes = in_deviations(&shift, &encoding.posterior)?;
        let mut cost = (spread_of(&changes, &partners.bounds)? * self.weight.at(step))?;
        if self.exchange.is_none() && self.purity == 0.0 {
            return Ok(cost);
        }
        let units = units_of(&to_vec(&changes)?, shift.dim(1)?, &partners.bounds);
        if let Some(weight) = self.exchange {
            let pairs = Pairs { images, partners, codes, shift: &shift, units: &units };
            cost = (cost + (exchange::penalty(vae, pairs, self.focus)? * weight.at(step))?)?;
        }
        if self.purity > 0.0 {
            let mean = &encoding.posterior.mean;
            cost = (cost + (purity::penalty(mean, &shift, &partners.bounds, &units)? * self.purity)?)?;
        }
        Ok(cost)
    }

    pub(super) fn validate(self) -> Checked {
        positive_weight("transitions.weight", self.weight)?;
        if let Some(weight) = self.exchange {
            positive_weight("transitions.exchange", weight)?;
        }
        if !(0.0..=1.0).contains(&self.focus) {
            return Err(("transitions.focus", format!("is {}; it must lie between 0 and 1", self.focus)));
        }
        if self.focus > 0.0 && self.exchange.is_none() {
            return Err(("transitions.focus", "is set without an exchange; set `exchange` too".into()));
        }
        not_negative("transitions.purity", self.purity)?;
        if self.groups == 0 {
            return Err(("transitions.groups", "is 0; it must be at least 1".into()));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand::rngs::SmallRng;

    #[test]
    fn partners_differ_in_one_factor_the_same_in_a_group_and_in_all_in_time() {
        let dataset = crate::data::open("faces").expect("a world");
        let mut noise = SmallRng::seed_from_u64(1);
        let indices: Vec<u64> = (0..20).map(|i| i * 50_021).collect();
        let mut seen = std::collections::BTreeSet::new();
        for _ in 0..100 {
            let Drawn { indices: others, bounds } =
                Transitions::default().drawn(&*dataset, &indices, &mut noise).expect("a grid");
            assert_eq!((others.len(), &bounds[..]), (10, &[0, 2, 5, 7, 10][..]));
            let mut moved = Vec::new();
            for at in bounds.windows(2) {
                let factors = (at[0]..at[1]).map(|i| {
                    let (a, b) = (dataset.classes(indices[i]), dataset.classes(others[i]));
                    let apart: Vec<usize> = (0..a.len()).filter(|&f| a[f] != b[f]).collect();
                    assert_eq!(apart.len(), 1);
                    apart[0]
                });
                let factors: std::collections::BTreeSet<usize> = factors.collect();
                assert_eq!(factors.len(), 1);
                moved.extend(factors);
            }
            seen.extend(moved.iter().copied());
            moved.sort_unstable();
            moved.dedup();
            assert_eq!(moved.len(), 4, "each group moves another factor");
        }
        assert_eq!(seen.len(), 10);
    }

    #[test]
    fn impossible_parameters_are_named() {
        let key = |part: Transitions| part.validate().expect_err("it was accepted").0;
        let (part, zero) = (Transitions::default(), Weight::Constant(0.0));
        assert_eq!(key(Transitions { weight: zero, ..part }), "transitions.weight");
        assert_eq!(key(Transitions { groups: 0, ..part }), "transitions.groups");
        assert_eq!(key(Transitions { exchange: Some(zero), ..part }), "transitions.exchange");
        assert_eq!(key(Transitions { focus: 1.5, ..part }), "transitions.focus");
        assert_eq!(key(Transitions { focus: f64::NAN, ..part }), "transitions.focus");
        assert_eq!(key(Transitions { focus: 0.5, ..part }), "transitions.focus");
        let exchange = Some(Weight::Constant(1.0));
        assert_eq!(Transitions { focus: 0.5, exchange, ..part }.validate(), Ok(()));
        assert_eq!(key(Transitions { purity: -1.0, ..part }), "transitions.purity");
        assert_eq!(Transitions { exchange: Some(Weight::Constant(1.0)), ..part }.validate(), Ok(()));
    }

    #[test]
    fn small_batches_have_fewer_groups_and_data_without_factors_none() {
        let mut noise = SmallRng::seed_from_u64(1);
        let of = |dataset: &dyn Dataset, noise: &mut SmallRng| {
            Transitions { groups: 100, ..Transitions::default() }.drawn(dataset, &[5, 6, 7], noise)
        };
        let world = crate::data::open("sprites").expect("a world");
        assert_eq!(of(&*world, &mut noise).map(|drawn| drawn.bounds), Some(vec![0, 1, 2]));
        struct Bare;
        impl Dataset for Bare {
            fn name(&self) -> &str {
                "bare"
            }
            fn image_shape(&self) -> model::ImageShape {
                model::ImageShape { height: 2, width: 2, channels: 1 }
            }
            fn len(&self) -> u64 {
                9
            }
            fn read(&self, _: &[u64], _: &mut [f32]) -> std::result::Result<(), crate::data::DataError> {
                Ok(())
            }
        }
        assert_eq!(of(&Bare, &mut noise), None);
    }
}
