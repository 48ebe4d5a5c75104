//! The term of a source of pairs: its pairs and the [`PairLoss`] on them.

use std::collections::BTreeMap;
use std::fmt::Debug;

use candle_core::{Result, Tensor};
use model::ModelConfig;
use rand::RngCore;
use serde::de::{DeserializeOwned, Error, IgnoredAny};
use serde::{Deserialize, Deserializer, Serialize};

use crate::check::{Checked, invalid};
use crate::fields::fields;
use crate::pairs::PairLoss;
use crate::term::{CardEntry, Catalogue, Decoded, Encoded, Extra, Selected, Term};

/// A source of pairs: it provides second images that differ from images of the batch in one factor.
///
/// A source implements either [`select`](Self::select) or [`images`](Self::images). [`Pairs`] is its [`Term`].
pub trait Source: Debug + Send + Sync {
    /// Name of the term in the card.
    const NAME: &'static str;

    /// Whether the angles by which objects turn are known.
    const ANGLES: bool = false;

    /// See [`Term::validate`].
    ///
    /// # Errors
    /// Names the key.
    fn validate(&self, _model: &ModelConfig) -> Checked {
        Ok(())
    }

    /// Selects second images of the data set; see [`Term::select`].
    ///
    /// # Errors
    /// Returns what the source needs, in a few words, if the data set doesn't have it.
    fn select(
        &self,
        _data: &dyn Catalogue,
        _batch: &[u64],
        _noise: &mut dyn RngCore,
    ) -> std::result::Result<Option<Selected>, &'static str> {
        Ok(None)
    }

    /// Creates second images from the `batch`, `[N, H, W, C]`; see [`Term::images`].
    ///
    /// # Errors
    /// Passes candle's errors on.
    fn images(&self, _batch: &Tensor, _noise: &mut dyn RngCore) -> Result<Option<Extra>> {
        Ok(None)
    }
}

/// A source of pairs and the loss on its pairs. The keys of both form one table of a configuration.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Pairs<S> {
    /// Source of the pairs.
    #[serde(flatten)]
    pub source: S,
    /// The loss on them.
    #[serde(flatten)]
    pub loss: PairLoss,
}

impl<'de, S: DeserializeOwned> Deserialize<'de> for Pairs<S> {
    /// Rejects unknown keys, because serde doesn't support `deny_unknown_fields` together with `flatten`.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(bound = "S: DeserializeOwned")]
        struct Table<S> {
            #[serde(flatten)]
            source: S,
            #[serde(flatten)]
            loss: PairLoss,
            #[serde(flatten)]
            unknown: BTreeMap<String, IgnoredAny>,
        }
        let Table { source, loss, unknown } = Table::deserialize(deserializer)?;
        if let Some(key) = unknown.keys().next() {
            let known = [fields::<S>(), fields::<PairLoss>()].concat().join("`, `");
            return Err(D::Error::custom(format!("unknown field `{key}`, expected one of `{known}`")));
        }
        Ok(Self { source, loss })
    }
}

impl<S: Source> Term for Pairs<S> {
    fn card(&self) -> Option<CardEntry> {
        CardEntry::of(S::NAME, &self.loss.card())
    }

    fn validate(&self, model: &ModelConfig) -> Checked {
        self.loss.validate()?;
        let known = S::ANGLES && model.circles > 0;
        if !known && !self.loss.angle.is_none() {
            return invalid("angle", "needs `sparsity.transitions` and model.circles = 1 or more");
        }
        self.source.validate(model)
    }

