//! When a run stops before its last step.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

/// When to stop before the last step.
#[derive(Debug)]
pub struct Limits<'a> {
    /// Set by ctrl-C.
    pub stop: &'a AtomicBool,
    /// Seconds that this call may take, loading included.
    pub seconds: Option<f64>,
    /// Whether to take no more steps than fit into the seconds, and let the schedule end with them.
    pub fit: bool,
}

impl Limits<'_> {
    /// Whether a run that was `called` then must stop now.
    pub(super) fn reached(&self, called: Instant) -> bool {
        let late = |seconds| called.elapsed().as_secs_f64() >= seconds;
        self.stop.load(Ordering::Relaxed) || self.seconds.is_some_and(late)
    }
}
