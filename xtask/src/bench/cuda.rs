//! Training steps on a CUDA GPU against PyTorch, after a check of the gradients.
//!
//! The network of [`super::train`] at batch sizes 64 and 1024. Contenders take turns, round by round,
//! each in its own process. The same run measures what the GPU can reach, with a large product and a
//! large copy.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use super::child::watch;
use super::floor::floor;
use super::python;
use super::table::{Series, median, print, save};
use super::train::{empty_folder, logged_rate, numbers};
use crate::project::{Project, execute, find, output};
use crate::step::say;

const ROUNDS: usize = 5;
/// Environment variable with the number of rounds, for machines that are available for minutes only; it
/// also skips torch.compile, which takes long.
const FEWER: &str = "LATENTSCOPE_ROUNDS";
/// Batch size and steps per round: about a second each, so that start and end of the clock don't matter.
const BATCHES: [(&str, &str); 2] = [("64", "1000"), ("1024", "200")];
/// Environment variable with the path of a program built elsewhere with `--features cuda`.
const CARRIED: &str = "LATENTSCOPE_BIN";
/// Environment variable with the folders that Linux's loader searches first.
const LIBRARY_PATH: &str = "LD_LIBRARY_PATH";
/// Side of the matrices that `latentscope device peak` multiplies.
const SIDE: usize = 4096;

/// The programs to compare, and their environment.
struct Bench<'a> {
    project: &'a Project,
    program: PathBuf,
    python: PathBuf,
    /// Folders of the CUDA libraries from PyTorch's wheels.
    libraries: Vec<PathBuf>,
    rounds: usize,
    /// Names and arguments: of `latentscope device` if they begin with `step`, otherwise of gpu.py.
    contenders: Vec<(&'static str, &'static [&'static str])>,
}

pub(super) fn run(project: &Project) -> Result<()> {
    let gpu = gpu(project)?;
    let (python, torch) = python::with_torch(project)?;
    let program = program(project)?;
    let contenders: Vec<(_, &[_])> = vec![
        ("ours, f32", &["step"]),
        ("ours, TF32", &["step", "--tf32"]),
        ("PyTorch, eager", &["eager"]),
        ("PyTorch, torch.compile", &["compile"]),
        ("PyTorch, CUDA graph", &["graph"]),
    ];
    let libraries = python::cuda_libraries(project, &python)?;
    let fewer = std::env::var(FEWER).ok();
    let rounds = fewer.as_ref().map_or(Ok(ROUNDS), |rounds| rounds.parse()).context(FEWER)?;
    anyhow::ensure!(rounds > 0, "{FEWER} is 0; it must be at least 1");
    let mut bench = Bench { project, program, python, libraries, rounds, contenders };
    say(format_args!("{gpu} · PyTorch {torch} · {rounds} rounds"));
    let errors = [&["check"][..], &["check", "--tf32"]].map(|words| bench.ours(words));
    let [plain, tf32] = errors.map(|mut command| figure(&mut command));
    let (plain, tf32) = (plain?, tf32?);
    say(format_args!(
        "a batch's gradients are the CPU's within {plain:.1e} (TF32: {tf32:.1e}) of the largest"
    ));
    if fewer.is_some() {
        say("torch.compile is left out, for time");
        bench.contenders.retain(|(_, words)| *words != ["compile"]);
    } else if let Err(error) = figure(&mut bench.command(&["compile"], "64", "1")) {
        say(format_args!("torch.compile is left out, as it fails here: {error:#}"));
        bench.contenders.retain(|(_, words)| *words != ["compile"]);
    }
    let mut more =
        json!({ "gpu": gpu, "pytorch": torch, "gradient_error": plain, "gradient_error_tf32": tf32 });
    let (mut first, mut unit) = (Vec::new(), String::new());
    for (batch, steps) in BATCHES {
        let (series, reach) = bench.measure(batch, steps)?;
        let contenders: Vec<Value> = series.iter().map(|s| s.json(&series[0])).collect();
        more[format!("batch_{batch}")] = json!({ "contenders": contenders, "reach": reach });
        if first.is_empty() {
            (first, unit) = (series, format!("images/s, batch {batch}"));
        }
    }
    save(project, "cuda", &unit, &first, more)
}

impl Bench<'_> {
    fn ours(&self, words: &[&str]) -> Command {
        let mut command = self.program();
        command.arg("device").args(words);
        command
    }

    /// Our program; a prebuilt one may use the CUDA libraries of PyTorch's wheels.
    fn program(&self) -> Command {
        let mut command = self.project.command(&self.program);
        let path = std::env::var_os(LIBRARY_PATH).unwrap_or_default();
        let folders = std::env::split_paths(&path).chain(self.libraries.iter().cloned());
        if let Ok(folders) = std::env::join_paths(folders.filter(|folder| !folder.as_os_str().is_empty())) {
            command.env(LIBRARY_PATH, folders);
        }
        command
    }

    fn command(&self, words: &[&str], batch: &str, steps: &str) -> Command {
        if words[0] == "step" {
            let mut command = self.ours(words);
            command.args(["--batch", batch, "--steps", steps]);
            return command;
        }
        let mut command = self.project.command(&self.python);
        command.arg(self.project.root.join("xtask/src/bench/gpu.py")).args(words).args([batch, steps]);
        command.env("PYTHONDONTWRITEBYTECODE", "1");
        command
    }

    /// Measures the rates of all contenders at a batch size, and what the GPU can reach.
    fn measure(&self, batch: &str, steps: &str) -> Result<(Vec<Series>, Value)> {
        let real = "ours, latentscope train on sprites";
        let names = self.contenders.iter().map(|(name, _)| *name).chain([real]);
        let mut series: Vec<Series> = names.map(|name| Series { name, ..Series::default() }).collect();
        let mut peaks = [const { Vec::new() }; 3];
        for round in 1..=self.rounds {
            for ((_, words), series) in self.contenders.iter().zip(&mut series) {
                series.rates.push(figure(&mut self.command(words, batch, steps))?);
            }
            let real = self.train_for_real(batch)?;
            series.iter_mut().last().into_iter().for_each(|series| series.rates.push(real));
            let plain = numbers(&watch(&mut self.ours(&["peak", "--steps", "50"]))?.printed)?;
            let tf32 = figure(&mut self.ours(&["peak", "--steps", "50", "--tf32"]))?;
            let copied = plain.get(1).copied().context("`latentscope device peak` printed one figure")?;
            peaks.iter_mut().zip([plain[0], tf32, copied]).for_each(|(peaks, peak)| peaks.push(peak));
            let rates: Vec<String> =
                series.iter().flat_map(|s| s.rates.last()).map(|r| format!("{r:.0}")).collect();
            say(format_args!("  batch {batch}, round {round}: {} images/s", rates.join(" · ")));
        }
        print(&format!("images/s, batch {batch}"), &series);
        let images: f64 = batch.parse()?;
        let [plain, tf32, copied] = peaks.map(|peaks| median(&peaks));
        say(format_args!(
            "\na {SIDE}³ product reaches {plain:.0} GFLOP/s (TF32: {tf32:.0}), a copy {copied:.0} GB/s"
        ));
        let floors = [floor(images, plain, copied), floor(images, tf32, copied)];
        for (series, floor) in series.iter().zip(floors) {
            let took = 1e6 * images / series.rate();
            say(format_args!(
                "{}: a step takes {took:.0} µs, {:.1} times its floor of {floor:.0} µs",
                series.name,
                took / floor
            ));
        }
        let reach = json!({
            "product_gflops": plain,
            "product_tf32_gflops": tf32,
            "copy_gb_per_s": copied,
            "floor_us": floors[0],
            "floor_tf32_us": floors[1],
        });
        Ok((series, reach))
    }

    /// Runs all of `latentscope train`: data on the device, log, checkpoints, export.
    fn train_for_real(&self, batch: &str) -> Result<f64> {
        let folder = empty_folder(self.project, "cuda-run")?;
        let mut command = self.program();
        command.args(["train", "--config", "configs/vae.toml", "--device", "cuda"]);
        command.args(["--steps", "600", "--batch", batch, "--out"]).arg(&folder);
        watch(&mut command)?;
        logged_rate(&folder.join("metrics.jsonl"))
    }
}

