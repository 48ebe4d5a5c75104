//! `latentscope train`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use candle_core::Device;
use trainer::config::Config;
use trainer::data::{Dataset, PictureOptions};
use trainer::report::counted;
use trainer::train::{
    CONFIG, Checkpoint, Checkpoints, End, KNOWN, Limits, Lock, METRICS, MODEL, Run, given_values,
};
use trainer::{data, export, file};

use super::encoding::Encoding;
use super::progress::Progress;
use super::resume;
use super::weights::{configured_weights, initial_weights};

/// Arguments of `train`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Configuration file, such as configs/sparse.toml. With --resume the default is the run's own configuration.
    #[arg(long, required_unless_present = "resume")]
    config: Option<PathBuf>,
    /// Folder of the run [default: runs/NAME].
    #[arg(long)]
    out: Option<PathBuf>,
    /// Continue from the run's newest intact checkpoint.
    #[arg(long, conflicts_with = "force")]
    resume: bool,
    /// Start from the weights of a file or of a run's folder, with a fresh optimiser. With --resume, the weights
    /// that the run started from.
    #[arg(long, value_name = "FILE")]
    from: Option<PathBuf>,
    /// Start again in a folder that contains a run. The old run moves to the folder `before-1` inside it.
    #[arg(long)]
    force: bool,
    /// Name of the model.
    #[arg(long, value_parser = trainer::config::name)]
    name: Option<String>,
    /// Training images: a world or data set by name, a file made by `data prepare`, a folder or archive of
    /// pictures, or an .npy file of images.
    #[arg(long, visible_alias = "data", value_name = "DATA")]
    dataset: Option<String>,
    /// Number of optimiser steps.
    #[arg(long)]
    steps: Option<u64>,
    /// Images per step.
    #[arg(long)]
    batch: Option<usize>,
    /// Adam's learning rate.
    #[arg(long)]
    learning_rate: Option<f64>,
    /// Seed for weights, batches and noise.
    #[arg(long)]
    seed: Option<u64>,
    /// Set any key of the configuration, such as objective.beta=2.0.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Stop after this many seconds, keep a checkpoint and export the model.
    #[arg(long, value_parser = seconds)]
    max_seconds: Option<f64>,
    /// Finish within --max-seconds, evaluation and export included. The first steps show how many steps fit; the
    /// learning rate schedule then ends with them.
    #[arg(long, requires = "max_seconds")]
    fit: bool,
    /// Device to train on.
    #[arg(long, value_enum, default_value_t = Place::Auto)]
    device: Place,
}

/// Device to train on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Place {
    /// A CUDA GPU if this build and this machine support one, otherwise the CPU.
    Auto,
    /// The CPU.
    Cpu,
    /// The first CUDA GPU.
    Cuda,
}

impl Place {
    /// Name on the command line.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Cpu => "cpu",
            Self::Cuda => "cuda",
        }
    }

    pub(super) fn open(self) -> anyhow::Result<Device> {
        match self {
            Self::Cpu => Ok(Device::Cpu),
            Self::Auto if !cfg!(feature = "cuda") => Ok(Device::Cpu),
            Self::Auto => Ok(cuda().unwrap_or_else(|error| {
                tracing::warn!("no CUDA GPU could be opened; the CPU is used instead: {error}");
                Device::Cpu
            })),
            Self::Cuda if !cfg!(feature = "cuda") => {
                bail!(
                    "this build does not support CUDA; build it with `--features cuda`, or use --device cpu"
                )
            }
            Self::Cuda => cuda().context("no CUDA GPU could be opened; use --device cpu to train on the CPU"),
        }
    }
}

/// Parses a time limit.
pub(super) fn seconds(text: &str) -> Result<f64, String> {
    let seconds = text.parse().ok().filter(|seconds| (0.0..1e9).contains(seconds));
    seconds.ok_or_else(|| "it must be a number of seconds, at least 0 and below 1e9".to_owned())
}

/// Opens the first CUDA GPU.
fn cuda() -> candle_core::Result<Device> {
    let device = Device::new_cuda(0)?;
    #[cfg(feature = "cuda")]
    #[expect(
        unsafe_code,
        reason = "one thread uses the GPU on one stream, so no events are needed for the order"
    )]
    // Otherwise every tensor creates and destroys two events: four driver calls beside the one of the kernel.
    unsafe {
        device.as_cuda_device()?.disable_event_tracking();
    }
    Ok(device)
}

