//! Conditions that stop a run before its last step.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

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

impl Limits<'_> {
    /// Whether a run that started at `called` has to stop.
    pub(super) fn reached(&self, called: Instant) -> bool {
        let late = |seconds| called.elapsed().as_secs_f64() >= seconds;
        self.stop.load(Ordering::Relaxed) || self.seconds.is_some_and(late)
    }
}
