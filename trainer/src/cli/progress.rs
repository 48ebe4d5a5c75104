//! Shows the progress of training: a bar on a terminal, log lines elsewhere.

use std::time::{Duration, Instant};

use indicatif::{HumanDuration, ProgressBar, ProgressStyle};
use trainer::train::{Line, Observer};

/// Shows the progress of a run and the remaining time.
pub(super) struct Progress {
    bar: ProgressBar,
    began: Instant,
    first: u64,
    /// Time limit of the run.
    limit: Option<Duration>,
}

impl Progress {
    /// Creates the bar of a run with a time `limit`.
    pub(super) fn new(limit: Option<Duration>) -> Self {
        Self { bar: ProgressBar::new(0), began: Instant::now(), first: 0, limit }
    }

    /// Removes the bar.
    pub(super) fn clear(&self) {
        self.bar.finish_and_clear();
    }

    fn left(&self, step: u64) -> Duration {
        let steps = self.bar.length().unwrap_or(step);
        time_left(self.began.elapsed(), step - self.first, steps - step, self.limit)
    }
}

/// Remaining time of a run that took `done` steps in the time `spent` and has `rest` steps left.
fn time_left(spent: Duration, done: u64, rest: u64, limit: Option<Duration>) -> Duration {
    let needed = spent.as_secs_f64() / done.max(1) as f64 * rest as f64;
    let needed = Duration::try_from_secs_f64(needed).unwrap_or(Duration::MAX);
    limit.map_or(needed, |limit| needed.min(limit.saturating_sub(spent)))
}

impl Observer for Progress {
    fn started(&mut self, step: u64, steps: u64) {
        self.bar = ProgressBar::new(steps);
        if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} · {msg}") {
            self.bar.set_style(style);
        }
        self.bar.set_position(step);
        (self.began, self.first) = (Instant::now(), step);
    }

    fn progressed(&mut self, line: &Line) {
        let message = format!(
            "loss {:.1} · reconstruction {:.1} · KL {:.1} · {:.0} images/s · {:#} left",
            line.loss,
            line.reconstruction,
            line.kl,
            line.images_per_second,
            HumanDuration(self.left(line.step))
        );
        self.bar.set_position(line.step);
        if self.bar.is_hidden() {
            tracing::info!("step {}/{} · {message}", line.step, self.bar.length().unwrap_or(0));
        }
        self.bar.set_message(message);
    }

    fn warned(&mut self, message: &str) {
        self.bar.suspend(|| tracing::warn!("{message}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_remaining_time_is_limited_by_steps_and_by_the_time_limit() {
        let [spent, minute] = [10, 60].map(Duration::from_secs);
        assert_eq!(time_left(spent, 100, 300, None), Duration::from_secs(30));
        assert_eq!(time_left(spent, 100, 300, Some(minute)), Duration::from_secs(30));
        assert_eq!(time_left(spent, 100, 9000, Some(minute)), Duration::from_secs(50));
        assert_eq!(time_left(minute, 100, 9000, Some(spent)), Duration::ZERO);
        assert_eq!(time_left(Duration::ZERO, 0, 5, None), Duration::ZERO);
    }
}
