//! The command line. One file a command.

mod export;
mod train;

use clap::{Parser, Subcommand};

/// Trains, measures and exports Latentscope's autoencoders.
#[derive(Debug, Parser)]
#[command(name = "latentscope", version)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Train a model and export it.
    Train(train::Args),
    /// Write the weights file of a run's newest checkpoint.
    Export(export::Args),
}

impl Cli {
    /// Runs the command.
    ///
    /// # Errors
    /// A chain that reads as one sentence.
    pub(crate) fn run(self) -> anyhow::Result<std::process::ExitCode> {
        match self.command {
            Command::Train(args) => train::run(args),
            Command::Export(args) => export::run(args).map(|()| std::process::ExitCode::SUCCESS),
        }
    }
}
