//! Runs a contender in its own process; records its output and peak memory.

use std::fs;
use std::io::Read;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::project::{not_started, quote};

/// Interval at which the memory of a running child is read.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Output and memory of a child process.
#[derive(Debug)]
pub(super) struct Outcome {
    /// Its standard output.
    pub(super) printed: String,
    /// Peak resident memory in MiB, if the system reports it (Linux).
    pub(super) peak_mib: Option<f64>,
}

/// Runs a command to its end; failures return an error that quotes the command.
pub(super) fn watch(command: &mut Command) -> Result<Outcome> {
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| not_started(command))?;
    let drain = |pipe: Option<Box<dyn Read + Send>>| {
        thread::spawn(move || {
            let mut text = Vec::new();
            // Output that can't be read is only missing from the error below.
            if let Some(mut pipe) = pipe {
                let _ = pipe.read_to_end(&mut text);
            }
            String::from_utf8_lossy(&text).into_owned()
        })
    };
    let printed = drain(child.stdout.take().map(|pipe| Box::new(pipe) as _));
    let complained = drain(child.stderr.take().map(|pipe| Box::new(pipe) as _));
    let mut peak_mib = None;
    let status = loop {
        peak_mib = peak(child.id()).or(peak_mib);
        if let Some(status) = child.try_wait().with_context(|| quote(command))? {
            break status;
        }
        thread::sleep(LOOK_EVERY);
    };
    let (printed, complained) = (printed.join().unwrap_or_default(), complained.join().unwrap_or_default());
    if !status.success() {
        bail!("`{}` failed ({status})\n{}", quote(command), complained.trim_end());
    }
    Ok(Outcome { printed, peak_mib })
}

/// Peak resident memory so far, in MiB.
fn peak(process: u32) -> Option<f64> {
    high_water(&fs::read_to_string(format!("/proc/{process}/status")).ok()?)
}

fn high_water(status: &str) -> Option<f64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: f64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib / 1024.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_high_water_mark_is_read() {
        assert_eq!(high_water("VmPeak:\t  99 kB\nVmHWM:\t  2048 kB\n"), Some(2.0));
        assert_eq!(high_water("VmPeak:\t  99 kB\n"), None);
    }

    #[test]
    fn a_childs_words_are_kept_and_its_failure_quoted() -> Result<()> {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        assert!(watch(Command::new(&cargo).arg("--version"))?.printed.starts_with("cargo"));
        let error = watch(Command::new(&cargo).arg("no-such-subcommand")).expect_err("it can't succeed");
        assert!(error.to_string().contains("no-such-subcommand"), "{error}");
        Ok(())
    }
}
