//! `latentscope runs`: trains a list of configurations side by side within a time limit.
//!
//! ```toml
//! # The first runs start first.
//! [[run]]
//! config = "configs/sparse.toml"          # relative to this file
//! set = ["train.steps=300000"]            # as --set
//! from = "models/sparse.safetensors"      # as --from; may be left out
//! ```

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use model::Card;
use serde::Deserialize;
use trainer::config::Config;
use trainer::file;
use trainer::report::{Column, Table, brief, thousands};
use trainer::train::MODEL;
use trainer::trained;

use super::print::print;
use super::process_pool::{Outcome, ProcessPool, STOPPED, THREADS, Task};
use super::train::{Place, seconds};

/// Fraction of the time that is reserved for collecting the weights, and its bounds in seconds.
const COLLECTING: (f64, f64, f64) = (1.0 / 50.0, 0.5, 10.0);
/// Name of the file with the table.
const TABLE: &str = "table.txt";
/// Name of the folder that contains the runs.
const RUNS: &str = "runs";

/// Arguments of `runs`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// TOML file with a [[run]] for each run.
    plan: PathBuf,
    /// Folder for weights, cards and a table. The runs are in its subfolder `runs`.
    #[arg(long)]
    out: PathBuf,
    /// Finish within this many seconds: each run takes as many steps as fit. Run the same command to continue.
    #[arg(long, value_parser = some_seconds)]
    seconds: f64,
    /// Number of runs at a time [default: all].
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=1024))]
    jobs: Option<u16>,
    /// Device to train on.
    #[arg(long, value_enum, default_value_t = Place::Auto)]
    device: Place,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Plan {
    #[serde(rename = "run")]
    runs: Vec<Listed>,
}

/// A run in the list.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Listed {
    config: PathBuf,
    #[serde(default)]
    set: Vec<String>,
    from: Option<PathBuf>,
}

/// Parses a time limit above 0.
fn some_seconds(text: &str) -> Result<f64, String> {
    seconds(text)
        .ok()
        .filter(|seconds| *seconds > 0.0)
        .ok_or_else(|| "it must be a number of seconds above 0 and below 1e9".to_owned())
}

/// Trains the listed runs and collects their weights.
pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let began = Instant::now();
    let (plan, configs) = read(&args.plan)?;
    // A missing device is reported once, not once per run.
    let cuda = args.device.open()?.is_cuda();
    let runs = args.out.join(RUNS);
    std::fs::create_dir_all(&runs).with_context(|| format!("{} could not be created", runs.display()))?;
    let (share, least, most) = COLLECTING;
    let collecting = (share * args.seconds).clamp(least, most).min(args.seconds / 4.0);
    let deadline = began + Duration::from_secs_f64(args.seconds - collecting);
    let jobs = args.jobs.map_or(configs.len(), usize::from).min(configs.len());
    let program = std::env::current_exe().context("the path of this program is unknown")?;
    let command = |number: usize| {
        let listed = &plan.runs[number];
        let mut command = Command::new(&program);
        command.arg("train").arg("--config").arg(&listed.config).arg("--resume");
        command.arg("--out").arg(runs.join(&configs[number].name));
        command.args(listed.set.iter().flat_map(|pair| ["--set", pair]));
        if let Some(from) = &listed.from {
            command.arg("--from").arg(from);
        }
        let rest = deadline.saturating_duration_since(Instant::now()).as_secs_f64();
        // Runs that wait for this process get the same time.
        let rest = (rest / (configs.len() - number).div_ceil(jobs) as f64).max(0.001);
        if cuda {
            // Training on a GPU uses one thread, but drawing data and evaluation use all.
            let cores = std::thread::available_parallelism().map_or(1, usize::from);
            command.env(THREADS, cores.to_string());
        }
        command.args(["--fit", "--device", args.device.name()]).arg(format!("--max-seconds={rest}"));
        command
    };
    let tasks: Vec<Task> = configs
        .iter()
        .enumerate()
        .map(|(number, config)| Task {
            number,
            name: &config.name,
            folder: runs.join(&config.name),
            steps: config.train.steps,
        })
        .collect();
    let pool = ProcessPool { jobs, deadline: Some(deadline), finished: "is trained", command: &command };
    let outcomes = pool.run(&tasks)?;

    let mut cards = Vec::new();
    for task in &tasks {
        cards.extend(collect(task, &args.out)?);
    }
    let table = table(&cards).to_string();
    file::write(&args.out.join(TABLE), table.as_bytes())?;
    print(&table)?;
    let count = |wanted: fn(&Outcome) -> bool| outcomes.iter().filter(|outcome| wanted(outcome)).count();
    let failed = count(|outcome| matches!(outcome, Outcome::Failed(_) | Outcome::Busy));
    let stopped = count(|outcome| matches!(outcome, Outcome::Stopped));
    if failed > 0 {
        tracing::error!("{failed} of {} runs failed; the others continued", tasks.len());
        return Ok(ExitCode::FAILURE);
    }
    if stopped > 0 {
        tracing::info!(
            "{stopped} of {} runs were stopped or not started; run the same command to continue",
            tasks.len()
        );
        return Ok(ExitCode::from(STOPPED));
    }
    Ok(ExitCode::SUCCESS)
}

