//! Pairs of images that differ in one thing, in groups in which it is the same thing.
//!
//! Where pairs come from is separate from what is asked of them. A source makes the second images: of a
//! world's factors ([`factors`]) or by moving the first ones ([`affine`]). [`PairLoss`] asks: that few units
//! answer ([`spread`]), that one unit makes the second image of the first one's code ([`exchange`]), that
//! nothing else moves this unit ([`purity`]). A term puts a source and a [`PairLoss`] together: its
//! [`select`](crate::Term::select) or [`images`](crate::Term::images) asks the source, its
//! [`codes`](crate::Term::codes) and [`penalty`](crate::Term::penalty) hand over to the [`PairLoss`].

pub mod affine;
pub mod exchange;
pub mod factors;
pub mod purity;
pub mod spread;

use std::cell::OnceCell;
use std::ops::Range;

use candle_core::{Result, Tensor};
use model::Posterior;
use model::ops::to_vec;

use crate::check::{Checked, invalid, not_negative, positive_weight};
use crate::term::{Decoded, Encoded, EncodedExtra};
use crate::weight::Weight;

/// What is asked of pairs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PairLoss {
    /// Weight of the [`spread`], in nats.
    pub spread: Weight,
    /// Weight of the [`exchange`], if there is one.
    pub exchange: Option<Weight>,
    /// How far the exchange looks at what differs in a pair, from 0, not at all, to 1, at nothing else.
    pub focus: f64,
    /// Weight of the [`purity`], in nats; 0 for none.
    pub purity: f64,
}

impl PairLoss {
    /// Spread alone.
    pub fn spread(weight: Weight) -> Self {
        Self { spread: weight, exchange: None, focus: 0.0, purity: 0.0 }
    }

    /// The exchange's codes, `[M, D]`, if it is asked for.
    ///
    /// # Errors
    /// Passes candle's errors on.
    pub fn codes(&self, encoded: &Encoded) -> Result<Option<Tensor>> {
        let (Some(_), Some(extra)) = (self.exchange, encoded.extra) else { return Ok(None) };
        let change = extra.change(&encoded.encoding.posterior)?;
        let units = change.units(&extra.groups)?;
        exchange::moved(encoded.codes, &change.shift, &extra.groups, units).map(Some)
    }

    /// The sum of all that is asked, weighted: a scalar, in nats.
    ///
    /// # Errors
    /// Fails without pairs, or if the exchange's codes were not decoded.
    pub fn penalty(&self, encoded: &Encoded, decoded: &Decoded) -> Result<Tensor> {
        let Some(extra) = encoded.extra else { candle_core::bail!("there are no pairs") };
        let EncodedExtra { images, groups, .. } = extra;
        let posterior = &encoded.encoding.posterior;
        let change = extra.change(posterior)?;
        let mut cost = (spread::penalty(&change.deviations, groups)? * self.spread.at(encoded.step))?;
        if let Some(weight) = self.exchange {
            let Some(logits) = decoded.extra else { candle_core::bail!("the exchange was not decoded") };
            let first = encoded.images.narrow(0, 0, images.dim(0)?)?;
            let nll = exchange::penalty(decoded.likelihood, logits, &first, images, self.focus)?;
            cost = (cost + (nll * weight.at(encoded.step))?)?;
        }
        if self.purity > 0.0 {
            let units = change.units(groups)?;
            let purity = purity::penalty(&posterior.mean, &change.shift, groups, units)?;
            cost = (cost + (purity * self.purity)?)?;
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
        not_negative("purity", self.purity)
    }

    /// What a card says of it; `name` is the term's, under which the spread's weight stands.
    pub fn card(&self, name: &'static str) -> Vec<(&'static str, f64)> {
        let mut all = vec![(name, self.spread.last())];
        all.extend(self.exchange.map(|weight| ("exchange", weight.last())));
        all.extend((self.focus > 0.0).then_some(("focus", self.focus)));
        all.extend((self.purity > 0.0).then_some(("purity", self.purity)));
        all
    }
}

/// How the code changes from the first to the second image of each pair.
#[derive(Debug)]
pub struct Change {
    /// μ(x') − μ(x), `[M, D]`.
    pub shift: Tensor,
    /// The same in standard deviations σ(x) of the posterior, `[M, D]`.
    pub deviations: Tensor,
    units: OnceCell<Vec<usize>>,
}

impl Change {
    /// From the first M of the `first` posteriors to the `second` ones.
    ///
    /// # Errors
    /// Passes candle's errors on.
    pub fn between(first: &Posterior, second: &Posterior) -> Result<Self> {
        let count = second.mean.dim(0)?;
        let shift = (&second.mean - first.mean.narrow(0, 0, count)?)?;
        let deviations = (&shift * (first.log_var.narrow(0, 0, count)?.detach() * -0.5)?.exp()?)?;
        Ok(Self { shift, deviations, units: OnceCell::new() })
    }

