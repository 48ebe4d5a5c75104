//! Pairs of images that differ in one factor, in groups with the same factor.
//!
//! A [`Source`] provides the second images: from the factors of a world ([`factors`]), by moving the first images
//! ([`affine`]), or by changing a property to that of another image ([`motions`]). The [`PairLoss`] is
//! independent of the source. It asks that few units change ([`spread`]), that a change of one unit gives the
//! second image ([`exchange`]), and that this unit depends on nothing else ([`purity`]). [`Pairs`] is the term
//! that joins a source and the loss.

pub mod affine;
pub mod exchange;
pub mod factors;
mod light;
pub mod motions;
mod parts;
pub mod purity;
pub mod spread;
mod term;

pub use term::{Pairs, Source};

use std::cell::OnceCell;
use std::ops::Range;

use candle_core::{Result, Tensor};
use model::Posterior;
use model::circle::summed;
use model::ops::to_vec;
use serde::{Deserialize, Serialize};

use crate::check::{Checked, invalid, positive_weight};
use crate::term::{Decoded, Encoded, EncodedExtra};
use crate::weight::Weight;

/// The loss on pairs. All sources of pairs share these four keys of a configuration.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct PairLoss {
    /// Weight λ of the [`spread`], in nats. Its key is `weight`.
    #[serde(rename = "weight")]
    pub spread: Weight,
    /// Weight of the [`exchange`]. Default: no exchange.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exchange: Option<Weight>,
    /// Focus of the exchange on pixels that differ, from 0 (all pixels count equally) to 1 (only these).
    pub focus: f64,
    /// Weight of the [`purity`], in nats. 0 turns it off.
    pub purity: Weight,
}

impl Default for PairLoss {
    fn default() -> Self {
        Self::spread(Weight::Constant(5.0))
    }
}

impl PairLoss {
    /// Only the spread, with `weight`.
    pub fn spread(weight: Weight) -> Self {
        Self { spread: weight, exchange: None, focus: 0.0, purity: Weight::NONE }
    }

    /// Codes of the exchange, `[M, D]`, if it is on.
    ///
    /// # Errors
    /// Passes candle's errors on.
    pub fn codes(&self, encoded: &Encoded) -> Result<Option<Tensor>> {
        let (Some(_), Some(extra)) = (self.exchange, encoded.extra) else { return Ok(None) };
        let change = extra.change(&encoded.encoding.posterior)?;
        let mut channels = change.channels(&extra.groups, &extra.owners)?;
        for (channels, owner) in channels.iter_mut().zip(&extra.owners) {
            if *owner == Owner::BesideCircles {
                channels.extend(change.of_circles());
            }
        }
        exchange::moved(encoded.codes, &change.shift, &extra.groups, &channels).map(Some)
    }

    /// Weighted sum of all parts in nats, a scalar.
    ///
    /// # Errors
    /// Fails without pairs, or if the exchange's codes were not decoded.
    pub fn penalty(&self, encoded: &Encoded, decoded: &Decoded) -> Result<Tensor> {
        let Some(extra) = encoded.extra else { candle_core::bail!("there are no pairs") };
        let EncodedExtra { images, groups, owners, .. } = extra;
        let posterior = &encoded.encoding.posterior;
        let change = extra.change(posterior)?;
        let spread = spread::penalty(&change.squares, groups, &change.counted(groups, owners)?)?;
        let mut cost = (spread * self.spread.at(encoded.step))?;
        if let Some(weight) = self.exchange {
            let Some(logits) = decoded.extra else { candle_core::bail!("the exchange was not decoded") };
            let first = encoded.images.narrow(0, 0, images.dim(0)?)?;
            let nll = exchange::penalty(decoded.likelihood, logits, &first, images, self.focus)?;
            cost = (cost + (nll * weight.at(encoded.step))?)?;
        }
        if !self.purity.is_none() {
            let channels = change.channels(groups, owners)?;
            let purity = purity::penalty(&posterior.mean, &change.shift, groups, &channels, change.circles)?;
            cost = (cost + (purity * self.purity.at(encoded.step))?)?;
        }
        Ok(cost)
    }

    /// Checks `weight`, `exchange`, `focus` and `purity`.
    ///
    /// # Errors
    /// Names the key.
    pub fn validate(&self) -> Checked {
        positive_weight("weight", self.spread)?;
        if let Some(weight) = self.exchange {
            positive_weight("exchange", weight)?;
        }
        if !(0.0..=1.0).contains(&self.focus) {
            return invalid("focus", format!("is {}; it must lie between 0 and 1", self.focus));
        }
        if self.focus > 0.0 && self.exchange.is_none() {
            return invalid("focus", "is set without an exchange; set `exchange` too");
        }
        if self.purity.is_none() { Ok(()) } else { positive_weight("purity", self.purity) }
    }

