//! Damages files, and shows each damaged one to what reads it.
//!
//! A test calls [`explore`] with intact files and a closure that reads one. In `cargo test` it sees
//! [`QUICK`] mutants, the same ones each time; with [`SECONDS`] in the environment, as `cargo xtask fuzz`
//! sets it, as many as fit into the time.

mod mutate;

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::PathBuf;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

pub use mutate::mutant;

/// Mutants that a target sees in `cargo test`.
pub const QUICK: u64 = 200;
/// Environment variable: seconds that each target is explored for.
pub const SECONDS: &str = "LATENTSCOPE_FUZZ_SECONDS";
/// Longest time that one mutant may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// Shows mutants of `seeds` to `read`, which panics where it finds a fault. The mutant at fault is kept in the
/// folder for temporary files and named.
///
/// # Panics
/// If `read` does. A mutant that takes over a minute ends the process.
pub fn explore(target: &str, seeds: &[Vec<u8>], read: impl Fn(&[u8])) {
    let limit = std::env::var(SECONDS).ok().and_then(|text| text.parse().ok()).map(Duration::from_secs);
    let began = Instant::now();
    let (told, heard) = channel::<PathBuf>();
    let watch = std::thread::spawn(move || {
        // A mutant's file is told before it is read; silence after it is a hang.
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
    let mut number = 0;
    while limit.map_or(number < QUICK, |limit| began.elapsed() < limit) {
        let bytes = mutant(seeds, number);
        // On disk before it is read, for a fault that ends the process.
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
    println!("{target}: {number} mutants in {:.0} s", began.elapsed().as_secs_f64());
}