/// Returns the single number that a contender prints.
fn figure(command: &mut Command) -> Result<f64> {
    Ok(numbers(&watch(command)?.printed)?[0])
}

/// Name and driver of the first GPU.
fn gpu(project: &Project) -> Result<String> {
    let none = "no CUDA GPU was found: run this on a machine with an NVIDIA GPU, its driver and `nvidia-smi`";
    let Some(smi) = find(&project.search_path(), "nvidia-smi") else { bail!(none) };
    let query = ["--query-gpu=name,driver_version", "--format=csv,noheader"];
    let printed = output(project.command(smi).args(query)).context(none)?;
    let Some(first) = printed.lines().next().filter(|line| !line.trim().is_empty()) else { bail!(none) };
    Ok(first.trim().to_owned())
}

/// Path of the program: prebuilt, or built here.
fn program(project: &Project) -> Result<PathBuf> {
    if let Some(carried) = std::env::var_os(CARRIED) {
        let carried = std::path::absolute(&carried).context(CARRIED)?;
        anyhow::ensure!(carried.is_file(), "{CARRIED} is {}, where no file is", carried.display());
        return Ok(carried);
    }
    let build = ["build", "--release", "--locked", "-p", "latentscope-trainer", "--bin", "latentscope"];
    execute(project.cargo().args(build).args(["--features", "cuda"])).with_context(|| {
        format!(
            "the build needs the CUDA toolkit (docs/cuda.md); {CARRIED}=PATH takes a program built elsewhere"
        )
    })?;
    Ok(project.target.join("release/latentscope"))
}
