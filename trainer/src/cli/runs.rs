//! `latentscope runs`: a list of configurations, trained side by side within a time.
//!
//! ```toml
//! # What matters most comes first.
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

use super::fleet::{Fleet, Outcome, Share, THREADS};
use super::print::print;
use super::sweep::STOPPED;
use super::train::{Place, seconds};

/// Share of the time that is kept for gathering the weights, and its bounds in seconds.
const GATHERING: (f64, f64, f64) = (1.0 / 50.0, 0.5, 10.0);
/// Name of the table within the folder.
const TABLE: &str = "table.txt";
/// Name of the folder that the runs lie in.
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

/// A run as the list has it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Listed {
    config: PathBuf,
    #[serde(default)]
    set: Vec<String>,
    from: Option<PathBuf>,
}

/// A time in which something can be done.
fn some_seconds(text: &str) -> Result<f64, String> {
    seconds(text)
        .ok()
        .filter(|seconds| *seconds > 0.0)
        .ok_or_else(|| "it must be a number of seconds above 0 and below 1e9".to_owned())
}

/// Trains what is listed, and gathers the weights.
pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let began = Instant::now();
    let (plan, configs) = read(&args.plan)?;
    // A device that is missing is said once, not once a run.
    let cuda = args.device.open()?.is_cuda();
    let runs = args.out.join(RUNS);
    std::fs::create_dir_all(&runs).with_context(|| format!("{} could not be made", runs.display()))?;
    let (share, least, most) = GATHERING;
    let gathering = (share * args.seconds).clamp(least, most).min(args.seconds / 4.0);
    let deadline = began + Duration::from_secs_f64(args.seconds - gathering);
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
        // Runs that wait for this one's place have as long each.
        let rest = (rest / (configs.len() - number).div_ceil(jobs) as f64).max(0.001);
        if cuda {
            // A GPU's run takes a thread, but drawing its data and measuring it take all there are.
            let cores = std::thread::available_parallelism().map_or(1, usize::from);
            command.env(THREADS, cores.to_string());
        }
        command.args(["--fit", "--device", args.device.name()]).arg(format!("--max-seconds={rest}"));
        command
    };
    let shares: Vec<Share> = configs
        .iter()
        .enumerate()
        .map(|(number, config)| Share {
            number,
            name: &config.name,
            folder: runs.join(&config.name),
            steps: config.train.steps,
        })
        .collect();
    let fleet = Fleet { jobs, deadline: Some(deadline), finished: "is trained", command: &command };
    let outcomes = fleet.work(&shares)?;

    let mut cards = Vec::new();
    for share in &shares {
        cards.extend(gathered(share, &args.out)?);
    }
    let table = table(&cards).to_string();
    file::write(&args.out.join(TABLE), table.as_bytes())?;
    print(&table)?;
    let count = |wanted: fn(&Outcome) -> bool| outcomes.iter().filter(|outcome| wanted(outcome)).count();
    let failed = count(|outcome| matches!(outcome, Outcome::Failed(_) | Outcome::Busy));
    let stopped = count(|outcome| matches!(outcome, Outcome::Stopped));
    if failed > 0 {
        tracing::error!("{failed} of {} runs failed; the others continued", shares.len());
        return Ok(ExitCode::FAILURE);
    }
    if stopped > 0 {
        tracing::info!(
            "{stopped} of {} runs were stopped or not started; run the same command to continue",
            shares.len()
        );
        return Ok(ExitCode::from(STOPPED));
    }
    Ok(ExitCode::SUCCESS)
}

/// The list, its paths as they are from here, and the configuration of each run.
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

/// Copies a run's weights and its card to `out`, if it has any.
fn gathered(share: &Share, out: &Path) -> anyhow::Result<Option<Card>> {
    let exported = share.folder.join(MODEL);
    if !exported.exists() {
        return Ok(None);
    }
    let card = trained::read(&exported)?.card;
    let bytes =
        std::fs::read(&exported).with_context(|| format!("{} could not be read", exported.display()))?;
    file::write(&out.join(format!("{}.safetensors", share.name)), &bytes)?;
    let json = serde_json::to_string_pretty(&card)? + "\n";
    file::write(&out.join(format!("{}.json", share.name)), json.as_bytes())?;
    Ok(Some(card))
}

/// A row a model: how it was trained, and the scores of its card.
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
