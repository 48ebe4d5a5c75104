//! The command line.

use std::ffi::OsString;

use anyhow::{Context, Result, bail};
use lexopt::prelude::*;

use crate::bench;
use crate::demo;
use crate::fuzz;
use crate::gpu;

pub(crate) const HELP: &str = "\
cargo xtask TASK

  demo          set up, train a model for about a minute, build the page and serve it
    --no-train    show the shipped models only
    --retrain     train again even if there is a model from an earlier demo
    --seconds N   train for N seconds (default 75)
    --port N      serve at port N (default 8080, or the next free port)
    --check       request the page and its models once, and exit
  test          set up, lint, then run every test: native, wasm in headless Chromium, the page
  fuzz SECONDS [TARGET]
                test every file reader, or TARGET only, with damaged files, for SECONDS each
    --from N      begin with mutant N, to continue an earlier run
  setup         install what demo and test need
  lint          run rustfmt, clippy (native and wasm32), rustdoc, cargo-deny and npm audit
  dist          build the page into dist/, write SHA256SUMS, and list what a visitor downloads
  pkg           build the npm package of the inference engine in pkg/
  bench NAME    run a benchmark: cuda, page, train or web
    --against DIR   page: measure another build of the page in turn, and print ratios
    --json          page: print all figures as JSON, in one line at the end
  gpu pack      pack the trainer into gpu/ for a machine with an NVIDIA GPU
    --out DIR       pack it into DIR
    --program PATH  pack a program that is already built
  golden        write new golden vectors of the shipped weights
  tables        write README's tables of scores from the shipped models' cards
  screenshots   take new pictures of the page for the README
  poster        make static/poster.webp: what the page shows until its models have come";

/// A task to run.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Task {
    Help,
    Setup,
    Demo(demo::Options),
    Test,
    Fuzz(fuzz::Options),
    Lint,
    Bench(bench::Options),
    Dist,
    Pkg,
    Poster,
    Golden,
    Gpu(gpu::Options),
    Screenshots,
    Tables,
}

/// Parses the arguments after `cargo xtask`.
pub(crate) fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Task> {
    let mut parser = lexopt::Parser::from_args(arguments);
    let Some(first) = parser.next()? else { return Ok(Task::Help) };
    let name = match first {
        Short('h') | Long("help") => return Ok(Task::Help),
        Value(name) => name.string()?,
        other => return Err(other.unexpected().into()),
    };
    let task = match name.as_str() {
        "help" => Task::Help,
        "setup" => Task::Setup,
        "demo" => return demo_options(&mut parser),
        "test" => Task::Test,
        "fuzz" => return fuzz_options(&mut parser),
        "lint" => Task::Lint,
        "bench" => return bench_options(&mut parser),
        "dist" => Task::Dist,
        "pkg" => Task::Pkg,
        "golden" => Task::Golden,
        "gpu" => return gpu_options(&mut parser),
        "poster" => Task::Poster,
        "screenshots" => Task::Screenshots,
        "tables" => Task::Tables,
        other => bail!("there is no task `{other}`; `cargo xtask help` lists them"),
    };
    match parser.next()? {
        None => Ok(task),
        Some(Short('h') | Long("help")) => Ok(Task::Help),
        Some(extra) => Err(extra.unexpected()).with_context(|| format!("`{name}` takes no such argument")),
    }
}

fn demo_options(parser: &mut lexopt::Parser) -> Result<Task> {
    let mut options = demo::Options::default();
    while let Some(argument) = parser.next()? {
        match argument {
            Long("no-train") => options.train = false,
            Long("retrain") => options.retrain = true,
            Long("check") => options.check = true,
            Long("port") => options.port = Some(parser.value()?.parse().context("--port")?),
            Long("seconds") => options.seconds = parser.value()?.parse().context("--seconds")?,
            Short('h') | Long("help") => return Ok(Task::Help),
            other => return Err(other.unexpected().into()),
        }
    }
    if options.retrain && !options.train {
        bail!("--retrain and --no-train contradict each other");
    }
    Ok(Task::Demo(options))
}