    /// The unit that each group has, see [`units_of`].
    ///
    /// # Errors
    /// Passes candle's errors on.
    pub fn units(&self, groups: &[Range<usize>]) -> Result<&[usize]> {
        if let Some(units) = self.units.get() {
            return Ok(units);
        }
        let units = units_of(&to_vec(&self.deviations)?, self.deviations.dim(1)?, groups);
        Ok(self.units.get_or_init(|| units))
    }
}

/// A unit for each group of rows of `deviations`, `[M, width]`: the one with the largest share of the group's
/// squared changes. Groups have different units while there are enough; larger shares choose first.
fn units_of(deviations: &[f32], width: usize, groups: &[Range<usize>]) -> Vec<usize> {
    let mut shares = Vec::new();
    for (group, rows) in groups.iter().enumerate() {
        let mut squares = vec![0f32; width];
        for row in deviations[rows.start * width..rows.end * width].chunks_exact(width) {
            squares.iter_mut().zip(row).for_each(|(square, change)| *square += change * change);
        }
        let all = squares.iter().sum::<f32>().max(f32::MIN_POSITIVE);
        shares.extend(squares.iter().enumerate().map(|(unit, square)| (square / all, group, unit)));
    }
    shares.sort_by(|a, b| b.0.total_cmp(&a.0));
    let (mut chosen, mut free) = (vec![None; groups.len()], vec![true; width]);
    for &(_, group, unit) in &shares {
        if chosen[group].is_none() && (free[unit] || groups.len() > width) {
            (chosen[group], free[unit]) = (Some(unit), false);
        }
    }
    chosen.into_iter().map(|unit| unit.unwrap_or(0)).collect()
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
        let changes = [9.0, 0.0, 8.0, -9.0, 0.0, 8.0, 0.0, 1.0, 5.0];
        assert_eq!(units_of(&changes, 3, &[0..2, 2..3]), [0, 2]);
        let changes = [9.0, 0.0, 8.0, -9.0, 0.0, 8.0, 9.0, 1.0, 0.0];
        assert_eq!(units_of(&changes, 3, &[0..2, 2..3]), [2, 0]);
    }

    #[test]
    fn far_and_near_count_by_their_shares_and_more_groups_than_units_share() {
        assert_eq!(units_of(&[90.0, 80.0, 0.0, 0.1], 2, &[0..1, 1..2]), [0, 1]);
        assert_eq!(units_of(&[1.0, 2.0, 3.0, 4.0, 5.0, 4.0], 2, &[0..1, 1..2, 2..3]), [1, 1, 0]);
        assert_eq!(units_of(&[0.0, 0.0], 2, &grouped(1, 1)).len(), 1);
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
        assert_eq!(key(PairLoss { purity: -1.0, ..plain }), "purity");
        assert_eq!(PairLoss { focus: 0.5, exchange, ..plain }.validate(), Ok(()));
        assert_eq!(PairLoss { exchange, purity: 1.0, ..plain }.validate(), Ok(()));
    }
}
