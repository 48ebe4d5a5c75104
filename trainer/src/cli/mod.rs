//! The command line. Each command has a file.

mod attributes;
mod ceilings;
mod components;
mod data;
mod decode;
mod device;
mod encode;
mod encoding;
mod evaluate;
mod export;
mod histogram;
mod import;
mod info;
mod metrics;
mod models;
mod print;
mod process_pool;
mod progress;
mod reconstruct;
mod report;
mod resume;
mod runs;
mod score;
mod scoring;
mod source;
mod sweep;
mod train;
mod traverse;
mod weights;
mod world;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

pub(crate) use print::sentence;

/// Trains, evaluates and exports variational autoencoders for Latentscope.
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
    /// Train and score every run of a study: methods × strengths × seeds.
    Sweep(sweep::Args),
    /// Train a list of configurations side by side within a time limit.
    Runs(runs::Args),
    /// Compare the methods of a sweep: tables and plots, as Markdown and HTML.
    Report(report::Args),
    /// Write a weights file from a run's newest checkpoint.
    Export(export::Args),
    /// Convert a model from PyTorch to a weights file that the page can show.
    Import(Box<import::Args>),
    /// Encode images and write their codes for other tools.
    Encode(encode::Args),
    /// Decode codes from any tool and write their images.
    Decode(decode::Args),
    /// Print models' cards: network, training, units and scores.
    Info(info::Args),
    /// Evaluate models on a sample of a data set.
    Evaluate(evaluate::Args),
    /// Add disentanglement metrics and the quality of generated images to models' cards.
    Score(score::Args),
    /// Score how well codes from any tool match factors of variation.
    Metrics(metrics::Args),
    /// Measure how well single units predict attributes of pictures, and what else changes with these units.
    Attributes(attributes::Args),
    /// Find factors of variation that parts of pictures have in common, without labels.
    Components(components::Args),
    /// Draw the traversal of each unit.
    Traverse(traverse::Args),
    /// Draw images above their reconstructions.
    Reconstruct(reconstruct::Args),
    /// Draw the histograms of μ and σ of each unit.
    Histogram(histogram::Args),
    /// List, describe and draw the worlds.
    #[command(subcommand)]
    World(world::Command),
    /// Prepare data sets of pictures for training, and inspect them.
    #[command(subcommand)]
    Data(data::Command),
    /// Check and time a device.
    #[command(hide = true)]
    Device(device::Args),
}

impl Cli {
    /// Runs the command.
    ///
    /// # Errors
    /// Returns an error whose causes, joined by [`sentence`], read as one sentence.
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        match self.command {
            Command::Train(args) => return train::run(args),
            Command::Sweep(args) => return sweep::run(&args),
            Command::Runs(args) => return runs::run(&args),
            Command::World(command) => return world::run(&command),
            Command::Data(command) => return data::run(&command),
            Command::Export(args) => export::run(args)?,
            Command::Import(args) => import::run(*args)?,
            Command::Encode(args) => encode::run(&args)?,
            Command::Decode(args) => decode::run(&args)?,
            Command::Attributes(args) => attributes::run(&args)?,
            Command::Components(args) => components::run(&args)?,
            Command::Info(args) => info::run(&args)?,
            Command::Evaluate(args) => evaluate::run(&args)?,
            Command::Report(args) => report::run(&args)?,
            Command::Score(args) => score::run(&args)?,
            Command::Metrics(args) => metrics::run(&args)?,
            Command::Traverse(args) => traverse::run(&args)?,
            Command::Reconstruct(args) => reconstruct::run(&args)?,
            Command::Histogram(args) => histogram::run(&args)?,
            Command::Device(args) => device::run(&args)?,
        }
        Ok(ExitCode::SUCCESS)
    }
}