fn fuzz_options(parser: &mut lexopt::Parser) -> Result<Task> {
    let mut options = fuzz::Options::default();
    let seconds = parser.value().context("for how many seconds?")?;
    options.seconds = seconds.parse().context("SECONDS")?;
    while let Some(argument) = parser.next()? {
        match argument {
            Long("from") => options.from = parser.value()?.parse().context("--from")?,
            Short('h') | Long("help") => return Ok(Task::Help),
            Value(target) if options.target.is_empty() => options.target = target.string()?,
            other => return Err(other.unexpected().into()),
        }
    }
    Ok(Task::Fuzz(options))
}

fn bench_options(parser: &mut lexopt::Parser) -> Result<Task> {
    let name = parser.value().with_context(|| format!("which one? {}", bench::names()))?;
    let mut options = bench::Options { name: name.string()?, ..bench::Options::default() };
    while let Some(argument) = parser.next()? {
        match argument {
            Long("json") => options.json = true,
            Long("against") => options.against = Some(parser.value().context("--against")?.into()),
            Short('h') | Long("help") => return Ok(Task::Help),
            other => return Err(other.unexpected().into()),
        }
    }
    Ok(Task::Bench(options))
}

fn gpu_options(parser: &mut lexopt::Parser) -> Result<Task> {
    let what = "`gpu` has one task: pack";
    if parser.value().context(what)? != "pack" {
        bail!(what);
    }
    let mut options = gpu::Options::default();
    while let Some(argument) = parser.next()? {
        match argument {
            Long("program") => options.program = Some(parser.value()?.into()),
            Long("out") => options.out = Some(parser.value()?.into()),
            Short('h') | Long("help") => return Ok(Task::Help),
            other => return Err(other.unexpected().into()),
        }
    }
    Ok(Task::Gpu(options))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Task> {
        parse(line.split_whitespace().map(OsString::from))
    }

    fn error_of(line: &str) -> String {
        format!("{:#}", parsed(line).expect_err(line))
    }

    #[test]
    fn tasks_and_their_options_are_read() -> Result<()> {
        assert_eq!(parsed("")?, Task::Help);
        assert_eq!(parsed("test")?, Task::Test);
        assert_eq!(parsed("demo --help")?, Task::Help);
        let options = |target: &str, from| fuzz::Options { seconds: 30, target: target.into(), from };
        assert_eq!(parsed("fuzz 30")?, Task::Fuzz(options("", 0)));
        assert_eq!(parsed("fuzz 30 npz --from 900")?, Task::Fuzz(options("npz", 900)));
        let options = bench::Options { name: "train".into(), json: false, against: None };
        assert_eq!(parsed("bench train")?, Task::Bench(options));
        let options = bench::Options { name: "page".into(), json: true, against: Some("a/b".into()) };
        assert_eq!(parsed("bench page --against a/b --json")?, Task::Bench(options));
        let options = demo::Options { train: false, port: Some(9000), ..demo::Options::default() };
        assert_eq!(parsed("demo --no-train --port=9000")?, Task::Demo(options));
        let options = gpu::Options { program: Some("a/b".into()), out: None };
        assert_eq!(parsed("gpu pack --program a/b")?, Task::Gpu(options));
        Ok(())
    }

    #[test]
    fn a_wrong_argument_is_named() {
        assert!(error_of("tset").contains("tset"));
        assert!(error_of("test --fast").contains("--fast"));
        assert!(error_of("demo --port=70000").contains("70000"));
        assert!(error_of("demo --port").contains("--port"));
        assert!(error_of("bench").contains("which one"));
        assert!(error_of("bench page --against").contains("--against"));
        assert!(error_of("fuzz").contains("how many seconds"));
        assert!(error_of("fuzz long").contains("SECONDS"));
        assert!(error_of("fuzz 30 npz h5").contains("h5"));
        assert!(error_of("gpu").contains("pack"));
        assert!(error_of("gpu pack --program").contains("--program"));
        assert!(error_of("demo --retrain --no-train").contains("contradict"));
    }
}
