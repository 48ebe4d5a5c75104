//! `latentscope sweep`.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use trainer::config::Config;
use trainer::file;
use trainer::report::{Column, Table, counted};
use trainer::study::slurm::{Job, quoted, script};
use trainer::study::{Planned, State, Study};
use trainer::train::{Checkpoints, End, Limits, Lock, LockError, Run};
use trainer::trained;

use super::attributes::Labels;
use super::print::print;
use super::process_pool::{self, BUSY, Outcome, ProcessPool, STOPPED, Task};
use super::score;
use super::scoring::Scoring;
use super::source::Source;
use super::train::{self, Place};
use super::weights;

/// Arguments of `sweep`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// File of the study.
    study: PathBuf,
    /// Folder of the study [default: runs/NAME].
    #[arg(long)]
    out: Option<PathBuf>,
    /// Number of runs at a time [default: 1; with --launcher slurm, no limit].
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=1024))]
    jobs: Option<u16>,
    /// Stop training after this many seconds. Run the same command again to continue.
    #[arg(long, value_name = "SECONDS", value_parser = train::seconds)]
    limit_seconds: Option<f64>,
    /// Do one run only: its number, starting at 0, or its name.
    #[arg(long, value_name = "ID")]
    run: Option<String>,
    /// List the runs with their progress, and exit.
    #[arg(long, conflicts_with = "run")]
    list: bool,
    /// Where the runs start.
    #[arg(long, value_enum, default_value_t = Launcher::Here, conflicts_with_all = ["run", "list"])]
    launcher: Launcher,
    /// Option for sbatch, such as --sbatch=--gres=gpu:1.
    #[arg(long, value_name = "OPTION", allow_hyphen_values = true)]
    sbatch: Vec<String>,
    /// Device to train on.
    #[arg(long, value_enum, default_value_t = Place::Auto)]
    device: Place,
    #[command(flatten)]
    scoring: Scoring,
}

/// Where the runs start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Launcher {
    /// This machine.
    Here,
    /// SLURM, as an array job.
    Slurm,
}

/// Runs the unfinished runs of a study.
pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    if args.limit_seconds == Some(0.0) {
        bail!("--limit-seconds must be above 0");
    }
    let study = Study::read(&args.study)?;
    let out = args.out.clone().unwrap_or_else(|| Path::new("runs").join(&study.plan.study));
    if let Some(id) = &args.run {
        let runs = &study.plan.runs;
        let number = id.parse().ok().filter(|number| *number < runs.len());
        let Some(number) = number.or_else(|| runs.iter().position(|run| run.name == *id)) else {
            bail!("{} has no run {id}; --list shows its {} runs", args.study.display(), runs.len())
        };
        return train_one(args, &out.join(&runs[number].name), &study.configs[number]);
    }
    if args.list {
        print(&list(&study, &out)?.to_string())?;
        return Ok(ExitCode::SUCCESS);
    }
    std::fs::create_dir_all(&out).with_context(|| format!("{} could not be created", out.display()))?;
    study.plan.write(&out)?;
    match args.launcher {
        Launcher::Here => train_here(args, &study, &out),
        Launcher::Slurm => submit(args, &study, &out),
    }
}

