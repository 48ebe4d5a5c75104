//! How far a run is, from what lies in its folder.

use std::path::Path;

use crate::config::{Config, ConfigError};
use crate::train::{CONFIG, METRICS, MODEL};
use crate::trained;

/// The last of the scores that a finished run has.
const LAST_SCORE: &str = "recall";

/// How far a run is.
#[derive(Debug)]
pub enum State {
    /// Nothing of it is there.
    New,
    /// It was begun and can be resumed.
    Begun,
    /// It is trained and exported, and not scored.
    Trained,
    /// It is trained and scored.
    Finished,
    /// A run of another configuration lies there, or files that are none of a run's.
    Other,
}

impl State {
    /// The state of the run in `folder` that `config` describes.
    ///
    /// # Errors
    /// Fails if the folder's configuration can't be read.
    pub fn of(folder: &Path, config: &Config) -> Result<Self, ConfigError> {
        let path = folder.join(CONFIG);
        if !path.exists() {
            let foreign = [METRICS, MODEL].iter().any(|name| folder.join(name).exists());
            return Ok(if foreign { Self::Other } else { Self::New });
        }
        if (Config { data: None, ..Config::read(&path, &[])? }) != *config {
            return Ok(Self::Other);
        }
        if !folder.join(MODEL).exists() {
            return Ok(Self::Begun);
        }
        // A file that is damaged or of fewer steps is written again.
        Ok(match trained::read(folder) {
            Ok(weights) if weights.card.training.steps < config.train.steps => Self::Begun,
            Ok(weights) if weights.card.scores.iter().any(|s| s.metric == LAST_SCORE) => Self::Finished,
            Ok(_) => Self::Trained,
            Err(_) => Self::Begun,
        })
    }
}
