//! Parallel map; sequential on wasm32, which has no threads.

/// Returns `work(0..count)` in order, computed on all cores.
#[cfg(not(target_arch = "wasm32"))]
pub(crate) fn map<T: Send>(count: usize, work: impl Fn(usize) -> T + Sync + Send) -> Vec<T> {
    use rayon::prelude::*;
    (0..count).into_par_iter().map(work).collect()
}

/// Returns `work(0..count)` in order.
#[cfg(target_arch = "wasm32")]
pub(crate) fn map<T>(count: usize, work: impl Fn(usize) -> T) -> Vec<T> {
    (0..count).map(work).collect()
}
