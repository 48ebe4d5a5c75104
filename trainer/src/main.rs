//! The command line `latentscope`.

mod cli;
mod log;

use std::io::IsTerminal;
use std::process::ExitCode;

use clap::Parser;
use mimalloc::MiMalloc;

/// Each step frees and allocates the same megabytes. The system's allocator would return them to the
/// kernel, which clears the pages each time.
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

/// Makes candle single-threaded, unless `CANDLE_NUM_THREADS` is set. Its threads would compete with those
/// of the layers and busy-wait for each other.
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
