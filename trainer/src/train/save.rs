//! Checkpoints of a run, and what keeps a bad one from being written.

use std::path::{Path, PathBuf};

use super::checkpoint::{Checkpoint, Folder};
use super::error::TrainError;
use super::log::Line;

/// A model is lost once it is this many times worse than one that says ½ of every pixel.
const HOPELESS: f64 = 100.0;

/// A run's checkpoints.
pub(super) struct Saver {
    folder: Folder,
    keep: usize,
    /// The last good one.
    good: Option<PathBuf>,
    /// Nats an image beyond which a model is lost.
    worst: f64,
}

impl Saver {
    /// The checkpoints under `run`, of which it keeps the newest `keep`. The run goes on from that of `begun`,
    /// if from any; an image has so many `values`.
    pub(super) fn new(run: &Path, keep: usize, begun: Option<u64>, values: usize) -> Self {
        let folder = Folder::of(run);
        let good = begun.map(|step| folder.file(step));
        Self { folder, keep, good, worst: HOPELESS * values as f64 * std::f64::consts::LN_2 }
    }

    /// Checks that training has not diverged by a line of the log.
    ///
    /// # Errors
    /// Names the last good checkpoint otherwise.
    pub(super) fn check(&self, line: &Line) -> Result<(), TrainError> {
        let Line { step, loss, .. } = *line;
        if loss.is_finite() && line.reconstruction + line.kl <= self.worst {
            return Ok(());
        }
        Err(TrainError::Diverged { step, loss, good: self.good.clone() })
    }

    /// Writes a checkpoint, unless it holds a number that is not finite.
    ///
    /// # Errors
    /// [`TrainError::Broken`] names the last good checkpoint; [`TrainError::Checkpoint`] says why the file
    /// can't be written.
    pub(super) fn save(&mut self, checkpoint: &Checkpoint) -> Result<(), TrainError> {
        if let Some(name) = checkpoint.broken()? {
            let step = checkpoint.state.step;
            return Err(TrainError::Broken { name, step, good: self.good.clone() });
        }
        self.good = Some(self.folder.save(checkpoint, self.keep)?);
        Ok(())
    }
}
