//! The training loop: batch → encode → sample → decode → loss → gradients → Adam.

mod average;
mod batches;
mod checkpoint;
mod error;
mod fit;
mod known;
mod learner;
mod lock;
mod log;
mod optimizer;
mod record;
mod save;
mod start;
mod stopping;

use std::path::Path;

use candle_core::Device;

pub use checkpoint::{Checkpoint, CheckpointError, Checkpoints, State};
pub use error::TrainError;
pub use known::{KNOWN, KnownError, given_values};
pub use lock::{Lock, LockError};
pub use log::{Line, Log};
pub use start::{initial_weights, lineage};
pub(crate) use start::{provenance, with_units};
pub use stopping::Limits;

use crate::config::{Config, Train};
use crate::data::{Dataset, Resident, TrainingImages};
use crate::file;
use batches::BatchSource;
use learner::Learner;
use record::Record;
use save::Saver;
use stopping::Stopping;

/// File name of the resolved configuration in a run's folder.
pub const CONFIG: &str = "config.toml";
/// File name of the metrics log in a run's folder.
pub const METRICS: &str = "metrics.jsonl";
/// File name of the exported model in a run's folder.
pub const MODEL: &str = "model.safetensors";

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// All steps were taken.
    Finished,
    /// The run was stopped; its state is in a checkpoint.
    Stopped,
}

/// Receives the progress of a run.
pub trait Observer {
    /// Training starts after `step` of `steps` steps. Called again if `steps` changes.
    fn started(&mut self, step: u64, steps: u64);
    /// A line was added to the metrics log.
    fn progressed(&mut self, line: &Line);
    /// A problem occurred that doesn't stop training.
    fn warned(&mut self, message: &str);
}

/// A run and its folder.
pub struct Run<'a> {
    /// Configuration.
    pub config: &'a Config,
    /// Data set.
    pub dataset: &'a dyn Dataset,
    /// Device of the network.
    pub device: &'a Device,
    /// Folder of the run.
    pub folder: &'a Path,
}

impl Run<'_> {
    /// Trains from `start`, or from random weights, until the last step or a limit.
    ///
    /// # Errors
    /// Fails if training diverges or a file can't be read or written. The last good checkpoint is never
    /// changed.
    pub fn train(
        &self,
        start: Option<Checkpoint>,
        limits: &Limits,
        observer: &mut dyn Observer,
    ) -> Result<(Checkpoint, End), TrainError> {
        let mut stopping = Stopping::new(limits);
        let Self { config, dataset, device, folder } = *self;
        let mut train = config.train.clone();
        let loss = config.loss();
        let images = TrainingImages::new(config, dataset, known::values(config, dataset, folder)?);
        let dataset = images.as_ref().map_or(dataset, |images| images);
        let source = BatchSource::new(config, dataset, &loss);
        source.check()?;
        let mut saver = Saver::new(folder, train.keep, start.as_ref(), dataset.image_shape().len());
        let (mut learner, mut state) = self.learner(start, dataset.len())?;
        self.write_config(&train)?;
        let resident = if device.is_cuda() { Resident::load(dataset, device)? } else { None };
        let source = BatchSource { resident: resident.as_ref(), ..source };
        let mut record = Record::open(folder, &state)?;
        observer.started(state.step, train.steps);

        let end = std::thread::scope(|scope| -> Result<End, TrainError> {
            for batch in batches::prepare(scope, source, state.step + 1..=train.steps) {
                state.step += 1;
                let inputs = source.place(batch?, device)?;
                let costs = learner.step(&inputs, state.step, train.rate(state.step))?;
                record.add(&costs)?;

                if let Some(steps) = stopping.fewer_steps(state.step, train.steps) {
                    train.steps = steps;
                    self.write_config(&train)?;
                    observer.started(state.step, steps);
                }
                let end = stopping.end(state.step, train.steps);
                let save = end.is_some() || state.step % train.checkpoint_every == 0;
                if save || state.step % train.log_every == 0 {
                    let line = record.line(&mut state, &train)?;
                    saver.check(&line)?;
                    record.write(&line, observer);
                }
                if save {
                    saver.save(&learner.checkpoint(&state)?, end, observer)?;
                }
                if let Some(end) = end {
                    return Ok(end);
                }
            }
            Ok(End::Finished)
        })?;
        Ok((learner.checkpoint(&state)?, end))
    }

    /// Writes the configuration, with `train` replaced, to the run's folder.
    fn write_config(&self, train: &Train) -> Result<(), TrainError> {
        let config = Config { train: train.clone(), ..self.config.clone() };
        Ok(file::write(&self.folder.join(CONFIG), toml::to_string(&config)?.as_bytes())?)
    }

    /// Checks that the run can start from random weights.
    ///
    /// # Errors
    /// Fails if only the decoder is trained.
    pub fn check_random_start(&self) -> Result<(), TrainError> {
        if self.config.train.decoder_only { Err(TrainError::NoEncoder) } else { Ok(()) }
    }

    /// Creates the learner and the initial state. `count` is the number of images that it learns from.
    fn learner(&self, start: Option<Checkpoint>, count: u64) -> Result<(Learner<'_>, State), TrainError> {
        let Self { config, device, folder, .. } = *self;
        let Some(start) = start else {
            self.check_random_start()?;
            return Ok((Learner::fresh(config, count, device)?, State::default()));
        };
        let state = start.state.clone();
        match Learner::resumed(config, count, device, start)? {
            Some(learner) => Ok((learner, state)),
            None => Err(TrainError::Mismatch(Checkpoints::of(folder).file(state.step))),
        }
    }
}