impl Args {
    fn overrides(&self) -> Vec<String> {
        let text = |value: &String| toml::Value::String(value.clone()).to_string();
        let flags = [
            ("name", self.name.as_ref().map(text)),
            ("dataset", self.dataset.as_ref().map(text)),
            ("train.steps", self.steps.map(|v| v.to_string())),
            ("train.batch", self.batch.map(|v| v.to_string())),
            ("train.learning_rate", self.learning_rate.map(|v| format!("{v:?}"))),
            ("train.seed", self.seed.map(|v| v.to_string())),
        ];
        let flags = flags.into_iter().filter_map(|(key, value)| Some(format!("{key}={}", value?)));
        flags.chain(self.set.iter().cloned()).collect()
    }
}

/// Trains a run and exports its model.
pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    let began = Instant::now();
    let saved = args.out.as_ref().map(|out| out.join(CONFIG));
    let source = match (&args.config, saved) {
        (Some(config), _) => config.clone(),
        (None, Some(saved)) => saved,
        (None, None) => bail!("--resume needs --out with the run's folder, or --config"),
    };
    let mut config = Config::read(&source, &args.overrides())?;
    let folder = args.out.clone().unwrap_or_else(|| Path::new("runs").join(&config.name));
    let dataset = dataset(&config, &source)?;
    config.data = dataset.checksum().map(|checksum| format!("{checksum:08x}"));
    let device = args.device.open()?;
    let lock = Lock::take(&folder)?;
    let start = if args.resume {
        resume::start(&mut config, &*dataset, &device, &folder, args.from.as_deref())
    } else {
        start_new(&args, &mut config, &*dataset, &device, &folder)
    };
    let (start, _lock) = match start {
        Ok(start) => (start, lock),
        Err(error) => {
            lock.leave();
            return Err(error);
        }
    };
    let stop = stop_on_ctrl_c()?;
    let left = |seconds: f64| (seconds - began.elapsed().as_secs_f64()).max(0.0);
    let seconds = match args.max_seconds {
        Some(seconds) if args.fit => {
            let an_image = export::seconds_an_image(&config, &*dataset)?;
            Some(training_seconds(&mut config, an_image, left(seconds)))
        }
        seconds => seconds.map(left),
    };
    let run = Run { config: &config, dataset: &*dataset, device: &device, folder: &folder };
    let limits = Limits { stop: &stop, seconds, fit: args.fit };
    let (checkpoint, end) = take_steps(&run, start, &limits)?;
    if end == End::Stopped && stop.load(Ordering::Relaxed) {
        tracing::info!(
            "stopped after step {}; continue with: latentscope train --resume --out {}",
            checkpoint.state.step,
            folder.display()
        );
        return Ok(ExitCode::from(130));
    }
    if export(&run, &checkpoint, &stop)? {
        return Ok(ExitCode::SUCCESS);
    }
    tracing::info!(
        "stopped while the model was measured; a checkpoint holds its {}, and this goes on: latentscope train \
         --resume --out {}",
        counted(checkpoint.state.step, "step"),
        folder.display()
    );
    Ok(ExitCode::from(130))
}

/// Splits the `left` seconds between training and evaluation, which takes `an_image` seconds per image, and returns
/// the seconds for training. If evaluation would take most of the time, it uses fewer images.
fn training_seconds(config: &mut Config, an_image: f64, left: f64) -> f64 {
    // Evaluation may become slower, and writing the file takes time.
    const SLOWER: f64 = 1.3;
    const WRITING: f64 = 0.3;
    const FEWEST: f64 = 64.0;
    let measuring = |images: usize| SLOWER * an_image * images as f64 + WRITING;
    let most = ((0.5 * left - WRITING) / (SLOWER * an_image)).max(FEWEST) as usize;
    if config.train.card_samples > most {
        tracing::warn!(
            "the card is measured on {} instead of train.card_samples = {}: more do not fit into the time limit",
            counted(most as u64, "image"),
            config.train.card_samples
        );
        config.train.card_samples = most;
    }
    (left - measuring(config.train.card_samples)).max(0.0)
}

/// Opens the data set of a configuration and checks that its images fit the network. `source` is the path of the
/// configuration.
pub(super) fn dataset(config: &Config, source: &Path) -> anyhow::Result<Box<dyn Dataset>> {
    let options = PictureOptions { shape: Some(config.model.image), ..PictureOptions::default() };
    let dataset = data::open_as(&config.dataset, &options)?;
    let (have, want) = (dataset.image_shape(), config.model.image);
    if have != want {
        bail!(
            "{}: model.image is {}×{}×{} but the images of `{}` are {}×{}×{}",
            source.display(),
            want.height,
            want.width,
            want.channels,
            config.dataset,
            have.height,
            have.width,
            have.channels
        );
    }
    if config.train.hold_out >= dataset.len() {
        bail!(
            "{}: train.hold_out is {} and leaves none of the {} images of `{}`; hold out fewer",
            source.display(),
            config.train.hold_out,
            dataset.len(),
            config.dataset
        );
    }
    Ok(dataset)
}

