//! The model card: what a weights file says of itself.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::config::ModelConfig;

/// Version of the card's layout. Readers refuse any other.
pub const FORMAT: u32 = 1;
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
    /// Short name, such as `sparse`.
    pub name: String,
    /// The network.
    pub model: ModelConfig,
    /// What was minimised.
    pub objective: Objective,
    /// How it was trained.
    pub training: Training,
    /// One entry a latent unit, in the code's order.
    pub units: Vec<Unit>,
    /// Scores with their protocols.
    #[serde(default)]
    pub scores: Vec<Score>,
    /// Training curve, thinned to at most [`MAX_HISTORY`] points.
    #[serde(default)]
    pub history: Vec<HistoryPoint>,
    /// CRC-32 of the card's other text and of all tensors, which reading a file checks. Writing a file fills
    /// it in; files of earlier versions have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checksum: Option<u32>,
}

/// An objective and its parameters.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Objective {
    /// `vae`, `beta`, `sparse`, …
    pub name: String,
    /// Parameter values by name.
    #[serde(default)]
    pub parameters: BTreeMap<String, f64>,
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
    /// Traversal range: the 0.5 and 99.5 percentiles of μ, widened to at least ±0.5 around the mean.
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

impl Card {
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
        if training.iter().chain(self.objective.parameters.values()).any(|value| !value.is_finite()) {
            return Err("its training or its objective has a number that is not finite".to_owned());
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
