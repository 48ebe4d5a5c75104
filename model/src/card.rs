//! The model card: the description of a model in its weights file.

mod objective;
mod untyped;

use serde::{Deserialize, Serialize};

use crate::config::ModelConfig;

pub use objective::{Objective, Part, Prior};

/// Version of the card's format. Readers reject any other.
pub const FORMAT: u32 = 1;
/// Newest minor version, with which every file is written. Version 1 added several dense layers,
/// [`Card::origin`] and [`Card::attributes`]; version 2 added [circles](crate::circle); version 3 typed the
/// [`Objective`]. Readers reject newer versions and read all older ones.
pub const MINOR: u32 = 3;
/// Largest number of attributes in a card.
pub const MAX_ATTRIBUTES: usize = 256;
/// Smallest area under the ROC curve with which an attribute names a unit; chance is ½.
pub const NAMING_AREA: f32 = 0.6;
/// Largest number of bins of a histogram in a card.
pub const MAX_BINS: usize = 256;
/// Largest number of points of a training history.
pub const MAX_HISTORY: usize = 4096;
/// A unit is active if the variance of its posterior mean over the data exceeds this
/// (Burda et al. 2016, section 5.2).
pub const ACTIVE_VARIANCE: f32 = 0.01;

/// Everything that the page or another reader needs to know about a trained model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Card {
    /// Always [`FORMAT`].
    pub format: u32,
    /// Minor version. Reading and writing a file set it to [`MINOR`].
    #[serde(default, skip_serializing_if = "is_zero")]
    pub minor: u32,
    /// Short name of the model, such as `sparse`.
    pub name: String,
    /// The network.
    pub model: ModelConfig,
    /// What was minimised.
    pub objective: Objective,
    /// How it was trained.
    pub training: Training,
    /// Who trained an imported model, and its licence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
    /// One entry per latent unit, in the order of the code.
    pub units: Vec<Unit>,
    /// Scores with their protocols.
    #[serde(default)]
    pub scores: Vec<Score>,
    /// How well single units predict attributes of the pictures, where these are known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attributes: Vec<Attribute>,
    /// Training curve, thinned to at most [`MAX_HISTORY`] points.
    #[serde(default)]
    pub history: Vec<HistoryPoint>,
    /// CRC-32 of the rest of the card's text and of all tensors. Writing a file sets it, and reading checks it.
    /// Files of earlier versions have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checksum: Option<u32>,
}

/// How a model was trained.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Training {
    /// World or data set, such as `sprites`.
    pub dataset: String,
    /// Optimiser steps taken.
    pub steps: u64,
    /// Images per step.
    pub batch: usize,
    /// Adam's learning rate.
    pub learning_rate: f64,
    /// Seed of weights, batches and noise.
    pub seed: u64,
    /// Seconds spent in training steps.
    pub seconds: f64,
    /// `cpu` or `cuda`.
    pub device: String,
    /// Version of the trainer.
    pub code_version: String,
    /// Name of the configuration file, if any, and the model whose weights training started from, if any:
    /// `sparse.toml, from vae after 10000 steps`.
    #[serde(default)]
    pub config: Option<String>,
}

/// Separates the name of a configuration from the source of its weights in [`Training::config`].
pub const FROM: &str = ", from ";
/// Follows the name of a configuration in [`Training::config`] if the run trained the decoder alone.
pub const DECODER_ALONE: &str = " (decoder alone)";

impl Training {
    /// Whether the run trained the decoder alone.
    pub fn is_decoder_alone(&self) -> bool {
        let own = self.config.as_deref().and_then(|config| config.split(FROM).next());
        own.is_some_and(|own| own.contains(DECODER_ALONE))
    }

    /// Steps of each stage, the first one first: of the runs from whose weights this run started, as far as
    /// [`config`](Self::config) names them, and its own.
    pub fn stages(&self) -> Vec<u64> {
        let before = self.config.as_deref().unwrap_or_default().split(" after ").skip(1);
        let mut stages: Vec<u64> =
            before.filter_map(|text| text.split_once(" steps")?.0.parse().ok()).collect();
        stages.reverse();
        stages.push(self.steps);
        stages
    }
}

