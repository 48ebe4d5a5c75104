//! Training steps on the CPU: two networks, against PyTorch and stock candle, and the cost of pairs.
//!
//! The dSprites network has convolutions 1-32-32-64-64 (k4 s2 p1), dense layers 1024-256-20 and a
//! mirrored decoder, with Bernoulli likelihood, KL, Adam and batch 64. The RGB network has 3-16-32-64-64
//! and 24 units, and is the same otherwise. Contenders take turns, round by round, each in its own
//! process.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::child::{Outcome, watch};
use super::python;
use super::table::{Series, cpu, print, save};
use crate::project::{Project, execute};
use crate::step::say;

const ROUNDS: usize = 5;
const THREADS: &str = "2";
/// Steps per round for Latentscope and PyTorch.
const STEPS: &str = "60";
/// Steps per round for stock candle, which is slow.
const FEW_STEPS: &str = "5";
const UNIT: &str = "images/s, batch 64, 2 threads";
/// Setting of a run with pairs, with all their terms.
const PAIRS: &str = "sparsity.transitions={ groups = 4, exchange = 1.0, purity = 5.0 }";

/// Multiply-adds per image in the encoder or decoder: four convolutions, two dense layers.
const FORWARD: f64 = (32 * 32 * 32 * 16
    + 16 * 16 * 32 * 16 * 32
    + 8 * 8 * 64 * 16 * 32
    + 4 * 4 * 64 * 16 * 64
    + 1024 * 256
    + 256 * 20) as f64;
/// Multiply-adds of the first convolution's input gradient, which is not needed.
const UNNEEDED: f64 = (32 * 32 * 32 * 16) as f64;
/// GFLOP per image in a training step: forward, input gradients, weight gradients.
pub(super) const GFLOP: f64 = 2e-9 * (3.0 * 2.0 * FORWARD - UNNEEDED);

pub(super) fn run(project: &Project) -> Result<()> {
    let (python, torch) = python::with_torch(project)?;
    let build = ["build", "--release", "--locked"];
    execute(project.cargo().args(build).args(["-p", "latentscope-model", "--example", "train_step"]))?;
    execute(project.cargo().args(build).args(["-p", "latentscope-trainer", "--bin", "latentscope"]))?;
    say(format_args!("{} · PyTorch {torch} · {ROUNDS} rounds", cpu()));

    let step = |contender: &str, steps: &str, network: &str| {
        let mut command = project.command(project.target.join("release/examples/train_step"));
        command.args([contender, steps, THREADS, network]);
        command
    };
    let script = project.root.join("xtask/src/bench/train.py");
    let pytorch = |layout: &str, network: &str| {
        let mut command = project.command(&python);
        command.arg(&script).args([STEPS, THREADS, layout, network]).env_remove("OPENBLAS_CORETYPE");
        command.env("PYTHONDONTWRITEBYTECODE", "1");
        command
    };
    let named = |name| Series { name, ..Series::default() };
    let mut series = [
        "ours",
        "PyTorch, channels first (its default)",
        "PyTorch, channels last",
        "stock candle",
        "ours, latentscope train on sprites",
    ]
    .map(named);
    let mut rgb = ["RGB, ours", "RGB, PyTorch, channels first", "RGB, PyTorch, channels last"].map(named);
    let mut paired = ["latentscope train on sprites", "the same with pairs"].map(named);
    let mut peak = Vec::new();
    for round in 0..ROUNDS {
        let steps = [
            step("fast", STEPS, "dsprites"),
            pytorch("channels-first", "dsprites"),
            pytorch("channels-last", "dsprites"),
            step("stock", FEW_STEPS, "dsprites"),
        ];
        for (series, mut command) in series.iter_mut().zip(steps) {
            record(series, &mut command)?;
        }
        let [.., real] = &mut series;
        train_for_real(project, real, &[])?;
        let steps =
            [step("fast", STEPS, "rgb"), pytorch("channels-first", "rgb"), pytorch("channels-last", "rgb")];
        for (series, mut command) in rgb.iter_mut().zip(steps) {
            record(series, &mut command)?;
        }
        let [without, with] = &mut paired;
        train_for_real(project, without, &[])?;
        train_for_real(project, with, &["--set", PAIRS])?;
        let Outcome { printed, .. } = watch(&mut step("gemm", "100", "dsprites"))?;
        peak.push(numbers(&printed)?[0]);
        let rates: Vec<String> = series
            .iter()
            .chain(&rgb)
            .chain(&paired)
            .flat_map(|s| s.rates.last())
            .map(|r| format!("{r:.0}"))
            .collect();
        say(format_args!("  round {}: {} images/s", round + 1, rates.join(" · ")));
    }
    print(UNIT, &series);
    print("the RGB network", &rgb);
    print("a step with pairs", &paired);
    let peak = super::table::median(&peak);
    let share = |series: &Series| 100.0 * GFLOP * series.rate() / peak;
    let [ours, pytorch, ..] = &series;
    say(format_args!(
        "\na step is {:.1} MFLOP an image; a plain 1024³ product reaches {peak:.0} GFLOP/s: \
         ours reaches {:.0} % of it, PyTorch {:.0} %",
        1e3 * GFLOP,
        share(ours),
        share(pytorch)
    ));
    let [.., real] = &series;
    let cost = 100.0 * (1.0 - real.rate() / ours.rate());
    say(format_args!(
        "drawing, batching, logging and checkpoints cost a real run {cost:.0} % of the fixed batch's images/s"
    ));
    let more = json!({
        "rgb": rgb.iter().map(|s| s.json(&rgb[0])).collect::<Vec<_>>(),
        "pairs": paired.iter().map(|s| s.json(&paired[0])).collect::<Vec<_>>(),
        "pytorch": torch,
        "peak_gflops": peak,
        "mflop_per_image": 1e3 * GFLOP,
        "share_of_peak_percent": share(ours),
        "real_run_cost_percent": cost,
    });
    save(project, "train", UNIT, &series, more)
}

