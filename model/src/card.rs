//! The model card: what a weights file says of itself.

mod objective;
mod untyped;

use serde::{Deserialize, Serialize};

use crate::config::ModelConfig;

pub use objective::{Objective, Part, Prior};

/// Version of the card's layout. Readers refuse any other.
pub const FORMAT: u32 = 1;
/// Newest minor version, which every file is written with: 1 added several dense layers, [`Card::origin`] and
/// [`Card::attributes`]; 2 added [circles](crate::circle); 3 typed the [`Objective`].
/// Readers refuse a newer one and read all older ones.
pub const MINOR: u32 = 3;
/// Largest number of attributes that a card may hold.
pub const MAX_ATTRIBUTES: usize = 256;
/// Area under the ROC curve from which on an attribute names a unit; ½ is chance.
pub const NAMING_AREA: f32 = 0.6;
/// Largest number of histogram bins a card may hold per unit.
pub const MAX_BINS: usize = 256;
/// Largest number of points of a training history.
pub const MAX_HISTORY: usize = 4096;
/// A unit is active if the variance of its posterior mean over the data exceeds this
/// (Burda et al. 2016, section 5.2).
pub const ACTIVE_VARIANCE: f32 = 0.01;

/// Everything that the page or a reader needs to know of a trained model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Card {
    /// Always [`FORMAT`].
    pub format: u32,
    /// Minor version: of a card that was read or written from a file, always [`MINOR`].
    #[serde(default, skip_serializing_if = "is_zero")]
    pub minor: u32,
    /// Short name, such as `sparse`.
    pub name: String,
    /// The network.
    pub model: ModelConfig,
    /// What was minimised.
    pub objective: Objective,
    /// How it was trained.
    pub training: Training,
    /// Who trained it and on what terms it is passed on, if it was imported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
    /// One entry a latent unit, in the code's order.
    pub units: Vec<Unit>,
    /// Scores with their protocols.
    #[serde(default)]
    pub scores: Vec<Score>,
    /// How well single units tell attributes of the pictures, where those are known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attributes: Vec<Attribute>,
    /// Training curve, thinned to at most [`MAX_HISTORY`] points.
    #[serde(default)]
    pub history: Vec<HistoryPoint>,
    /// CRC-32 of the card's other text and of all tensors, which reading a file checks. Writing a file fills
    /// it in; files of earlier versions have none.
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
    /// Images a step.
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
    /// The configuration file's name, if there was one, and what training began from, if not from fresh
    /// weights: `sparse.toml, from vae after 10000 steps`.
    #[serde(default)]
    pub config: Option<String>,
}

/// Statistics of one latent unit over the data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unit {
    /// Mean KL to N(0, 1) in nats; comparable between models whatever their prior.
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
    /// Traversal range: the 0.5 and 99.5 percentiles of μ, widened to at least ±0.5 around the mean; −π
    /// to π of a circle.
    pub range: [f32; 2],
    /// The factor with which the unit shares most information, if any is known.
    #[serde(default)]
    pub factor: Option<FactorMatch>,
}

impl Unit {
    /// Whether the unit carries information: Var(μ) above [`ACTIVE_VARIANCE`].
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

/// The factor of variation that a unit tells most of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FactorMatch {
    /// Factor's name in its world.
    pub name: String,
    /// Mutual information over the factor's entropy, 0 to 1.
    pub information: f32,
}

/// An attribute that a picture has or has not, and the unit that tells it best.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attribute {
    /// Its name.
    pub name: String,
    /// Share of the pictures that have it, 0 to 1.
    pub share: f32,
    /// The unit whose mean tells it best.
    pub unit: usize,
    /// Area under the ROC curve of that unit's mean, ½ to 1.
    pub area: f32,
    /// Whether pictures that have it have smaller means.
    pub falls: bool,
    /// The area of the second best unit; ½ if there is only one.
    pub next_area: f32,
    /// How far moving the unit over its range moves a linear probe's share of pictures that have the
    /// attribute, −1 to 1.
    pub change: f32,
    /// The other attribute whose probe's share that moves most, if there are others.
    pub other: Option<Moved>,
    /// Mean over the other attributes of how far their probes' shares move, 0 to 1.
    pub others: f32,
}

/// An attribute that a unit moves besides its own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Moved {
    /// Its name.
    pub name: String,
    /// How far its probe's share moves, −1 to 1.
    pub change: f32,
}

/// One score.
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
    /// Objective, nats an image.
    pub loss: f32,
    /// Reconstruction NLL, nats an image.
    pub reconstruction: f32,
    /// KL to the prior, nats an image.
    pub kl: f32,
}

impl HistoryPoint {
    /// Whether it has no NaN and no infinity, which a card can't hold.
    pub fn is_finite(&self) -> bool {
        [self.loss, self.reconstruction, self.kl].iter().all(|value| value.is_finite())
    }
}

fn is_zero(value: &u32) -> bool {
    *value == 0
}

impl Card {
    /// The attribute that `unit` tells best of those that no other unit tells better, if its area is
    /// at least [`NAMING_AREA`].
    pub fn attribute(&self, unit: usize) -> Option<&Attribute> {
        let told = self.attributes.iter().filter(|told| told.unit == unit && told.area >= NAMING_AREA);
        told.reduce(|best, told| if told.area > best.area { told } else { best })
    }

    /// Checks that the card makes sense on its own.
    ///
    /// # Errors
    /// One sentence on the first thing that is wrong.
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
