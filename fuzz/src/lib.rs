//! Fuzzing with damaged files.
//!
//! A test calls [`explore`] with intact files and a closure that reads a file. In `cargo test`, the
//! closure gets the same [`QUICK`] mutants each time. If the environment variable [`SECONDS`] is set, as
//! by `cargo xtask fuzz`, it gets as many as fit into the time, from the number in [`FROM`] on.

mod mutate;

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::PathBuf;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

pub use mutate::mutant;

/// Mutants per target in `cargo test`.
pub const QUICK: u64 = 200;
/// Name of the environment variable with the seconds per target.
pub const SECONDS: &str = "LATENTSCOPE_FUZZ_SECONDS";
/// Name of the environment variable with the number of the first mutant, to continue an earlier run.
pub const FROM: &str = "LATENTSCOPE_FUZZ_FROM";
/// Time limit per mutant.
const PATIENCE: Duration = Duration::from_secs(60);

/// Passes mutants of `seeds` to `read`, which panics if it finds a fault. The mutant at fault is saved to
/// the temporary folder, and its path is printed.
///
/// # Panics
/// If `read` panics. The process ends if a mutant takes over a minute.
pub fn explore(target: &str, seeds: &[Vec<u8>], read: impl Fn(&[u8])) {
    let limit = variable(SECONDS).map(Duration::from_secs);
    let first = limit.and_then(|_| variable(FROM)).unwrap_or(0);
    let began = Instant::now();
    let (told, heard) = channel::<PathBuf>();
    let watch = std::thread::spawn(move || {
        // The watcher gets each mutant's path before the mutant is read; silence after that means a hang.
        let mut last = None;
        loop {
            match heard.recv_timeout(PATIENCE) {
                Ok(path) => last = Some(path),
                Err(RecvTimeoutError::Disconnected) => return,
                Err(RecvTimeoutError::Timeout) => {
                    println!("no end of reading {}", last.unwrap_or_default().display());
                    std::process::abort();
                }
            }
        }
    });
    let kept = std::env::temp_dir().join(format!("latentscope-fuzz-{target}-{}", std::process::id()));
    let mut number = first;
    while limit.map_or(number < QUICK, |limit| began.elapsed() < limit) {
        let bytes = mutant(seeds, number);
        // Writes the mutant to disk first, in case the fault ends the process.
        if limit.is_some() {
            std::fs::write(&kept, &bytes).expect("the folder for temporary files");
        }
        told.send(kept.clone()).expect("the watch goes on");
        if let Err(fault) = catch_unwind(AssertUnwindSafe(|| read(&bytes))) {
            std::fs::write(&kept, &bytes).expect("the folder for temporary files");
            println!("{target}: mutant {number} is at fault, {}", kept.display());
            resume_unwind(fault);
        }
        number += 1;
    }
    drop(told);
    watch.join().expect("the watch ends");
    if limit.is_some() {
        std::fs::remove_file(&kept).expect("the last mutant");
    }
    let seconds = began.elapsed().as_secs_f64();
    println!("{target}: {} mutants from {first} on in {seconds:.0} s, no fault", number - first);
}

fn variable(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}
