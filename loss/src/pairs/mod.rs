//! Pairs of images that differ in one factor, in groups with the same factor.
//!
//! A [`Source`] provides the second images: from the factors of a world ([`factors`]), by moving the first images
//! ([`affine`]), or by changing a property to that of another image ([`motions`]). The [`PairLoss`] is
//! independent of the source. It asks that few units change ([`spread`]), that a change of one unit gives the
//! second image ([`exchange`]), that this unit depends on nothing else ([`purity`]), and that a circle turns by
//! the known angle ([`angle`]). [`Pairs`] is the term that joins a source and the loss.

pub mod affine;
pub mod angle;
pub(crate) mod change;
pub mod exchange;
pub mod factors;
mod light;
pub mod motions;
mod parts;
pub mod purity;
pub mod spread;
mod term;

pub use change::{AllowedUnits, Change};
pub use term::{Pairs, Source};

use std::ops::Range;

use candle_core::{Result, Tensor};
use serde::{Deserialize, Serialize};

use crate::check::{Checked, fraction, invalid, positive_weight};
use crate::term::{Decoded, Encoded, EncodedExtra};
use crate::weight::Weight;

/// The loss on pairs. All sources of pairs have these keys of a configuration.
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
    /// Weight of the [`angle`], in nats, for pairs whose angle is known. 0 turns it off.
    pub angle: Weight,
}

impl Default for PairLoss {
    fn default() -> Self {
        Self::spread(Weight::Constant(5.0))
    }
}

impl PairLoss {
    /// Only the spread, with `weight`.
    pub fn spread(weight: Weight) -> Self {
        Self { spread: weight, exchange: None, focus: 0.0, purity: Weight::NONE, angle: Weight::NONE }
    }

    /// Codes of the exchange, `[M, D]`, if it is on.
    ///
    /// # Errors
    /// Passes candle's errors on.
    pub fn codes(&self, encoded: &Encoded) -> Result<Option<Tensor>> {
        let (Some(_), Some(extra)) = (self.exchange, encoded.extra) else { return Ok(None) };
        let change = extra.change(&encoded.encoding.posterior)?;
        let mut channels = change.channels(&extra.groups, &extra.allowed)?;
        for (channels, allowed) in channels.iter_mut().zip(&extra.allowed) {
            if *allowed == AllowedUnits::LinearIgnoringCircles {
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
        let EncodedExtra { images, groups, allowed, .. } = extra;
        let posterior = &encoded.encoding.posterior;
        let change = extra.change(posterior)?;
        let spread = spread::penalty(&change.squares, groups, &change.counted(groups, allowed)?)?;
        let mut cost = (spread * self.spread.at(encoded.step))?;
        if let Some(weight) = self.exchange {
            let Some(logits) = decoded.extra else { candle_core::bail!("the exchange was not decoded") };
            let first = encoded.images.narrow(0, 0, images.dim(0)?)?;
            let nll = exchange::penalty(decoded.likelihood, logits, &first, images, self.focus)?;
            cost = (cost + (nll * weight.at(encoded.step))?)?;
        }
        let (means, shift, circles) = (&posterior.mean, &change.shift, change.circles);
        if !self.purity.is_none() {
            let purity = purity::penalty(means, shift, groups, &change.channels(groups, allowed)?, circles)?;
            cost = (cost + (purity * self.purity.at(encoded.step))?)?;
        }
        if let (false, Some(known)) = (self.angle.is_none(), encoded.known) {
            let channels = change.channels(groups, allowed)?;
            let angle = angle::penalty(means, shift, groups, &channels, known, circles)?;
            cost = (cost + (angle * self.angle.at(encoded.step))?)?;
        }
        Ok(cost)
    }

    /// Checks all keys.
    ///
    /// # Errors
    /// Names the key.
    pub fn validate(&self) -> Checked {
        positive_weight("weight", self.spread)?;
        if let Some(weight) = self.exchange {
            positive_weight("exchange", weight)?;
        }
        fraction("focus", self.focus)?;
        if self.focus > 0.0 && self.exchange.is_none() {
            return invalid("focus", "is set without an exchange; set `exchange` too");
        }
        for (key, weight) in [("purity", self.purity), ("angle", self.angle)] {
            if !weight.is_none() {
                positive_weight(key, weight)?;
            }
        }
        Ok(())
    }

    /// Parameters for the card.
    pub fn card(&self) -> Vec<(&'static str, f64)> {
        let mut all = vec![("weight", self.spread.last())];
        all.extend(self.exchange.map(|weight| ("exchange", weight.last())));
        all.extend((self.focus > 0.0).then_some(("focus", self.focus)));
        all.extend((!self.purity.is_none()).then_some(("purity", self.purity.last())));
        all.extend((!self.angle.is_none()).then_some(("angle", self.angle.last())));
        all
    }
}

/// Splits `count` rows into `groups` of nearly equal size.
pub fn grouped(count: usize, groups: usize) -> Vec<Range<usize>> {
    (0..groups).map(|group| group * count / groups..(group + 1) * count / groups).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Invalid;

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
        assert_eq!(key(PairLoss { angle: Weight::Constant(-1.0), ..plain }), "angle");
        assert_eq!(PairLoss { focus: 0.5, exchange, ..plain }.validate(), Ok(()));
        assert_eq!(PairLoss { exchange, purity: Weight::Constant(1.0), ..plain }.validate(), Ok(()));
    }
}