    /// Parameters for the card.
    pub fn card(&self) -> Vec<(&'static str, f64)> {
        let mut all = vec![("weight", self.spread.last())];
        all.extend(self.exchange.map(|weight| ("exchange", weight.last())));
        all.extend((self.focus > 0.0).then_some(("focus", self.focus)));
        all.extend((!self.purity.is_none()).then_some(("purity", self.purity.last())));
        all
    }
}

/// Which units may represent the factor of a group of pairs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// Any unit.
    Any,
    /// A unit that is no circle.
    Line,
    /// A circle, if there is one: the factor is periodic.
    Circle,
    /// A unit that is no circle. Changes of circles are ignored, because angles of different objects can't be
    /// compared.
    BesideCircles,
}

/// Change of the code from the first to the second image of each pair.
#[derive(Debug)]
pub struct Change {
    /// μ(x') − μ(x) of each channel, `[M, W]`.
    pub shift: Tensor,
    /// Squared change divided by the posterior's variance σ²(x), summed for each unit, `[M, D]`.
    pub squares: Tensor,
    units: OnceCell<Vec<usize>>,
    circles: usize,
}

impl Change {
    /// Computes the change from the first M of the `first` posteriors to the `second` ones, for codes whose last
    /// units are `circles`.
    ///
    /// # Errors
    /// Passes candle's errors on.
    pub fn between(first: &Posterior, second: &Posterior, circles: usize) -> Result<Self> {
        let count = second.mean.dim(0)?;
        let shift = (&second.mean - first.mean.narrow(0, 0, count)?)?;
        let deviations = (&shift * (first.log_var.narrow(0, 0, count)?.detach() * -0.5)?.exp()?)?;
        let squares = summed(&deviations.sqr()?, circles)?;
        Ok(Self { shift, squares, units: OnceCell::new(), circles })
    }

    /// Channels of each group's unit; see `units_of`.
    ///
    /// # Errors
    /// Passes candle's errors on.
    pub fn channels(&self, groups: &[Range<usize>], owners: &[Owner]) -> Result<Vec<Vec<usize>>> {
        let width = self.squares.dim(1)?;
        let units = if let Some(units) = self.units.get() {
            units
        } else {
            let units = units_of(&to_vec(&self.squares)?, width - self.circles, width, groups, owners);
            self.units.get_or_init(|| units)
        };
        let plain = width - self.circles;
        let channels = units.iter().map(|&unit| {
            let first = plain + 2 * unit.saturating_sub(plain);
            if unit < plain { vec![unit] } else { vec![first, first + 1] }
        });
        Ok(channels.collect())
    }

    /// Channels of all circles.
    fn of_circles(&self) -> Range<usize> {
        let width = self.squares.dims().last().copied().unwrap_or(0) + self.circles;
        width - 2 * self.circles..width
    }

    /// Number of units, from the first, that count in the [`spread`] of each group.
    fn counted(&self, groups: &[Range<usize>], owners: &[Owner]) -> Result<Vec<usize>> {
        let width = self.squares.dim(1)?;
        let of = |group: usize| match owners.get(group) {
            Some(Owner::BesideCircles) if self.circles < width => width - self.circles,
            _ => width,
        };
        Ok((0..groups.len()).map(of).collect())
    }
}

/// Chooses a unit for each group of rows of `squares`, `[M, width]`: among the allowed ones, the unit with the
/// largest share of the group's squared changes. Groups have different units while there are enough; groups with
/// larger shares choose first. Circles are the units from `plain` on.
fn units_of(
    squares: &[f32],
    plain: usize,
    width: usize,
    groups: &[Range<usize>],
    owners: &[Owner],
) -> Vec<usize> {
    let mut shares = Vec::new();
    for (group, rows) in groups.iter().enumerate() {
        let mut sums = vec![0f32; width];
        for row in squares[rows.start * width..rows.end * width].chunks_exact(width) {
            sums.iter_mut().zip(row).for_each(|(sum, square)| *sum += square);
        }
        let all = sums.iter().sum::<f32>().max(f32::MIN_POSITIVE);
        let may = |unit: usize| match owners.get(group) {
            Some(Owner::Circle) if plain < width => unit >= plain,
            Some(Owner::Line | Owner::BesideCircles) if plain > 0 => unit < plain,
            _ => true,
        };
        let units = (0..width).filter(|&unit| may(unit));
        shares.extend(units.map(|unit| (sums[unit] / all, group, unit)));
    }
    shares.sort_by(|a, b| b.0.total_cmp(&a.0));
    let (mut chosen, mut free) = (vec![None; groups.len()], vec![true; width]);
    for &(_, group, unit) in &shares {
        if chosen[group].is_none() && (free[unit] || groups.len() > width) {
            (chosen[group], free[unit]) = (Some(unit), false);
        }
    }
    // Of more groups than units of their kind, the last share the best of the kind.
    let best = |group: usize| shares.iter().find(|share| share.1 == group).map_or(0, |share| share.2);
    chosen.into_iter().enumerate().map(|(group, unit)| unit.unwrap_or_else(|| best(group))).collect()
}

