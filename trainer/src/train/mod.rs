//! The training loop: batch → encode → sample → decode → objective → gradients → Adam.

mod average;
mod batches;
mod checkpoint;
mod fit;
mod learner;
mod lock;
mod log;
mod optimizer;
mod start;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use candle_core::{Device, Tensor};
use model::card::{HistoryPoint, MAX_HISTORY};

pub use checkpoint::{Checkpoint, CheckpointError, Folder, State};
pub use lock::{Lock, LockError};
pub use log::{Line, Log};
pub(crate) use start::provenance;

use crate::config::{Config, Train};
use crate::data::{DataError, Dataset, Resident};
use crate::file;
use crate::objective::Terms;
use crate::sparsity::{Drawn, Partners, Seen};
use average::Average;
use batches::Draw;
use fit::Fit;
use learner::Learner;

/// Name of the resolved configuration within a run's folder.
pub const CONFIG: &str = "config.toml";
/// Name of the metrics log within a run's folder.
pub const METRICS: &str = "metrics.jsonl";
/// Name of the exported model within a run's folder.
pub const MODEL: &str = "model.safetensors";

/// A model is lost once it is this many times worse than one that says ½ of every pixel.
const HOPELESS: f64 = 100.0;

/// Why a run ended early or could not start.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    /// The data can't be read.
    #[error(transparent)]
    Data(#[from] DataError),
    /// A checkpoint can't be read, or the first can't be written.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// A file of the run can't be written.
    #[error(transparent)]
    Write(#[from] file::WriteError),
    /// The metrics log can't be opened.
    #[error("{} could not be opened: {source}", path.display())]
    Log {
        /// File.
        path: PathBuf,
        /// Reason.
        source: std::io::Error,
    },
    /// The loss is NaN, infinite or beyond recovery.
    #[error("the loss became {loss} by step {step}; {}", last_good(good.as_deref()))]
    Diverged {
        /// Step at which it was seen.
        step: u64,
        /// The loss.
        loss: f64,
        /// Last good checkpoint.
        good: Option<PathBuf>,
    },
    /// A weight is NaN or infinite although the loss was not.
    #[error("the weights of {name} became NaN or infinite by step {step}; {}", last_good(good.as_deref()))]
    Broken {
        /// Tensor.
        name: String,
        /// Step at which it was seen.
        step: u64,
        /// Last good checkpoint.
        good: Option<PathBuf>,
    },
    /// The checkpoint is of another network.
    #[error("{} holds another network than the configuration's; start a new run in another folder", .0.display())]
    Mismatch(PathBuf),
    /// The weights to start from are another network's.
    #[error(
        "{} can't be started from: {differs}; use a file of the same network, or set the same under [model]",
        path.display()
    )]
    Start {
        /// File.
        path: PathBuf,
        /// What differs.
        differs: String,
    },
    /// The network fails on the device.
    #[error("the network failed on the device: {0}")]
    Device(#[from] candle_core::Error),
    /// No pairs can be had of the data.
    #[error(
        "sparsity.transitions needs images that are a whole grid of factors, and `{0}` is none; train on a \
         world, or leave it out"
    )]
    NoPairs(String),
    /// The configuration can't be saved.
    #[error("the configuration could not be written as TOML: {0}")]
    Config(#[from] toml::ser::Error),
}

fn last_good(checkpoint: Option<&Path>) -> String {
    match checkpoint {
        Some(path) => format!(
            "the last good checkpoint is {}; lower train.learning_rate and resume from it",
            path.display()
        ),
        None => "there is no checkpoint yet; lower train.learning_rate and start again".to_owned(),
    }
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// All steps were taken.
    Finished,
    /// It was asked to stop; a checkpoint holds its state.
    Stopped,
}

/// Who watches a run.
pub trait Observer {
    /// Training is about to start after `step` of `steps` steps.
    fn started(&mut self, step: u64, steps: u64);
    /// A line was added to the metrics log.
    fn progressed(&mut self, line: &Line);
    /// Something went wrong that training survives.
    fn warned(&mut self, message: &str);
}

/// When to stop before the last step.
#[derive(Debug)]
pub struct Limits<'a> {
    /// Set by ctrl-C.
    pub stop: &'a AtomicBool,
    /// Seconds that this call may take, loading included.
    pub seconds: Option<f64>,
    /// Whether to take no more steps than fit into the seconds, and let the schedule end with them.
    pub fit: bool,
}

