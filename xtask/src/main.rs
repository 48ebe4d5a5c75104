//! Project chores; `cargo xtask help` lists them.

mod bench;
mod card;
mod cli;
mod demo;
mod dist;
mod files;
mod footer;
mod fresh;
mod fuzz;
mod glue;
mod golden;
mod gpu;
mod integrity;
mod lint;
mod manifest;
mod module;
mod notices;
mod offline;
mod page;
mod pkg;
mod poster;
mod project;
mod screenshots;
mod serve;
mod setup;
mod step;
mod styles;
mod sums;
mod tables;
mod test;

use std::process::ExitCode;

use cli::Task;
use project::Project;

fn main() -> ExitCode {
    match cli::parse(std::env::args_os().skip(1)).and_then(run) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Child processes write to the same terminal, so the error starts on a new line.
            step::print_error(&format!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn run(task: Task) -> anyhow::Result<()> {
    let project = Project::locate()?;
    match task {
        Task::Help => {
            step::say(cli::HELP);
            Ok(())
        }
        Task::Setup => setup::everything(&project).map(drop),
        Task::Demo(options) => demo::run(&project, &options),
        Task::Test => test::run(&project),
        Task::Fuzz(options) => fuzz::run(&project, &options),
        Task::Lint => lint::run(&project),
        Task::Bench(options) => bench::run(&project, &options),
        Task::Gpu(options) => gpu::run(&project, &options),
        Task::Dist => dist::run(&project),
        Task::Pkg => pkg::run(&project),
        Task::Poster => poster::run(&project),
        Task::Golden => golden::run(&project),
        Task::Screenshots => screenshots::run(&project),
        Task::Tables => tables::run(&project),
    }
}