/// Runs a contender that prints images per second, and optionally images per second of processor time.
fn record(series: &mut Series, command: &mut Command) -> Result<()> {
    let outcome = watch(command)?;
    let figures = numbers(&outcome.printed)?;
    series.rates.push(figures[0]);
    series.per_cpu_second.extend(figures.get(1));
    series.remember_peak(outcome.peak_mib);
    Ok(())
}

/// Runs all of `latentscope train`: data, log, checkpoints, export.
fn train_for_real(project: &Project, series: &mut Series, settings: &[&str]) -> Result<()> {
    let folder = empty_folder(project, "run")?;
    let mut command = project.command(project.target.join("release/latentscope"));
    command.args(["train", "--config", "configs/vae.toml", "--device", "cpu"]);
    command.args(["--steps", "200", "--batch", "64"]).args(settings).arg("--out").arg(&folder);
    let outcome = watch(command.env("RAYON_NUM_THREADS", THREADS))?;
    series.rates.push(logged_rate(&folder.join("metrics.jsonl"))?);
    series.remember_peak(outcome.peak_mib);
    Ok(())
}

/// An empty folder under `target/bench`.
pub(super) fn empty_folder(project: &Project, name: &str) -> Result<PathBuf> {
    let folder = project.target.join("bench").join(name);
    if folder.exists() {
        fs::remove_dir_all(&folder).with_context(|| format!("{} can't be deleted", folder.display()))?;
    }
    Ok(folder)
}

/// Images per second between the first and the last line of a run's log.
pub(super) fn logged_rate(log: &Path) -> Result<f64> {
    let text = fs::read_to_string(log).with_context(|| format!("{} can't be read", log.display()))?;
    let lines: Vec<Value> = text.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    let rates: Vec<f64> =
        lines.iter().skip(1).filter_map(|line| line["images_per_second"].as_f64()).collect();
    // Lines are the same number of steps apart, so the mean rate is the harmonic mean.
    let times: f64 = rates.iter().map(|rate| 1.0 / rate).sum();
    anyhow::ensure!(!rates.is_empty(), "{} holds too few lines to tell a rate", log.display());
    Ok(rates.len() as f64 / times)
}

pub(super) fn numbers(printed: &str) -> Result<Vec<f64>> {
    let figures: Vec<f64> = printed
        .split_whitespace()
        .map(|word| word.parse().with_context(|| format!("`{word}` is not a figure")))
        .collect::<Result<_>>()?;
    anyhow::ensure!(!figures.is_empty(), "a contender printed no figure");
    Ok(figures)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_costs_what_the_layers_add_up_to() {
        assert_eq!(FORWARD, 8_131_584.0);
        assert!((GFLOP - 0.0965).abs() < 1e-4, "{GFLOP}");
    }

    #[test]
    fn figures_are_read_and_anything_else_refused() {
        assert_eq!(numbers("12.5 600\n").expect("figures"), [12.5, 600.0]);
        assert!(numbers("fast").is_err());
        assert!(numbers("").is_err());
    }
}
