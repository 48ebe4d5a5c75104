//! What the terminal shows: a line a step, with its name, its outcome and its time.
#![expect(clippy::print_stderr, reason = "this is the one place that writes to the terminal")]

use std::fmt::Display;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

/// Prints a line.
pub(crate) fn say(line: impl Display) {
    println!("{line}");
}

/// Prints the error that ends the task.
pub(crate) fn complain(sentence: &str) {
    eprintln!("error: {sentence}");
}

/// Does `work`, then prints the step's name, what `work` says came of it, and its time.
pub(crate) fn step(name: &str, work: impl FnOnce() -> Result<String>) -> Result<()> {
    let start = Instant::now();
    let outcome = work().with_context(|| format!("{name} failed"))?;
    say(format_args!("  {name:<14} {outcome:<58} {:>8}", seconds(start.elapsed())));
    Ok(())
}

/// Announces something long before it is done.
pub(crate) fn announce(name: &str, what: &str) {
    say(format_args!("  {name:<14} {what} …"));
}

/// A duration as people read it.
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