/// Trains and scores one run, and skips the parts that are done.
fn train_one(args: &Args, folder: &Path, config: &Config) -> anyhow::Result<ExitCode> {
    let _lock = match Lock::take(folder) {
        Err(LockError::Taken(folder)) => {
            tracing::info!("another process is working on {}; it is skipped", folder.display());
            return Ok(ExitCode::from(BUSY));
        }
        lock => lock?,
    };
    if let Some(from) = &config.from {
        bail!("the runs of a study start from new weights; remove from.file = {:?} from its base", from.file);
    }
    if config.train.decoder_only {
        bail!("the runs of a study start from new weights; remove train.decoder_only from it");
    }
    match State::of(folder, config)? {
        State::Finished => return Ok(ExitCode::SUCCESS),
        State::Trained => {}
        State::New | State::Begun => {
            let dataset = train::dataset(config, &args.study)?;
            let device = args.device.open()?;
            let stop = train::stop_on_ctrl_c()?;
            let start = weights::newest(&Checkpoints::of(folder), &device)?;
            let run = Run { config, dataset: &*dataset, device: &device, folder };
            let limits = Limits { stop: &stop, seconds: args.limit_seconds, fit: false };
            let (checkpoint, end) = train::take_steps(&run, start, &limits)?;
            if end == End::Stopped {
                tracing::info!(
                    "stopped after step {}; run the same command to continue",
                    checkpoint.state.step
                );
                return Ok(ExitCode::from(STOPPED));
            }
            if !train::export(&run, &checkpoint, &stop)? {
                tracing::info!("stopped during evaluation; run the same command to continue");
                return Ok(ExitCode::from(STOPPED));
            }
        }
        State::Other => {
            bail!(
                "{} holds a run of another configuration, or files that are no run's; move them away, or choose \
                 another --out",
                folder.display()
            )
        }
    }
    // All models are scored with the same seed.
    score::add(folder, args.scoring, 0, &Source::default(), &Labels::default())?;
    Ok(ExitCode::SUCCESS)
}

/// Numbers of the runs that are not finished.
fn unfinished(study: &Study, out: &Path) -> Vec<usize> {
    let is_unfinished = |&number: &usize| {
        let folder = out.join(&study.plan.runs[number].name);
        // The run itself reports files that can't be read.
        !matches!(State::of(&folder, &study.configs[number]), Ok(State::Finished))
    };
    (0..study.plan.runs.len()).filter(is_unfinished).collect()
}

/// Trains the unfinished runs on this machine.
fn train_here(args: &Args, study: &Study, out: &Path) -> anyhow::Result<ExitCode> {
    let left = unfinished(study, out);
    let done = study.plan.runs.len() - left.len();
    if done > 0 {
        tracing::info!("{done} of {} runs are already finished", study.plan.runs.len());
    }
    let jobs = usize::from(args.jobs.unwrap_or(1)).min(left.len().max(1));
    let deadline = args.limit_seconds.map(|seconds| Instant::now() + Duration::from_secs_f64(seconds));
    let program = std::env::current_exe().context("the path of this program is unknown")?;
    let command = |number: usize| {
        let mut command = Command::new(&program);
        command.arg("sweep").arg(&args.study).arg("--out").arg(out);
        command.args(["--run", &number.to_string(), "--device", args.device.name()]);
        command.args(args.scoring.options());
        if let Some(deadline) = deadline {
            // No run is started after the deadline.
            let rest = deadline.saturating_duration_since(Instant::now()).as_secs_f64().max(0.001);
            command.arg(format!("--limit-seconds={rest}"));
        }
        command
    };
    let tasks: Vec<Task> = left
        .iter()
        .map(|&number| Task {
            number,
            name: &study.plan.runs[number].name,
            folder: out.join(&study.plan.runs[number].name),
            steps: study.configs[number].train.steps,
        })
        .collect();
    let pool = ProcessPool { jobs, deadline, finished: "is trained and scored", command: &command };
    let outcomes = pool.run(&tasks)?;
    print(&summary(study, out)?.to_string())?;
    let count = |wanted: fn(&Outcome) -> bool| outcomes.iter().filter(|outcome| wanted(outcome)).count();
    let failed = count(|outcome| matches!(outcome, Outcome::Failed(_)));
    let stopped = count(|outcome| matches!(outcome, Outcome::Stopped));
    if failed > 0 {
        tracing::error!("{failed} of {} runs failed; the others continued", study.plan.runs.len());
        return Ok(ExitCode::FAILURE);
    }
    if stopped > 0 {
        tracing::info!("{} left; run the same command to continue", counted(stopped as u64, "run"));
        return Ok(ExitCode::from(STOPPED));
    }
    tracing::info!("make a report with: latentscope report {}", out.display());
    Ok(ExitCode::SUCCESS)
}