/// `count` rows in so many `groups` of equal size, or nearly so.
pub fn grouped(count: usize, groups: usize) -> Vec<Range<usize>> {
    (0..groups).map(|group| group * count / groups..(group + 1) * count / groups).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Invalid;

    #[test]
    fn each_group_has_a_unit_of_its_own_the_surest_first() {
        // Both groups move unit 0 most; the second moves little besides.
        let changes = [81.0, 0.0, 64.0, 81.0, 0.0, 64.0, 0.0, 1.0, 25.0];
        assert_eq!(units_of(&changes, 3, 3, &[0..2, 2..3], &[]), [0, 2]);
        let changes = [81.0, 0.0, 64.0, 81.0, 0.0, 64.0, 81.0, 1.0, 0.0];
        assert_eq!(units_of(&changes, 3, 3, &[0..2, 2..3], &[]), [2, 0]);
    }

    #[test]
    fn far_and_near_count_by_their_shares_and_more_groups_than_units_share() {
        assert_eq!(units_of(&[8100.0, 6400.0, 0.0, 0.1], 2, 2, &[0..1, 1..2], &[]), [0, 1]);
        let squares = [1.0, 4.0, 9.0, 16.0, 25.0, 16.0];
        assert_eq!(units_of(&squares, 2, 2, &[0..1, 1..2, 2..3], &[]), [1, 1, 0]);
        assert_eq!(units_of(&[0.0, 0.0], 2, 2, &grouped(1, 1), &[]).len(), 1);
    }

    #[test]
    fn what_goes_round_has_a_circle_and_what_does_not_has_none() {
        // The last two of four units are circles. The first group moves unit 2 most, the second unit 0.
        let squares = [3.0, 1.0, 9.0, 0.0, 9.0, 1.0, 0.0, 4.0];
        assert_eq!(units_of(&squares, 2, 4, &[0..1, 1..2], &[]), [2, 0]);
        assert_eq!(units_of(&squares, 2, 4, &[0..1, 1..2], &[Owner::Line, Owner::Circle]), [0, 3]);
        assert_eq!(
            units_of(&squares, 4, 4, &[0..1, 1..2], &[Owner::Line, Owner::Circle]),
            [2, 0],
            "there is no circle"
        );
        assert_eq!(
            units_of(&squares, 3, 4, &[0..1, 1..2], &[Owner::Circle, Owner::Circle]),
            [3, 3],
            "there is one circle"
        );
    }

    #[test]
    fn a_circle_has_two_channels_whose_changes_count_together() -> Result<()> {
        let posterior = |mean: [f32; 4]| -> Result<Posterior> {
            let mean = Tensor::new(&[mean], &candle_core::Device::Cpu)?;
            Ok(Posterior::gaussian(mean.clone(), (mean.zeros_like()? + 4f64.ln())?))
        };
        let change =
            Change::between(&posterior([0.0, 0.0, 1.0, 0.0])?, &posterior([2.0, 3.0, 0.0, 3.0])?, 1)?;
        for (got, expected) in to_vec(&change.squares)?.iter().zip([1.0, 2.25, 2.5]) {
            assert!((got - expected).abs() < 1e-5, "{got}, not {expected}");
        }
        assert_eq!(change.channels(&grouped(1, 1), &[])?, [[2, 3]]);
        let change =
            Change::between(&posterior([0.0, 0.0, 1.0, 0.0])?, &posterior([2.0, 3.0, 0.0, 3.0])?, 1)?;
        assert_eq!(change.channels(&grouped(1, 1), &[Owner::Line])?, [[1]]);
        Ok(())
    }

    #[test]
    fn impossible_parameters_are_named() {
        let plain = PairLoss::spread(Weight::Constant(5.0));
        let key = |loss: PairLoss| match loss.validate() {
            Err(Invalid { key, .. }) => key,
            Ok(()) => panic!("{loss:?} was accepted"),
        };
        let (zero, exchange) = (Weight::Constant(0.0), Some(Weight::Constant(1.0)));
        assert_eq!(key(PairLoss { spread: zero, ..plain }), "weight");
        assert_eq!(key(PairLoss { exchange: Some(zero), ..plain }), "exchange");
        assert_eq!(key(PairLoss { focus: 1.5, ..plain }), "focus");
        assert_eq!(key(PairLoss { focus: f64::NAN, ..plain }), "focus");
        assert_eq!(key(PairLoss { focus: 0.5, ..plain }), "focus");
        assert_eq!(key(PairLoss { purity: Weight::Constant(-1.0), ..plain }), "purity");
        assert_eq!(PairLoss { focus: 0.5, exchange, ..plain }.validate(), Ok(()));
        assert_eq!(PairLoss { exchange, purity: Weight::Constant(1.0), ..plain }.validate(), Ok(()));
    }
}
