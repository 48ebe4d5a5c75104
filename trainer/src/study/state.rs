//! The progress of a run, from the files in its folder.

use std::path::Path;

use crate::config::{Config, ConfigError};
use crate::train::{CONFIG, METRICS, MODEL};
use crate::trained;

/// The last score of a completely scored run.
const LAST_SCORE: &str = "recall";

/// Progress of a run.
#[derive(Debug)]
pub enum State {
    /// There are no files of the run.
    New,
    /// The run was started and can be resumed.
    Begun,
    /// The run is trained and exported, but not scored.
    Trained,
    /// The run is trained and scored.
    Finished,
    /// The folder has a run with another configuration, or other files.
    Other,
}

impl State {
    /// Returns the state of the run in `folder` with the configuration `config`.
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
        // A damaged model, or one with fewer steps, is written again.
        Ok(match trained::read(folder) {
            Ok(weights) if weights.card.training.steps < config.train.steps => Self::Begun,
            Ok(weights) if weights.card.scores.iter().any(|s| s.metric == LAST_SCORE) => Self::Finished,
            Ok(_) => Self::Trained,
            Err(_) => Self::Begun,
        })
    }
}
