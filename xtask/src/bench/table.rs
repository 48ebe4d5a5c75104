//! Results of a benchmark: medians and ranges over rounds, as a table and as JSON.

use std::fs;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::project::Project;
use crate::step::say;

/// Results of one contender, one value per round.
#[derive(Clone, Debug, Default)]
pub(super) struct Series {
    /// Name of the contender.
    pub(super) name: &'static str,
    /// Units per second of wall-clock time.
    pub(super) rates: Vec<f64>,
    /// Units per second of processor time, if known.
    pub(super) per_cpu_second: Vec<f64>,
    /// Peak memory in MiB, if the system reports it.
    pub(super) peak_mib: Option<f64>,
}

impl Series {
    pub(super) fn rate(&self) -> f64 {
        median(&self.rates)
    }

    /// Keeps the maximum of the peaks.
    pub(super) fn remember_peak(&mut self, mib: Option<f64>) {
        self.peak_mib = self.peak_mib.into_iter().chain(mib).reduce(f64::max);
    }

    /// Lowest and highest rate.
    fn spread(&self) -> (f64, f64) {
        self.rates.iter().fold((f64::INFINITY, 0.0), |(low, high), &r| (low.min(r), high.max(r)))
    }

    pub(super) fn json(&self, ours: &Self) -> Value {
        let (low, high) = self.spread();
        json!({
            "name": self.name,
            "median": self.rate(),
            "lowest": low,
            "highest": high,
            "rounds": self.rates,
            "median_per_cpu_second": some_median(&self.per_cpu_second),
            "peak_mib": self.peak_mib,
            "our_ratio": ours.rate() / self.rate(),
        })
    }
}

/// The median; the mean of the middle two for an even number of values, NaN for none.
pub(super) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    match sorted.len() {
        0 => f64::NAN,
        n if n % 2 == 1 => sorted[n / 2],
        n => f64::midpoint(sorted[n / 2 - 1], sorted[n / 2]),
    }
}

fn some_median(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| median(values))
}

/// Prints the series, measured in `unit`; the first is Latentscope's.
pub(super) fn print(unit: &str, series: &[Series]) {
    say(format_args!("\n{unit}"));
    say(format_args!(
        "{:<40} {:>8} {:>17} {:>13} {:>8} {:>9}",
        "", "median", "lowest–highest", "a CPU-second", "MiB", "ours is"
    ));
    for s in series {
        let (low, high) = s.spread();
        let number = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), |v| format!("{v:.0}"));
        let ratio = series.first().map_or(f64::NAN, |ours| ours.rate() / s.rate());
        say(format_args!(
            "{:<40} {:>8.0} {:>17} {:>13} {:>8} {:>8.2}×",
            s.name,
            s.rate(),
            format!("{low:.0}–{high:.0}"),
            number(some_median(&s.per_cpu_second)),
            number(s.peak_mib),
            ratio
        ));
    }
}

/// Writes the series (the first is Latentscope's) and `more` to `target/bench/NAME.json`.
pub(super) fn save(project: &Project, name: &str, unit: &str, series: &[Series], more: Value) -> Result<()> {
    let ours = series.first().context("a benchmark without contenders")?;
    let contenders: Vec<Value> = series.iter().map(|s| s.json(ours)).collect();
    let record =
        json!({ "benchmark": name, "unit": unit, "cpu": cpu(), "contenders": contenders, "more": more });
    let path = super::save_record(project, name, &record)?;
    say(format_args!("\nwritten to {}", path.display()));
    Ok(())
}

/// Name of the processor, if the system reports it, and its number of cores.
pub(super) fn cpu() -> String {
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = info.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':'));
    let name = name.map_or(std::env::consts::ARCH, |(_, name)| name.trim());
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    format!("{name}, {cores} cores")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_are_middles() {
        assert_eq!(median(&[3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), 2.5);
        assert!(median(&[]).is_nan());
    }

    #[test]
    fn a_contender_half_as_fast_gives_a_ratio_of_two() {
        let series = |rate| Series { rates: vec![rate], ..Series::default() };
        let record = series(5.0).json(&series(10.0));
        assert_eq!(record["our_ratio"], 2.0);
        assert_eq!(record["peak_mib"], Value::Null);
    }
}
