//! Runs all tests: native, wasm in headless Chromium, and the page, after [`lint`].

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, bail};
use fs_err as fs;
use serde_json::json;

use crate::lint::WASM_CRATES;
use crate::project::{Project, not_started, quote};
use crate::setup::{Chromium, vulkan};
use crate::step::{say, seconds};
use crate::{dist, lint, manifest, page, setup};

/// Flags that enable Chromium's software adapter on machines without a GPU.
const WEBGPU: [&str; 2] = ["enable-unsafe-webgpu", "enable-unsafe-swiftshader"];

/// Numbers of tests, from the output of the runners.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Tally {
    passed: u64,
    failed: u64,
}

pub(crate) fn run(project: &Project) -> Result<()> {
    let start = Instant::now();
    let chromium = setup::everything(project)?;
    let mut tally = Tally::default();
    let outcome = parts(project, &chromium, &mut tally);
    let Tally { passed, failed } = tally;
    say(format_args!("\n{passed} passed, {failed} failed in {}", seconds(start.elapsed())));
    outcome
}

fn parts(project: &Project, chromium: &Chromium, tally: &mut Tally) -> Result<()> {
    part("lint", || lint::run(project))?;
    part("native", || count(&mut native(project, chromium), tally))?;
    part("wasm in Chromium", || count(&mut wasm(project, chromium)?, tally))?;
    part("page", || {
        page::ensure(project)?;
        manifest::write(project, None)?;
        dist::weigh(&project.page())?;
        page_tests(project, chromium, tally)
    })
}

fn part(name: &str, work: impl FnOnce() -> Result<()>) -> Result<()> {
    say(format_args!("\nTests: {name}"));
    let start = Instant::now();
    work().with_context(|| format!("the tests `{name}` failed"))?;
    say(format_args!("Tests: {name} took {}", seconds(start.elapsed())));
    Ok(())
}

fn native(project: &Project, chromium: &Chromium) -> Command {
    let mut cargo = project.cargo();
    cargo.args(["test", "--workspace", "--locked", "--no-fail-fast"]);
    vulkan::configure(chromium, &mut cargo);
    cargo
}

fn wasm(project: &Project, chromium: &Chromium) -> Result<Command> {
    // The runner adds what a headless test needs; the browser's path is configured here.
    let capabilities = project.tools().join("webdriver.json");
    let options = json!({ "binary": chromium.browser, "args": WEBGPU });
    let browser = json!({ "goog:chromeOptions": options });
    fs::write(&capabilities, browser.to_string())?;
    let mut cargo = project.cargo();
    cargo
        .args(["test", "--locked", "--no-fail-fast", "--target", "wasm32-unknown-unknown"])
        .args(WASM_CRATES.iter().flat_map(|name| ["--package", name]))
        .args(["--lib", "--tests"])
        .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER", "wasm-bindgen-test-runner")
        .env("WASM_BINDGEN_TEST_ONLY_WEB", "1")
        .env("WASM_BINDGEN_TEST_WEBDRIVER_JSON", capabilities)
        .env("CHROMEDRIVER", &chromium.driver);
    Ok(cargo)
}

/// Runs the page's tests, file by file.
fn page_tests(project: &Project, chromium: &Chromium, tally: &mut Tally) -> Result<()> {
    let folder = project.root.join("tests/page");
    let mut files: Vec<_> = fs::read_dir(&folder)?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.to_string_lossy().ends_with(".test.mjs"))
        .collect();
    files.sort();
    if files.is_empty() {
        bail!("{} holds no *.test.mjs", folder.display());
    }
    let (mut unsteady, mut failed) = (Vec::new(), Vec::new());
    for file in &files {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        let outcome = twice(&name, tally, |tally| {
            let mut node = project.command("node");
            // A failed test may have left a host or browser running, which would keep its process alive.
            node.args(["--test", "--test-reporter=spec", "--test-concurrency=1"])
                .args(["--test-force-exit", "--test-timeout=300000"])
                .arg(file)
                .env("DIST", project.page())
                .env("CHROMIUM", &chromium.browser);
            count(&mut node, tally)
        });
        match outcome {
            Ok(Try::First) => {}
            Ok(Try::Second) => unsteady.push(name),
            Err(error) => {
                say(format_args!("{name} failed twice: {error:#}"));
                failed.push(name);
            }
        }
    }
    for name in unsteady {
        say(format_args!("{name} passed at the second try (unsteady)"));
    }
    if !failed.is_empty() {
        bail!("{} failed twice", failed.join(", "));
    }
    Ok(())
}

