//! Saves checkpoints, but never of a run that has diverged.

use std::path::{Path, PathBuf};

use super::checkpoint::{Checkpoint, Checkpoints};
use super::error::TrainError;
use super::log::Line;
use super::{End, Observer};

/// Training has diverged if the ELBO is this many times worse than that of predicting ½ for each pixel.
const DIVERGED: f64 = 100.0;

/// Saves the checkpoints of a run.
pub(super) struct Saver {
    checkpoints: Checkpoints,
    keep: usize,
    /// Last good checkpoint.
    good: Option<PathBuf>,
    /// Negative ELBO, in nats per image, above which training has diverged.
    worst: f64,
}

impl Saver {
    /// Creates a saver that keeps the newest `keep` checkpoints of `run`, which resumes from `start`. Images
    /// have `values` values.
    pub(super) fn new(run: &Path, keep: usize, start: Option<&Checkpoint>, values: usize) -> Self {
        let checkpoints = Checkpoints::of(run);
        let good = start.map(|start| checkpoints.file(start.state.step));
        Self { checkpoints, keep, good, worst: DIVERGED * values as f64 * std::f64::consts::LN_2 }
    }

    /// Checks a line of the log for divergence.
    ///
    /// # Errors
    /// Returns [`TrainError::Diverged`], with the last good checkpoint.
    pub(super) fn check(&self, line: &Line) -> Result<(), TrainError> {
        let Line { step, loss, .. } = *line;
        if loss.is_finite() && line.reconstruction + line.kl <= self.worst {
            return Ok(());
        }
        Err(TrainError::Diverged { step, loss, good: self.good.clone() })
    }

    /// Writes a checkpoint, unless it has non-finite values. If the file can't be written, a run that has not
    /// come to its `end` goes on.
    ///
    /// # Errors
    /// Returns [`TrainError::Broken`], with the last good checkpoint, for values that are not finite, and
    /// [`TrainError::Checkpoint`] if the last file of a run can't be written.
    pub(super) fn save(
        &mut self,
        checkpoint: &Checkpoint,
        end: Option<End>,
        observer: &mut dyn Observer,
    ) -> Result<(), TrainError> {
        if let Some(name) = checkpoint.broken()? {
            let step = checkpoint.state.step;
            return Err(TrainError::Broken { name, step, good: self.good.clone() });
        }
        match self.checkpoints.save(checkpoint, self.keep) {
            Ok(path) => self.good = Some(path),
            Err(error) if end.is_none() => {
                observer.warned(&format!("{error}; training goes on and tries again at the next checkpoint"))
            }
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }
}