/// Reads the list and the configuration of each run. Paths become relative to the working directory.
fn read(path: &Path) -> anyhow::Result<(Plan, Vec<Config>)> {
    let text =
        std::fs::read_to_string(path).with_context(|| format!("{} could not be read", path.display()))?;
    let mut plan: Plan = toml::from_str(&text)
        .map_err(|error| anyhow::anyhow!("{}: {}", path.display(), brief(&error.to_string())))?;
    let folder = path.parent().unwrap_or(Path::new(""));
    let mut configs = Vec::new();
    let mut names = BTreeSet::new();
    for listed in &mut plan.runs {
        listed.config = folder.join(&listed.config);
        listed.from = listed.from.take().map(|from| folder.join(from));
        let config = Config::read(&listed.config, &listed.set)?;
        if config.name.starts_with('.') || config.name.contains(['/', '\\']) {
            bail!("{}: the name {:?} cannot be a folder's name; choose another", path.display(), config.name);
        }
        if !names.insert(config.name.clone()) {
            bail!("{}: two runs are called {}; give one of them another name", path.display(), config.name);
        }
        configs.push(config);
    }
    if configs.is_empty() {
        bail!("{} contains no [[run]]; add at least one", path.display());
    }
    Ok((plan, configs))
}

/// Copies a run's weights and card to `out`. Returns `None` if it has none.
fn collect(task: &Task, out: &Path) -> anyhow::Result<Option<Card>> {
    let exported = task.folder.join(MODEL);
    if !exported.exists() {
        return Ok(None);
    }
    let card = trained::read(&exported)?.card;
    let bytes =
        std::fs::read(&exported).with_context(|| format!("{} could not be read", exported.display()))?;
    file::write(&out.join(format!("{}.safetensors", task.name)), &bytes)?;
    let json = serde_json::to_string_pretty(&card)? + "\n";
    file::write(&out.join(format!("{}.json", task.name)), json.as_bytes())?;
    Ok(Some(card))
}

/// Table with a row per model: how it was trained, and scores of its card.
fn table(cards: &[Card]) -> Table {
    const SCORES: [(&str, &str, usize); 4] =
        [("nll", "NLL", 2), ("kl", "KL", 2), ("ssim", "SSIM", 4), ("active_units", "active", 0)];
    let words = ["model", "data", "device"].map(Column::words);
    let numbers = ["steps", "images/s"].map(Column::numbers);
    let scores = SCORES.map(|(_, title, _)| Column::numbers(title));
    let mut table = Table::new(words.into_iter().chain(numbers).chain(scores).collect());
    for card in cards {
        let training = &card.training;
        let rate = training.steps as f64 * training.batch as f64 / training.seconds;
        let score = |(metric, _, digits): (&str, &str, usize)| {
            let score = card.scores.iter().find(|score| score.metric == metric);
            score.map(|score| format!("{:.digits$}", score.value)).unwrap_or_default()
        };
        let words = [card.name.clone(), training.dataset.clone(), training.device.clone()];
        let numbers = [thousands(training.steps), format!("{rate:.0}")];
        table.row(words.into_iter().chain(numbers).chain(SCORES.map(score)).collect());
    }
    table
}
