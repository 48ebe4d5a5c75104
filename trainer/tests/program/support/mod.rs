//! Runs the binary on a tiny network.

use std::path::Path;
use std::process::{Command, Output, Stdio};

pub(crate) type Outcome = Result<(), Box<dyn std::error::Error>>;

/// A configuration whose run takes less than a second.
const TINY: &str = "name = 'tiny'
dataset = 'sprites'
[objective]
kind = 'beta'
beta = 2.0
[model]
channels = [4, 4, 4, 4]
hidden = 16
[train]
steps = 12
batch = 8
learning_rate = 1e-3
checkpoint_every = 4
log_every = 2
card_samples = 64
";

/// `latentscope` with `arguments`, run in `folder`.
pub(crate) fn latentscope(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_latentscope"));
    command.args(arguments).current_dir(folder).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Creates a folder with `tiny.toml`.
pub(crate) fn folder() -> std::io::Result<tempfile::TempDir> {
    let folder = tempfile::tempdir()?;
    std::fs::write(folder.path().join("tiny.toml"), TINY)?;
    Ok(folder)
}

/// Runs a command that must succeed; returns its standard output.
pub(crate) fn succeeds(folder: &Path, arguments: &[&str]) -> std::io::Result<String> {
    let output = latentscope(folder, arguments).output()?;
    assert!(output.status.success(), "{arguments:?}: {}", errors(&output));
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Runs a command that must fail without a panic; returns its standard error.
pub(crate) fn fails(folder: &Path, arguments: &[&str]) -> std::io::Result<String> {
    let output = latentscope(folder, arguments).output()?;
    let message = errors(&output);
    assert!(output.status.code().is_some_and(|code| code != 0), "{arguments:?} succeeded");
    assert!(!message.contains("panicked"), "{message}");
    Ok(message)
}

/// Standard error as text.
pub(crate) fn errors(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Trains `tiny.toml` in `folder`/run with further arguments.
pub(crate) fn train(folder: &Path, further: &[&str]) -> std::io::Result<String> {
    succeeds(folder, &[&["train", "--config", "tiny.toml", "--out", "run"], further].concat())
}
