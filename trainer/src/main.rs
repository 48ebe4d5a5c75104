//! The command line `latentscope`.

mod cli;
mod log;

use std::io::IsTerminal;
use std::process::ExitCode;

use clap::Parser;
use mimalloc::MiMalloc;

/// Every step frees and allocates the same megabytes; the system's allocator hands them back to the
/// kernel, which clears each page again.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    one_candle_thread();
    tracing_subscriber::fmt()
        .with_writer(log::Writer::default)
        .log_internal_errors(false)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false)
        .without_time()
        .init();
    match cli::Cli::parse().run() {
        Ok(code) => code,
        Err(error) => {
            tracing::error!("{}", cli::sentence(&error));
            ExitCode::FAILURE
        }
    }
}

/// Keeps candle from starting threads of its own, which would compete with those that the layers run on
/// and wait for each other in loops. `CANDLE_NUM_THREADS`, if it is set, decides.
fn one_candle_thread() {
    const THREADS: &str = "CANDLE_NUM_THREADS";
    if std::env::var_os(THREADS).is_none() {
        // SAFETY: `main` calls this first, when no other thread can read the environment.
        #[allow(unsafe_code)]
        unsafe {
            std::env::set_var(THREADS, "1");
        }
    }
}
