//! Terminal output: one line per step, with name, result and time.
#![expect(clippy::print_stderr, reason = "this is the one place that writes to the terminal")]

use std::fmt::Display;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

/// Prints a line.
pub(crate) fn say(line: impl Display) {
    println!("{line}");
}

/// Prints the error that ends the task.
pub(crate) fn print_error(sentence: &str) {
    eprintln!("error: {sentence}");
}

/// Runs `work`, then prints the step's name, the result and the time.
pub(crate) fn step(name: &str, work: impl FnOnce() -> Result<String>) -> Result<()> {
    let start = Instant::now();
    let outcome = work().with_context(|| format!("{name} failed"))?;
    say(format_args!("  {name:<14} {outcome:<58} {:>8}", seconds(start.elapsed())));
    Ok(())
}

/// Announces a long step.
pub(crate) fn announce(name: &str, what: &str) {
    say(format_args!("  {name:<14} {what} …"));
}

/// Formats a duration for people.
pub(crate) fn seconds(time: Duration) -> String {
    let whole = time.as_secs();
    if whole < 60 {
        format!("{:.1} s", time.as_secs_f64())
    } else {
        format!("{} min {:02} s", whole / 60, whole % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_read_well() {
        assert_eq!(seconds(Duration::from_millis(1260)), "1.3 s");
        assert_eq!(seconds(Duration::from_secs(61)), "1 min 01 s");
    }
}