/// A run in its folder.
pub struct Run<'a> {
    /// Configuration.
    pub config: &'a Config,
    /// Images.
    pub dataset: &'a dyn Dataset,
    /// Where the network lives.
    pub device: &'a Device,
    /// Where the run's files live.
    pub folder: &'a Path,
}

/// Means of the terms since the last line of the log, summed on the device.
#[derive(Default)]
struct Sums {
    terms: Option<Tensor>,
    count: u64,
}

impl Sums {
    /// Adds a step's terms, `[4]`.
    fn add(&mut self, terms: &Tensor) -> candle_core::Result<()> {
        self.terms = Some(match self.terms.take() {
            Some(sum) => (sum + terms)?,
            None => terms.clone(),
        });
        self.count += 1;
        Ok(())
    }

    /// Reads the means back and starts anew.
    fn take(&mut self) -> candle_core::Result<[f64; 4]> {
        let count = std::mem::take(&mut self.count) as f64;
        let values = match self.terms.take() {
            Some(sum) => sum.to_vec1::<f32>()?,
            None => vec![f32::NAN; 4],
        };
        Ok(std::array::from_fn(|i| f64::from(values[i]) / count))
    }
}

/// Loss, reconstruction, KL and penalty in one tensor, `[4]`.
fn stacked(terms: &Terms) -> candle_core::Result<Tensor> {
    let penalty = match &terms.penalty {
        Some(penalty) => penalty.clone(),
        None => terms.loss.zeros_like()?,
    };
    Ok(Tensor::stack(&[&terms.loss, &terms.reconstruction, &terms.kl, &penalty], 0)?.detach())
}

