//! A unit for each motion: pairs are images and the same images with their place, size or angle drawn anew (see
//! [`motions`]). What is asked of them is their [`spread`](crate::pairs::spread), and where it is set their
//! [`exchange`](crate::pairs::exchange) and [`purity`](crate::pairs::purity). What goes round has the circles
//! of the code, if there are any.
//!
//! No label enters.

use candle_core::{Result, Tensor};
use model::ModelConfig;
use rand::RngCore;
use serde::{Deserialize, Serialize};

use crate::check::{Checked, invalid};
use crate::pairs::PairLoss;
use crate::pairs::motions::{self, Kind};
use crate::term::{Decoded, Encoded, Extra, Line, Term};
use crate::weight::Weight;

/// Sparse answers to motions drawn anew.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Redraw {
    /// Weight λ, in nats.
    pub weight: Weight,
    /// What is drawn anew: half of the batch is shared out among these kinds.
    pub kinds: Vec<Kind>,
    /// Whether the images are black and white, and are to stay so.
    pub binary: bool,
    /// Weight of the exchange; none if it is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exchange: Option<Weight>,
    /// How far the exchange looks at what differs, from 0, not at all, to 1, at nothing else.
    pub focus: f64,
    /// Weight of the purity of the units, in nats; 0 for none.
    pub purity: Weight,
}

impl Default for Redraw {
    fn default() -> Self {
        Self {
            weight: Weight::Constant(5.0),
            kinds: vec![Kind::X, Kind::Y, Kind::Size, Kind::Turn],
            binary: false,
            exchange: None,
            focus: 0.0,
            purity: Weight::NONE,
        }
    }
}

impl Term for Redraw {
    fn card(&self) -> Option<Line> {
        Line::of("redraw", &self.asked().card("redraw"))
    }

    fn validate(&self, _model: &ModelConfig) -> Checked {
        self.asked().validate()?;
        if self.kinds.is_empty() {
            return invalid("kinds", "is empty; name x, y, size, turn or identity");
        }
        if let Some(kind) = self.kinds.iter().enumerate().find(|(i, kind)| self.kinds[..*i].contains(kind)) {
            return invalid("kinds", format!("names {:?} twice", kind.1));
        }
        Ok(())
    }

    fn images(&self, batch: &Tensor, noise: &mut dyn RngCore) -> Result<Option<Extra>> {
        motions::draw(&self.kinds, batch, self.binary, noise).map(Some)
    }

    fn codes(&self, encoded: &Encoded) -> Result<Option<Tensor>> {
        self.asked().codes(encoded)
    }

    fn penalty(
        &self,
        encoded: &Encoded,
        decoded: &Decoded,
        _noise: &mut dyn RngCore,
    ) -> Result<Option<Tensor>> {
        self.asked().penalty(encoded, decoded).map(Some)
    }
}

impl Redraw {
    fn asked(&self) -> PairLoss {
        PairLoss { spread: self.weight, exchange: self.exchange, focus: self.focus, purity: self.purity }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn impossible_parameters_are_named() {
        let key = |part: Redraw| part.validate(&ModelConfig::default()).expect_err("it was accepted").key;
        let part = Redraw::default;
        assert_eq!(key(Redraw { kinds: vec![], ..part() }), "kinds");
        assert_eq!(key(Redraw { kinds: vec![Kind::X, Kind::X], ..part() }), "kinds");
        assert_eq!(key(Redraw { focus: 0.5, ..part() }), "focus");
        let exchange = Some(Weight::Constant(1.0));
        let whole = Redraw { focus: 0.5, exchange, purity: Weight::Constant(1.0), ..part() };
        assert_eq!(whole.validate(&ModelConfig::default()), Ok(()));
    }
}
