//! A value that a GPU callback provides to a waiting task.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};

/// Storage for the value; clones share it.
pub(super) struct Signal<T>(Arc<Mutex<Slot<T>>>);

struct Slot<T> {
    value: Option<T>,
    waiting: Vec<Waker>,
}

impl<T> Clone for Signal<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T> std::fmt::Debug for Signal<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Signal")
    }
}

impl<T: Clone> Signal<T> {
    pub(super) fn new() -> Self {
        Self(Arc::new(Mutex::new(Slot { value: None, waiting: Vec::new() })))
    }

    /// Sends the value; only the first one is kept.
    pub(super) fn send(&self, value: T) {
        let mut slot = self.lock();
        slot.value.get_or_insert(value);
        slot.waiting.drain(..).for_each(Waker::wake);
    }

    /// Waits for the value.
    pub(super) async fn receive(&self) -> T {
        std::future::poll_fn(|context| {
            let mut slot = self.lock();
            if let Some(value) = &slot.value {
                return Poll::Ready(value.clone());
            }
            slot.waiting.push(context.waker().clone());
            Poll::Pending
        })
        .await
    }

    fn lock(&self) -> MutexGuard<'_, Slot<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::thread;

    #[test]
    fn the_first_value_reaches_all_who_wait() {
        let signal = Signal::new();
        let other = signal.clone();
        let waiting = thread::spawn(move || pollster::block_on(other.receive()));
        signal.send(7);
        signal.send(8);
        assert_eq!(waiting.join().ok(), Some(7));
        assert_eq!(pollster::block_on(signal.receive()), 7);
    }
}
