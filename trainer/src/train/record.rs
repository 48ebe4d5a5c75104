//! Records training: the metrics log, and the curve in the model card.

use std::path::{Path, PathBuf};
use std::time::Instant;

use candle_core::Tensor;
use loss::Costs;
use model::card::{HistoryPoint, MAX_HISTORY};

use super::checkpoint::State;
use super::error::TrainError;
use super::log::{Line, Log};
use super::{METRICS, Observer};
use crate::config::Train;

/// The log, and the costs since its last line.
pub(super) struct Record {
    log: Log,
    path: PathBuf,
    sums: Sums,
    /// Training time before this call, in seconds, and when this call began.
    before: f64,
    began: Instant,
    /// Step and time of the last line.
    lap: (u64, Instant),
}

impl Record {
    /// Opens the log in `folder` to continue after `state`.
    pub(super) fn open(folder: &Path, state: &State) -> Result<Self, TrainError> {
        let path = folder.join(METRICS);
        let log =
            Log::open(&path, state.step).map_err(|source| TrainError::Log { path: path.clone(), source })?;
        let began = Instant::now();
        Ok(Self { log, path, sums: Sums::default(), before: state.seconds, began, lap: (state.step, began) })
    }

    /// Adds the costs of a step.
    pub(super) fn add(&mut self, costs: &Costs) -> candle_core::Result<()> {
        self.sums.add(&stacked(costs)?)
    }

    /// Returns the means since the last line, and adds a point to the curve in `state`.
    pub(super) fn line(&mut self, state: &mut State, train: &Train) -> candle_core::Result<Line> {
        let [loss, reconstruction, kl, penalty] = self.sums.take()?;
        let (step, now) = (state.step, Instant::now());
        let images = (step - self.lap.0) as f64 * train.batch as f64;
        let line = Line {
            step,
            loss,
            reconstruction,
            kl,
            penalty,
            rate: train.rate(step),
            images_per_second: images / now.duration_since(self.lap.1).as_secs_f64(),
            seconds: self.before + now.duration_since(self.began).as_secs_f64(),
        };
        self.lap = (step, now);
        state.seconds = line.seconds;
        remember(&mut state.history, &line);
        Ok(line)
    }

    /// Appends a line to the log and reports it. If the file can't be written, training goes on.
    pub(super) fn write(&mut self, line: &Line, observer: &mut dyn Observer) {
        if let Err(error) = self.log.append(line) {
            observer.warned(&format!("{} could not be written: {error}", self.path.display()));
        }
        observer.progressed(line);
    }
}

/// Sums of costs, kept on the device.
#[derive(Default)]
struct Sums {
    costs: Option<Tensor>,
    count: u64,
}

impl Sums {
    /// Adds the costs of a step, `[4]`.
    fn add(&mut self, costs: &Tensor) -> candle_core::Result<()> {
        self.costs = Some(match self.costs.take() {
            Some(sum) => (sum + costs)?,
            None => costs.clone(),
        });
        self.count += 1;
        Ok(())
    }

    /// Returns the means and resets the sums.
    fn take(&mut self) -> candle_core::Result<[f64; 4]> {
        let count = std::mem::take(&mut self.count) as f64;
        let values = match self.costs.take() {
            Some(sum) => sum.to_vec1::<f32>()?,
            None => vec![f32::NAN; 4],
        };
        Ok(std::array::from_fn(|i| f64::from(values[i]) / count))
    }
}

/// Stacks loss, reconstruction, KL and penalty, `[4]`.
fn stacked(costs: &Costs) -> candle_core::Result<Tensor> {
    let penalty = match &costs.penalty {
        Some(penalty) => penalty.clone(),
        None => costs.loss.zeros_like()?,
    };
    Ok(Tensor::stack(&[&costs.loss, &costs.reconstruction, &costs.kl, &penalty], 0)?.detach())
}

/// Adds a point to the curve, and drops every second point when the curve is too long for a card.
fn remember(history: &mut Vec<HistoryPoint>, line: &Line) {
    history.push(HistoryPoint {
        step: line.step,
        loss: line.loss as f32,
        reconstruction: line.reconstruction as f32,
        kl: line.kl as f32,
    });
    if history.len() >= MAX_HISTORY / 16 {
        let mut index = 0;
        history.retain(|_| {
            index += 1;
            index % 2 == 0
        });
    }
}
