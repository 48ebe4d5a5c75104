//! Paths of the project, and running commands.

use std::env;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

/// The checkout, and the folders that builds write to.
#[derive(Clone, Debug)]
pub(crate) struct Project {
    /// Root of the workspace.
    pub(crate) root: PathBuf,
    /// Target folder of cargo.
    pub(crate) target: PathBuf,
}

impl Project {
    /// Finds the checkout that this program was built from.
    pub(crate) fn locate() -> Result<Self> {
        let manifest = env::var_os("CARGO_MANIFEST_DIR").unwrap_or(env!("CARGO_MANIFEST_DIR").into());
        let root = Path::new(&manifest).parent().context("the xtask crate lies in no workspace")?;
        let target = match env::var_os("CARGO_TARGET_DIR") {
            Some(folder) => std::path::absolute(folder).context("CARGO_TARGET_DIR")?,
            None => root.join("target"),
        };
        Ok(Self { root: root.to_owned(), target })
    }

    /// Folder of the tools that the set-up built, which are in `bin/`.
    pub(crate) fn tools(&self) -> PathBuf {
        self.target.join("tools")
    }

    /// Folder of the built page.
    pub(crate) fn page(&self) -> PathBuf {
        self.root.join("dist")
    }

    /// Folders in which tools are searched: the project's, then those on the PATH.
    pub(crate) fn search_path(&self) -> Vec<PathBuf> {
        let ours = [self.tools().join("bin"), self.root.join("node_modules/.bin")];
        let path = env::var_os("PATH").unwrap_or_default();
        ours.into_iter().chain(env::split_paths(&path)).collect()
    }

    /// A command that runs in the workspace's root and finds the project's tools.
    pub(crate) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.root).stdin(Stdio::null());
        if let Ok(path) = env::join_paths(self.search_path()) {
            command.env("PATH", path);
        }
        if env::var_os("CARGO_TARGET_DIR").is_some() {
            command.env("CARGO_TARGET_DIR", &self.target);
        }
        command
    }

    /// The cargo that runs this program.
    pub(crate) fn cargo(&self) -> Command {
        self.command(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
    }
}

/// Runs a command and waits for it; failures return an error that quotes the command.
pub(crate) fn execute(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| not_started(command))?;
    if !status.success() {
        bail!("`{}` failed ({status})", quote(command));
    }
    Ok(())
}

/// Runs a command and returns its standard output.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let output = command.output().with_context(|| not_started(command))?;
    if !output.status.success() {
        let errors = String::from_utf8_lossy(&output.stderr);
        bail!("`{}` failed ({})\n{}", quote(command), output.status, errors.trim_end());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The first file in `folders` that could be the program.
pub(crate) fn find(folders: &[PathBuf], program: &str) -> Option<PathBuf> {
    let name = format!("{program}{}", env::consts::EXE_SUFFIX);
    folders.iter().map(|folder| folder.join(&name)).find(|path| path.is_file())
}

pub(crate) fn not_started(command: &Command) -> String {
    format!("`{}` could not be started", command.get_program().to_string_lossy())
}

/// The command as one would type it.
pub(crate) fn quote(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let words: Vec<_> = words.map(|word| word.to_string_lossy()).collect();
    // No argument holds NUL, the only thing that can't be quoted.
    shlex::try_join(words.iter().map(AsRef::as_ref)).unwrap_or_else(|_| words.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_command_is_quoted() {
        let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        command.arg("no-such-subcommand").stderr(Stdio::null());
        let error = execute(&mut command).expect_err("it can't succeed").to_string();
        assert!(error.contains("no-such-subcommand"), "{error}");
    }

    #[test]
    fn a_command_is_quoted_for_the_shell() {
        let mut command = Command::new("cargo");
        command.args(["test", "", "it's a name"]);
        assert_eq!(quote(&command), "cargo test '' \"it's a name\"");
    }

    #[test]
    fn a_missing_program_is_named() {
        let error = execute(&mut Command::new("latentscope-no-such-program")).expect_err("it can't start");
        assert!(error.to_string().contains("latentscope-no-such-program"), "{error}");
    }
}