    fn select(
        &self,
        data: &dyn Catalogue,
        batch: &[u64],
        noise: &mut dyn RngCore,
    ) -> std::result::Result<Option<Selected>, &'static str> {
        if !self.loss.angle.is_none() && !data.cycles().contains(&true) {
            return Err("a world with a cyclic factor, for `angle`");
        }
        self.source.select(data, batch, noise)
    }

    fn images(&self, batch: &Tensor, noise: &mut dyn RngCore) -> Result<Option<Extra>> {
        self.source.images(batch, noise)
    }

    fn codes(&self, encoded: &Encoded) -> Result<Option<Tensor>> {
        self.loss.codes(encoded)
    }

    fn penalty(
        &self,
        encoded: &Encoded,
        decoded: &Decoded,
        _noise: &mut dyn RngCore,
    ) -> Result<Option<Tensor>> {
        self.loss.penalty(encoded, decoded).map(Some)
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand::rngs::SmallRng;

    use super::*;
    use crate::terms::{Motion, Redraw, Transitions};
    use crate::weight::Weight;

    /// Two images that differ in the only factor, which is not cyclic.
    struct Steps;

    impl Catalogue for Steps {
        fn factors(&self) -> Vec<usize> {
            vec![2]
        }

        fn classes(&self, image: u64) -> Vec<usize> {
            vec![image as usize]
        }

        fn image(&self, classes: &[usize]) -> Option<u64> {
            Some(classes[0] as u64)
        }
    }

    #[test]
    fn the_keys_of_source_and_loss_form_one_table() -> std::result::Result<(), Box<dyn std::error::Error>> {
        let text = "pixels = 3\nexchange = 0.5\npurity = { from = 1.0, to = 2.0, over = 5 }";
        let read: Pairs<Motion> = toml::from_str(text)?;
        assert_eq!((read.source.pixels, read.source.zoom), (3, 1.0));
        assert_eq!(
            (read.loss.spread, read.loss.exchange),
            (Weight::Constant(5.0), Some(Weight::Constant(0.5)))
        );
        assert_eq!(toml::from_str::<Pairs<Motion>>(&toml::to_string(&read)?)?, read);
        assert_eq!(toml::from_str::<Pairs<Transitions>>("")?, Pairs::default());
        Ok(())
    }

    #[test]
    fn an_unknown_key_is_refused_with_the_list_of_known_keys() {
        let error =
            toml::from_str::<Pairs<Redraw>>("binary = true\nwait = 3.0").expect_err("it was accepted");
        let known = "`kinds`, `binary`, `weight`, `exchange`, `focus`, `purity`, `angle`";
        assert!(error.message().ends_with(known), "{error}");
        assert!(error.message().starts_with("unknown field `wait`"), "{error}");
    }

    #[test]
    fn mistakes_in_either_part_are_named() {
        let key = |pairs: &Pairs<Motion>| pairs.validate(&ModelConfig::default()).expect_err("accepted").key;
        let good = Pairs::default();
        assert_eq!(key(&Pairs { loss: PairLoss { focus: 0.5, ..good.loss }, ..good }), "focus");
        assert_eq!(key(&Pairs { source: Motion { zoom: 9.0, ..good.source }, ..good }), "zoom");
        let loss = PairLoss { angle: Weight::Constant(1.0), ..good.loss };
        assert_eq!(key(&Pairs { loss, ..good }), "angle", "the angles of motions are not known");
        let turned = Pairs { source: Transitions::default(), loss };
        let circle = ModelConfig { circles: 1, ..ModelConfig::default() };
        assert_eq!(turned.validate(&ModelConfig::default()).expect_err("no circle").key, "angle");
        assert_eq!(turned.validate(&circle), Ok(()));
        let selected = turned.select(&Steps, &[0, 1], &mut SmallRng::seed_from_u64(1));
        assert!(selected.expect_err("no factor is cyclic").contains("`angle`"));
        assert!(
            Pairs::<Transitions>::default().select(&Steps, &[0, 1], &mut SmallRng::seed_from_u64(1)).is_ok()
        );
        let loss = PairLoss { focus: 0.5, exchange: Some(Weight::Constant(1.0)), ..good.loss };
        assert_eq!(Pairs { loss, ..good }.validate(&ModelConfig::default()), Ok(()));
    }
}