/// Statistics of one latent unit over the data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unit {
    /// Mean KL to N(0, 1) in nats, which can be compared between models with different priors.
    pub kl: f32,
    /// Mean of μ over the data.
    pub mean: f32,
    /// Standard deviation of μ over the data.
    pub std: f32,
    /// Mean of σ over the data.
    pub posterior_std: f32,
    /// Histogram of μ over the data.
    pub mean_histogram: Histogram,
    /// Histogram of σ over the data.
    pub std_histogram: Histogram,
    /// Traversal range: the 0.5 and 99.5 percentiles of μ, at least ±0.5 around the mean. For circles, −π to π.
    pub range: [f32; 2],
    /// The factor with the highest mutual information with the unit, if factors are known.
    #[serde(default)]
    pub factor: Option<FactorMatch>,
}

impl Unit {
    /// Whether Var(μ) exceeds [`ACTIVE_VARIANCE`].
    pub fn is_active(&self) -> bool {
        self.std * self.std > ACTIVE_VARIANCE
    }
}

/// Counts over equal bins from `low` to `high`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Histogram {
    /// Lower edge of the first bin.
    pub low: f32,
    /// Upper edge of the last bin.
    pub high: f32,
    /// Samples per bin.
    pub counts: Vec<u32>,
}

/// The factor of variation that a unit knows most about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FactorMatch {
    /// Name of the factor in its world.
    pub name: String,
    /// Mutual information divided by the factor's entropy, 0 to 1.
    pub information: f32,
}

/// A binary attribute of pictures and the unit that predicts it best.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attribute {
    /// Name of the attribute.
    pub name: String,
    /// Share of the pictures that have the attribute, 0 to 1.
    pub share: f32,
    /// The unit whose mean predicts the attribute best.
    pub unit: usize,
    /// Area under the ROC curve of that unit's mean, ½ to 1.
    pub area: f32,
    /// Whether pictures with the attribute have smaller means.
    pub falls: bool,
    /// Area of the second best unit, ½ if there is only one unit.
    pub next_area: f32,
    /// Change of the share of pictures with the attribute, by a linear probe, when the unit moves over its
    /// range, −1 to 1.
    pub change: f32,
    /// The other attribute whose share changes most, if there are others.
    pub other: Option<Moved>,
    /// Mean absolute change over the other attributes, 0 to 1.
    pub others: f32,
}

/// Another attribute that a unit changes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Moved {
    /// Its name.
    pub name: String,
    /// Change of its share, −1 to 1.
    pub change: f32,
}

/// The value of one metric.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Score {
    /// Metric, such as `nll`.
    pub metric: String,
    /// Its value.
    pub value: f64,
    /// How it was measured, in one line.
    pub protocol: String,
}

/// One point of the training curve.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HistoryPoint {
    /// Step.
    pub step: u64,
    /// Objective in nats per image.
    pub loss: f32,
    /// Reconstruction NLL in nats per image.
    pub reconstruction: f32,
    /// KL to the prior in nats per image.
    pub kl: f32,
}

impl HistoryPoint {
    /// Whether all values are finite. A card can't contain other values.
    pub fn is_finite(&self) -> bool {
        [self.loss, self.reconstruction, self.kl].iter().all(|value| value.is_finite())
    }
}

fn is_zero(value: &u32) -> bool {
    *value == 0
}

impl Card {
    /// Returns the attribute that names `unit`: among those that it predicts best, with an area of at least
    /// [`NAMING_AREA`], the one with the largest product of area above ½ and change when the unit moves.
    pub fn attribute(&self, unit: usize) -> Option<&Attribute> {
        let weight = |told: &Attribute| (told.area - 0.5) * told.change.abs();
        let told = self.attributes.iter().filter(|told| told.unit == unit && told.area >= NAMING_AREA);
        told.reduce(|best, told| if weight(told) > weight(best) { told } else { best })
    }