fn state(folder: &Path, config: &Config) -> &'static str {
    match State::of(folder, config) {
        Ok(State::New) => "not begun",
        Ok(State::Begun) => "begun",
        Ok(State::Trained) => "trained",
        Ok(State::Finished) => "finished",
        Ok(State::Other) => "another configuration",
        Err(_) => "damaged",
    }
}

fn list(study: &Study, out: &Path) -> anyhow::Result<Table> {
    let words = ["name", "method", "strength"].map(Column::words);
    let columns = std::iter::once(Column::numbers("run")).chain(words);
    let mut table = Table::new(columns.chain([Column::numbers("seed"), Column::words("state")]).collect());
    for (number, (run, config)) in study.plan.runs.iter().zip(&study.configs).enumerate() {
        let Planned { name, method, strength, seed } = run;
        table.row(vec![
            number.to_string(),
            name.clone(),
            method.clone(),
            strength.clone().unwrap_or_default(),
            seed.to_string(),
            state(&out.join(name), config).to_owned(),
        ]);
    }
    Ok(table)
}

/// Table of the runs with their states and main scores.
fn summary(study: &Study, out: &Path) -> anyhow::Result<Table> {
    const SHOWN: [&str; 5] = ["nll", "factor_vae", "mig", "dci_disentanglement", "sap"];
    let columns = [Column::words("run"), Column::words("state")];
    let mut table = Table::new(columns.into_iter().chain(SHOWN.map(Column::numbers)).collect());
    for (run, config) in study.plan.runs.iter().zip(&study.configs) {
        let folder = out.join(&run.name);
        let scores = trained::read(&folder).map(|weights| weights.card.scores).unwrap_or_default();
        let cell = |name: &str| {
            let score = scores.iter().find(|score| score.metric == name);
            score.map(|score| format!("{:.3}", score.value)).unwrap_or_default()
        };
        let words = [run.name.clone(), state(&folder, config).to_owned()];
        table.row(words.into_iter().chain(SHOWN.map(cell)).collect());
    }
    Ok(table)
}

/// Writes the script of an array job and submits it to SLURM.
fn submit(args: &Args, study: &Study, out: &Path) -> anyhow::Result<ExitCode> {
    let left = unfinished(study, out);
    if left.is_empty() {
        tracing::info!("all {} runs are already finished", study.plan.runs.len());
        return Ok(ExitCode::SUCCESS);
    }
    let program = std::env::current_exe().context("the path of this program is unknown")?;
    let absolute = |path: &Path| std::path::absolute(path).with_context(|| path.display().to_string());
    let (study_file, out) = (absolute(&args.study)?, absolute(out)?);
    let mut options = vec![format!("--device={}", args.device.name())];
    options.extend(args.scoring.options());
    let job = Job {
        program: &program,
        study: &study_file,
        out: &out,
        name: &study.plan.study,
        runs: &left,
        jobs: args.jobs.unwrap_or(0).into(),
        limit: args.limit_seconds,
        options: &options,
        sbatch: &args.sbatch,
    };
    let path = out.join("sweep.sh");
    file::write(&path, script(&job).map_err(anyhow::Error::msg)?.as_bytes())?;
    let output = Command::new("sbatch").arg("--parsable").arg(&path).output().with_context(|| {
        format!("sbatch could not be started; install SLURM, or submit {} where it is", path.display())
    })?;
    if !output.status.success() {
        bail!("sbatch refused {}: {}", path.display(), process_pool::last_line(&output.stderr));
    }
    let printed = String::from_utf8_lossy(&output.stdout);
    let id = printed.trim().split(';').next().unwrap_or_default();
    let folder = quoted(&out.display().to_string());
    print(&format!(
        "submitted {} as job {id}\nfollow them with: squeue --job {id}; tail -f {folder}/slurm-{id}_*.log\n\
         stop them with: scancel {id}; this command goes on with what is left\n\
         make a report with: latentscope report {folder}\n",
        counted(left.len() as u64, "run")
    ))?;
    Ok(ExitCode::SUCCESS)
}
