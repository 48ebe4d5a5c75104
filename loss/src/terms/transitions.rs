//! Few units that answer to a change of one factor: pairs are images of a world that differ in one factor, the
//! same in a group. What is asked of them is their [`spread`](crate::pairs::spread), and where it is set
//! their [`exchange`](crate::pairs::exchange) and [`purity`](crate::pairs::purity).
//!
//! So it is in films: from one picture to the next little changes, and the same for a while (Klindt et al.
//! 2021, "Towards nonlinear disentanglement in natural data with temporal sparse coding", whose prior on a
//! transition is sparse likewise). This is weak supervision: it is told that two pictures differ in one
//! thing and that others differ in the same, but never in what, how far, or which way (Shu et al. 2020;
//! Locatello et al. 2020). It needs data whose factors are known.

use candle_core::{Result, Tensor};
use model::ModelConfig;
use rand::RngCore;
use serde::{Deserialize, Serialize};

use crate::check::{Checked, invalid};
use crate::pairs::{PairLoss, factors};
use crate::term::{Catalogue, Decoded, Encoded, Line, Selected, Term};
use crate::weight::Weight;

/// Sparse transitions between images that differ in one factor.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Transitions {
    /// Weight λ, in nats.
    pub weight: Weight,
    /// Groups of pairs a step, each of another factor; half of the batch is shared out among them.
    pub groups: usize,
    /// Weight of the exchange; none if it is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exchange: Option<Weight>,
    /// How far the exchange looks at what differs in a pair, from 0, not at all, to 1, at nothing else.
    pub focus: f64,
    /// Weight of the purity of the units, in nats; 0 for none.
    pub purity: Weight,
}

impl Default for Transitions {
    fn default() -> Self {
        Self { weight: Weight::Constant(5.0), groups: 4, exchange: None, focus: 0.0, purity: Weight::NONE }
    }
}

impl Term for Transitions {
    fn card(&self) -> Option<Line> {
        Line::of("transitions", &self.asked().card("transitions"))
    }

    fn validate(&self, _model: &ModelConfig) -> Checked {
        self.asked().validate()?;
        if self.groups == 0 {
            return invalid("groups", "is 0; it must be at least 1");
        }
        Ok(())
    }

    fn select(
        &self,
        data: &dyn Catalogue,
        batch: &[u64],
        noise: &mut dyn RngCore,
    ) -> std::result::Result<Option<Selected>, &'static str> {
        factors::draw(data, batch, self.groups, noise).map(Some).ok_or(factors::NEEDS)
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

impl Transitions {
    fn asked(self) -> PairLoss {
        let Self { weight, exchange, focus, purity, .. } = self;
        PairLoss { spread: weight, exchange, focus, purity }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn impossible_parameters_are_named() {
        let key =
            |part: Transitions| part.validate(&ModelConfig::default()).expect_err("it was accepted").key;
        let part = Transitions::default();
        assert_eq!(key(Transitions { groups: 0, ..part }), "groups");
        assert_eq!(key(Transitions { focus: 0.5, ..part }), "focus");
        let exchange = Some(Weight::Constant(1.0));
        let whole = Transitions { focus: 0.5, exchange, purity: Weight::Constant(1.0), ..part };
        assert_eq!(whole.validate(&ModelConfig::default()), Ok(()));
    }
}