    /// Checks the card without its tensors.
    ///
    /// # Errors
    /// Describes the first problem in one sentence.
    #[inline]
    pub fn validate(&self) -> Result<(), String> {
        self.model.validate().map_err(|e| e.to_string())?;
        if self.units.len() != self.model.latent {
            return Err(format!(
                "it describes {} units but the code has {}",
                self.units.len(),
                self.model.latent
            ));
        }
        if self.history.len() > MAX_HISTORY {
            return Err(format!("its history has {} points, over {MAX_HISTORY}", self.history.len()));
        }
        if let Some(point) = self.history.iter().find(|point| !point.is_finite()) {
            return Err(format!("its history has a number that is not finite at step {}", point.step));
        }
        if let Some(score) = self.scores.iter().find(|score| !score.value.is_finite()) {
            return Err(format!("its score `{}` is not finite", score.metric));
        }
        let training = [self.training.learning_rate, self.training.seconds];
        if training.iter().any(|value| !value.is_finite()) {
            return Err("its training has a number that is not finite".to_owned());
        }
        if self.training.seconds < 0.0 {
            return Err("its training took a negative time".to_owned());
        }
        if !self.objective.is_sound() {
            return Err("its objective has a number out of range".to_owned());
        }
        if self.attributes.len() > MAX_ATTRIBUTES {
            return Err(format!("it has {} attributes, over {MAX_ATTRIBUTES}", self.attributes.len()));
        }
        for told in &self.attributes {
            let areas = [told.share, told.area, told.next_area, told.others];
            let changes = [told.change, told.other.as_ref().map_or(0.0, |other| other.change)];
            if told.unit >= self.model.latent
                || areas.iter().any(|value| !(0.0..=1.0).contains(value))
                || changes.iter().any(|value| !(-1.0..=1.0).contains(value))
            {
                return Err(format!("its attribute `{}` has a number out of range", told.name));
            }
        }
        for (i, unit) in self.units.iter().enumerate() {
            let [low, high] = unit.range;
            let told = unit.factor.as_ref().map_or(0.0, |factor| factor.information);
            let numbers = [unit.kl, unit.mean, unit.std, unit.posterior_std, low, high, told];
            if numbers.iter().any(|v| !v.is_finite()) {
                return Err(format!("unit {i} has a number that is not finite"));
            }
            if unit.std < 0.0 || unit.posterior_std < 0.0 {
                return Err(format!("unit {i} has a negative standard deviation"));
            }
            if low >= high {
                return Err(format!("unit {i} has the empty traversal range [{low}, {high}]"));
            }
            for histogram in [&unit.mean_histogram, &unit.std_histogram] {
                let edges = [histogram.low, histogram.high];
                if histogram.counts.len() > MAX_BINS
                    || edges.iter().any(|v| !v.is_finite())
                    || edges[0] > edges[1]
                {
                    return Err(format!("unit {i} has a malformed histogram"));
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_runs_own_note_tells_that_it_trained_the_decoder_alone() {
        let alone = |config: &str| {
            Training { config: Some(config.to_owned()), ..Training::default() }.is_decoder_alone()
        };
        assert!(alone("b.toml (decoder alone), from a after 20 steps"));
        assert!(!alone("c.toml, from b after 9 steps (decoder alone), from a after 20 steps"));
    }

    #[test]
    fn stages_are_those_of_the_runs_before_and_the_run_itself() {
        let stages = |config: Option<&str>| {
            Training { steps: 9, config: config.map(str::to_owned), ..Training::default() }.stages()
        };
        assert_eq!(stages(None), [9]);
        assert_eq!(stages(Some("a.toml")), [9]);
        assert_eq!(
            stages(Some("c.toml, from b after 20 steps, from a after 3 steps, units 4 and 0 kept")),
            [3, 20, 9]
        );
        assert_eq!(stages(Some("run after all.toml, from b after 20 steps")), [20, 9]);
    }
}