/// The try at which tests passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Try {
    First,
    Second,
}

/// Runs tests, and once more if they fail: a browser on a busy machine can fail without a fault of the
/// page. The tally counts the last try.
fn twice(name: &str, tally: &mut Tally, mut run: impl FnMut(&mut Tally) -> Result<()>) -> Result<Try> {
    let before = *tally;
    let Err(error) = run(tally) else { return Ok(Try::First) };
    *tally = before;
    say(format_args!("{name} failed and runs once more: {error:#}"));
    run(tally)?;
    Ok(Try::Second)
}

/// Runs a command, shows its output, and counts the tests that it reports.
fn count(command: &mut Command, tally: &mut Tally) -> Result<()> {
    let mut child = command.stdout(Stdio::piped()).spawn().with_context(|| not_started(command))?;
    let mut here = Tally::default();
    if let Some(stdout) = child.stdout.take() {
        for line in BufReader::new(stdout).split(b'\n') {
            let line = String::from_utf8_lossy(&line?).into_owned();
            here.add(&line);
            say(line);
        }
    }
    let status = child.wait()?;
    tally.passed += here.passed;
    tally.failed += here.failed;
    if !status.success() || here.failed > 0 {
        bail!("`{}` failed ({status})", quote(command));
    }
    if here.passed == 0 {
        bail!("`{}` ran no test", quote(command));
    }
    Ok(())
}

impl Tally {
    /// Adds the counts in a line: libtest's `test result: ok. 3 passed; 0 failed; …`, or node's
    /// `ℹ pass 3` and `ℹ fail 0`.
    fn add(&mut self, line: &str) {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            ["test", "result:", _, passed, "passed;", failed, "failed;", ..] => {
                self.passed += passed.parse().unwrap_or(0);
                self.failed += failed.parse().unwrap_or(0);
            }
            ["ℹ", "pass", passed] => self.passed += passed.parse().unwrap_or(0),
            ["ℹ", "fail" | "cancelled", failed] => self.failed += failed.parse().unwrap_or(0),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_runners_report_is_counted() {
        let mut tally = Tally::default();
        for line in [
            "running 3 tests",
            "test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.1s",
            "test result: FAILED. 1 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out",
            "ℹ tests 5",
            "ℹ pass 4",
            "ℹ fail 1",
        ] {
            tally.add(line);
        }
        assert_eq!(tally, Tally { passed: 8, failed: 3 });
    }

    #[test]
    fn tests_that_fail_once_are_unsteady_and_those_that_fail_twice_fail() -> Result<()> {
        let mut tally = Tally { passed: 5, failed: 0 };
        let run = |tally: &mut Tally, script: &str| count(Command::new("sh").args(["-c", script]), tally);
        let steady = twice("a.test.mjs", &mut tally, |tally| run(tally, "echo 'ℹ pass 2'"))?;
        let folder = tempfile::tempdir()?;
        let again = folder.path().join("again");
        let script = format!(
            "if [ -e {0} ]; then echo 'ℹ pass 1'; else touch {0}; echo 'ℹ fail 1'; exit 1; fi",
            again.display()
        );
        let unsteady = twice("b.test.mjs", &mut tally, |tally| run(tally, &script))?;
        assert_eq!((steady, unsteady, tally), (Try::First, Try::Second, Tally { passed: 8, failed: 0 }));
        assert!(twice("c.test.mjs", &mut tally, |tally| run(tally, "echo 'ℹ fail 1'; exit 1")).is_err());
        assert_eq!(tally, Tally { passed: 8, failed: 1 });
        Ok(())
    }

    #[test]
    fn a_part_without_tests_or_with_a_failure_is_an_error() {
        let mut tally = Tally::default();
        let mut shell = |script: &str| {
            let error = count(Command::new("sh").args(["-c", script]), &mut tally).expect_err(script);
            error.to_string()
        };
        assert!(shell("true").contains("ran no test"));
        assert!(shell("echo 'test result: ok. 1 passed; 0 failed;'; exit 3").contains("failed"));
        assert!(shell("echo 'ℹ fail 1'").contains("failed"));
        assert_eq!(tally, Tally { passed: 1, failed: 1 });
    }
}
