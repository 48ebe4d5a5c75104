//! Decides when a run ends.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use super::End;
use super::fit::Fit;

/// Conditions that stop a run before its last step.
#[derive(Debug)]
pub struct Limits<'a> {
    /// Set to stop the run, for example by Ctrl-C.
    pub stop: &'a AtomicBool,
    /// Time limit of this call in seconds, including loading.
    pub seconds: Option<f64>,
    /// Whether to reduce the number of steps, and with it the learning rate schedule, to fit the time
    /// limit.
    pub fit: bool,
}

/// The limits of a run, with the time since it was started.
pub(super) struct Stopping<'a> {
    limits: &'a Limits<'a>,
    started: Instant,
    fit: Option<Fit>,
}

impl<'a> Stopping<'a> {
    /// Starts the clock of a run.
    pub(super) fn new(limits: &'a Limits<'a>) -> Self {
        let fit = limits.seconds.filter(|_| limits.fit).map(Fit::new);
        Self { limits, started: Instant::now(), fit }
    }

    /// Returns the number of steps that fit the time limit, if that is fewer than `steps`. It is known once, after
    /// some steps.
    pub(super) fn fewer_steps(&mut self, step: u64, steps: u64) -> Option<u64> {
        let seconds = self.seconds();
        let fitting = self.fit.as_mut()?.last_step(step, seconds)?;
        (fitting < steps).then_some(fitting)
    }

    /// Returns how the run ends after `step` of `steps`, or `None` if it goes on.
    pub(super) fn end(&self, step: u64, steps: u64) -> Option<End> {
        let late = self.limits.seconds.is_some_and(|limit| self.seconds() >= limit);
        if step == steps {
            Some(End::Finished)
        } else if late || self.limits.stop.load(Ordering::Relaxed) {
            Some(End::Stopped)
        } else {
            None
        }
    }

    fn seconds(&self) -> f64 {
        self.started.elapsed().as_secs_f64()
    }
}