/// Environment variable that makes a process stop when its standard input ends, so that a run stops when the
/// process that started it is killed.
pub(super) const STOP_WITH_STDIN: &str = "LATENTSCOPE_STOP_WITH_STDIN";
/// Time for such a process to write a checkpoint.
const GRACE: Duration = Duration::from_secs(60);

/// Returns a flag that Ctrl-C or SIGTERM sets. A second signal ends the process at once.
pub(super) fn stop_on_ctrl_c() -> anyhow::Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    let handler = Arc::clone(&stop);
    ctrlc::set_handler(move || {
        if handler.swap(true, Ordering::Relaxed) {
            std::process::exit(130);
        }
    })
    .context("ctrl-C could not be caught")?;
    if std::env::var_os(STOP_WITH_STDIN).is_some() {
        let stop = Arc::clone(&stop);
        std::thread::spawn(move || {
            // The other process writes nothing; reading ends when that process ends.
            let _end = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
            stop.store(true, Ordering::Relaxed);
            std::thread::sleep(GRACE);
            std::process::exit(130);
        });
    }
    Ok(stop)
}

/// Trains a run from `start`, or from the first step, and shows its progress.
pub(super) fn take_steps(
    run: &Run,
    start: Option<Checkpoint>,
    limits: &Limits,
) -> anyhow::Result<(Checkpoint, End)> {
    let limit = limits.seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    let mut progress = Progress::new(limit);
    let outcome = run.train(start, limits, &mut progress);
    progress.clear();
    Ok(outcome?)
}

/// Writes the weights file of `checkpoint`. Returns `false` if evaluation was stopped.
pub(super) fn export(run: &Run, checkpoint: &Checkpoint, stop: &Arc<AtomicBool>) -> anyhow::Result<bool> {
    let name = if run.device.is_cuda() { "cuda" } else { "cpu" };
    let bar = Encoding::new("measuring", &run.config.name).until(stop);
    let weights = match export::weights(checkpoint, run.config, run.dataset, name, false, &bar) {
        Err(error) if error.is_stop() => return Ok(false),
        weights => weights?,
    };
    drop(bar);
    let path = run.folder.join(MODEL);
    file::write(&path, &weights.to_bytes()?)?;
    tracing::info!(
        "trained {} in {:.0} s; wrote {}",
        counted(checkpoint.state.step, "step"),
        checkpoint.state.seconds,
        path.display()
    );
    Ok(true)
}

/// Prepares the folder of a new run. Returns the checkpoint to start from if the run starts from the weights of a
/// file.
fn start_new(
    args: &Args,
    config: &mut Config,
    dataset: &dyn Dataset,
    device: &Device,
    folder: &Path,
) -> anyhow::Result<Option<Checkpoint>> {
    let weights = match (&args.from, &config.from) {
        (Some(path), _) => Some(initial_weights(path, config)?),
        (None, Some(from)) => Some(configured_weights(from)?),
        (None, None) => None,
    };
    let run = Run { config, dataset, device, folder };
    match (&weights, &config.from) {
        (Some(weights), Some(from)) => run.accepts(Path::new(&from.file), weights)?,
        _ => run.check_random_start()?,
    }
    // A mistake in the configuration must not move the old run away.
    given_values(config, dataset)?;
    clear(folder, args.force)?;
    Ok(weights.map(|weights| run.begin(&weights)).transpose()?)
}

/// Checks that `folder` contains no run, or moves the run to a subfolder with `force`.
fn clear(folder: &Path, force: bool) -> anyhow::Result<()> {
    let old: Vec<PathBuf> = [CONFIG, METRICS, MODEL, KNOWN]
        .map(|name| folder.join(name))
        .into_iter()
        .chain([Checkpoints::of(folder).path().to_owned()])
        .filter(|path| path.symlink_metadata().is_ok())
        .collect();
    let Some(first) = old.first() else { return Ok(()) };
    if !force {
        bail!(
            "{} already contains {}; continue with --resume, start again with --force, or choose another --out",
            folder.display(),
            first.file_name().unwrap_or_default().to_string_lossy()
        );
    }
    set_aside(folder, &old)
}

/// Moves the files that a new run would replace to a new subfolder.
fn set_aside(folder: &Path, old: &[PathBuf]) -> anyhow::Result<()> {
    let free = (1..).map(|number| folder.join(format!("before-{number}")));
    let aside = free.into_iter().find(|path| path.symlink_metadata().is_err()).unwrap_or_default();
    std::fs::create_dir(&aside).with_context(|| format!("{} could not be created", aside.display()))?;
    for path in old {
        let to = aside.join(path.file_name().unwrap_or_default());
        std::fs::rename(path, &to).with_context(|| format!("{} could not be moved", path.display()))?;
    }
    tracing::info!("the old run is now in {}; delete it when you no longer need it", aside.display());
    Ok(())
}