impl Run<'_> {
    /// Trains from `start`, or from fresh weights, until the last step or a limit.
    ///
    /// # Errors
    /// Says what stopped it; the last good checkpoint is never touched.
    pub fn train(
        &self,
        start: Option<Checkpoint>,
        limits: &Limits,
        observer: &mut dyn Observer,
    ) -> Result<(Checkpoint, End), TrainError> {
        let called = Instant::now();
        let Self { config, dataset, device, folder } = *self;
        let mut train = config.train.clone();
        let mut fit = limits.seconds.filter(|_| limits.fit).map(Fit::new);
        let mut noise = model::random::stream(train.seed, model::random::Purpose::Batch, 0);
        if let Some(part) = config.sparsity.transitions
            && part.drawn(dataset, &[0], &mut noise).is_none()
        {
            return Err(TrainError::NoPairs(dataset.name().to_owned()));
        }
        let (mut learner, mut average, mut state) = self.learner(start)?;
        let checkpoints = Folder::of(folder);
        self.write_config(&train)?;
        let metrics = folder.join(METRICS);
        let mut log = Log::open(&metrics, state.step)
            .map_err(|source| TrainError::Log { path: metrics.clone(), source })?;
        let snapshot = |state: &State, learner: &Learner, average: &Option<Average>| {
            let weights = learner.weights().into_iter().map(|(name, t)| Ok((name, t.copy()?)));
            let weights = weights.collect::<candle_core::Result<_>>()?;
            let average = average.as_ref().map_or_else(|| Ok(BTreeMap::new()), Average::tensors)?;
            Ok::<_, TrainError>(Checkpoint {
                state: state.clone(),
                weights,
                moments: learner.moments()?,
                average,
            })
        };
        let resident = if device.is_cuda() { Resident::load(dataset, device)? } else { None };
        let read = resident.is_none();
        let (latent, posterior) = (config.model.latent, config.model.posterior);
        let transitions = config.sparsity.transitions;
        let draw = Draw { seed: train.seed, batch: train.batch, latent, posterior, transitions, read };
        let image = dataset.image_shape();
        let (mut sums, mut epoch) = (Sums::default(), Sums::default());
        let (before, began) = (state.seconds, Instant::now());
        let mut lap = (state.step, began);
        let mut good = checkpoints.steps()?.last().map(|&step| checkpoints.file(step));
        observer.started(state.step, train.steps);
        let end = std::thread::scope(|scope| -> Result<End, TrainError> {
            let batches = batches::prepare(scope, dataset, draw, state.step + 1..=train.steps);
            while state.step < train.steps {
                let Ok(batch) = batches.recv() else { break };
                let batch = batch?;
                let step = state.step + 1;
                let placed = |indices: &[u64], images: Vec<f32>| match &resident {
                    Some(resident) => resident.read(indices),
                    None => {
                        let shape = (indices.len(), image.height, image.width, image.channels);
                        Tensor::from_vec(images, shape, device)
                    }
                };
                let images = placed(&batch.indices, batch.images)?;
                let partners = match batch.partners {
                    Some((Drawn { indices, bounds }, images)) => {
                        Some(Partners { images: placed(&indices, images)?, bounds })
                    }
                    None => None,
                };
                let noise = (train.batch, posterior.noise_width(latent));
                let noise = Tensor::from_vec(batch.noise, noise, device)?;
                let terms = learner.step(
                    Seen { images: &images, partners: partners.as_ref() },
                    &noise,
                    step,
                    train.rate(step),
                )?;
                if let Some(average) = &mut average {
                    average.update(learner.parameters(), step)?;
                }
                let terms = stacked(&terms)?;
                sums.add(&terms)?;
                epoch.add(&terms)?;
                state.step = step;

                let now = Instant::now();
                let spent = now.duration_since(began).as_secs_f64();
                let taken = now.duration_since(called).as_secs_f64();
                if let Some(last) = fit.as_mut().and_then(|fit| fit.last_step(step, taken))
                    && last < train.steps
                {
                    train.steps = last;
                    self.write_config(&train)?;
                    observer.started(step, train.steps);
                }
                let last = step == train.steps;
                let stop = limits.stop.load(Ordering::Relaxed) || limits.seconds.is_some_and(|s| taken >= s);
                let save = stop || last || step % train.checkpoint_every == 0;
                if save || step % train.log_every == 0 {
                    let [loss, reconstruction, kl, penalty] = sums.take()?;
                    let worst = HOPELESS * image.len() as f64 * std::f64::consts::LN_2;
                    if !loss.is_finite() || reconstruction + kl > worst {
                        return Err(TrainError::Diverged { step, loss, good });
                    }
                    let images = (step - lap.0) as f64 * train.batch as f64;
                    let line = Line {
                        step,
                        loss,
                        reconstruction,
                        kl,
                        penalty,
                        rate: train.rate(step),
                        images_per_second: images / now.duration_since(lap.1).as_secs_f64(),
                        seconds: before + spent,
                    };
                    lap = (step, now);
                    remember(&mut state.history, &line);
                    if let Err(error) = log.append(&line) {
                        observer.warned(&format!("{} could not be written: {error}", metrics.display()));
                    }
                    observer.progressed(&line);
                }
                if save {
                    state.seconds = before + spent;
                    let mean = epoch.take()?[0];
                    if state.best.is_none_or(|(_, best)| mean < best) {
                        state.best = Some((step, mean));
                    }
                    let checkpoint = snapshot(&state, &learner, &average)?;
                    if let Some(name) = checkpoint.broken()? {
                        return Err(TrainError::Broken { name, step, good });
                    }
                    match checkpoints.save(&checkpoint, train.keep) {
                        Ok(path) => good = Some(path),
                        Err(error) if stop || last => return Err(error.into()),
                        Err(error) => observer.warned(&format!(
                            "{error}; training goes on and tries again at the next checkpoint"
                        )),
                    }
                }
                if stop && !last {
                    return Ok(End::Stopped);
                }
            }
            Ok(End::Finished)
        })?;
        Ok((snapshot(&state, &learner, &average)?, end))
    }

    /// Writes the configuration, with `train`, to the run's folder.
    fn write_config(&self, train: &Train) -> Result<(), TrainError> {
        let config = Config { train: train.clone(), ..self.config.clone() };
        Ok(file::write(&self.folder.join(CONFIG), toml::to_string(&config)?.as_bytes())?)
    }

    /// What learns, its average if one is kept, and the state to start from.
    fn learner(
        &self,
        start: Option<Checkpoint>,
    ) -> Result<(Learner<'_>, Option<Average>, State), TrainError> {
        let images = self.dataset.len();
        let (learner, means, state) = match start {
            None => {
                let learner = Learner::fresh(self.config, images, self.device)?;
                (Some(learner), BTreeMap::new(), State::default())
            }
            Some(Checkpoint { state, weights, moments, average }) => {
                (Learner::resumed(self.config, images, self.device, &weights, moments)?, average, state)
            }
        };
        let mismatch = || TrainError::Mismatch(Folder::of(self.folder).file(state.step));
        let learner = learner.ok_or_else(mismatch)?;
        let average = match self.config.train.average {
            None => None,
            Some(decay) => Some(Average::new(decay, means, learner.parameters())?.ok_or_else(mismatch)?),
        };
        Ok((learner, average, state))
    }
}

/// Adds a point to the curve, halving it whenever it grows too long for a card.
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
