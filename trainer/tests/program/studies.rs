//! Studies with the binary: sweeps that are stopped, killed, resumed and reported.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::support::{Outcome, errors, fails, folder, latentscope, succeeds};
use trainer::train::Checkpoints;
use trainer::trained;

/// Two methods and two seeds, with a few steps of a tiny network, scored on a small part of the grid.
const STUDY: &str = "name = 'small <study>'
base = 'tiny.toml'
seeds = [0, 1]
[[method]]
name = 'vae'
set = { objective.beta = 1.0 }
[[method]]
name = 'beta'
vary = { key = 'objective.beta', values = [4.0] }
";
const RUNS: [&str; 4] = ["vae-s0", "vae-s1", "beta-beta4.0-s0", "beta-beta4.0-s1"];
const SWEEP: [&str; 9] =
    ["sweep", "s.toml", "--out", "study", "--jobs", "2", "--grid=2000", "--codes=600", "--generate=50"];

fn study(steps: u64) -> std::io::Result<tempfile::TempDir> {
    let folder = folder()?;
    let tiny = std::fs::read_to_string(folder.path().join("tiny.toml"))?;
    std::fs::write(folder.path().join("tiny.toml"), tiny.replace("steps = 12", &format!("steps = {steps}")))?;
    std::fs::write(folder.path().join("s.toml"), STUDY)?;
    Ok(folder)
}

/// Steps and MIG of each run.
fn results(here: &Path) -> Result<Vec<(u64, f64)>, Box<dyn std::error::Error>> {
    let run = |name: &&str| {
        let card = trained::read(&here.join("study").join(name))?.card;
        let mig = card.scores.iter().find(|score| score.metric == "mig").ok_or("no MIG")?;
        Ok((card.training.steps, mig.value))
    };
    RUNS.iter().map(run).collect()
}

#[cfg(unix)]
#[test]
fn a_sweep_that_was_stopped_and_killed_ends_with_the_same_weights_and_is_reported() -> Outcome {
    let folder = study(600)?;
    let here = folder.path();
    let sweep = latentscope(here, &SWEEP).spawn()?;
    while Checkpoints::of(&here.join("study/vae-s0")).steps()?.is_empty() {
        std::thread::sleep(Duration::from_millis(10));
    }
    assert!(Command::new("kill").args(["-INT", &sweep.id().to_string()]).status()?.success());
    let output = sweep.wait_with_output()?;
    assert_eq!(output.status.code(), Some(130), "{}", errors(&output));
    assert!(errors(&output).contains("run the same command to continue"), "{}", errors(&output));
    // A run is killed, as by a power cut.
    let one = [&SWEEP[..], &["--run", "vae-s1"]].concat();
    let mut child = latentscope(here, &one).spawn()?;
    std::thread::sleep(Duration::from_millis(100));
    child.kill()?;
    child.wait()?;
    succeeds(here, &SWEEP)?;
    let swept = results(here)?;
    assert!(swept.iter().all(|(steps, _)| *steps == 600), "{swept:?}");

    // The same run without interruption has the same score.
    let whole = [&SWEEP[..3], &["whole"], &SWEEP[4..], &["--run", "0"]].concat();
    succeeds(here, &whole)?;
    let card = trained::read(&here.join("whole/vae-s0"))?.card;
    assert!(card.scores.iter().any(|score| score.metric == "mig" && score.value == swept[0].1));

    succeeds(here, &["report", "study"])?;
    let page = std::fs::read_to_string(here.join("study/report.html"))?;
    let text = std::fs::read_to_string(here.join("study/report.md"))?;
    for report in [&page, &text] {
        assert!(report.contains("beta, beta 4.0") && report.contains("FactorVAE ↑"), "{report}");
        assert!(!report.contains("missing") && !report.contains("<study>"), "{report}");
    }
    assert_eq!(page.matches("<svg").count(), std::fs::read_dir(here.join("study/plots"))?.count());
    // A model from elsewhere and the ceilings have rows of their own; a model that was measured in another way has not.
    let like = |options: [&'static str; 2]| {
        [&["report", "study", "--with", "whole/vae-s0", "--ceilings", "sprites"][..], &options[..]].concat()
    };
    succeeds(here, &like(["--grid=2000", "--codes=600"]))?;
    let text = std::fs::read_to_string(here.join("study/report.md"))?;
    let rows = |start: &str| text.lines().filter(|line| line.starts_with(start)).count();
    assert!(rows("| vae-s0 | – |") == 3 && rows("| ceiling: motions | – |") == 1, "{text}");
    let message = fails(here, &like(["--grid=4000", "--codes=600"]))?;
    assert!(message.contains("ceiling: factors") && message.contains("options of the sweep"), "{message}");
    std::fs::remove_file(here.join("study/vae-s1/model.safetensors"))?;
    succeeds(here, &["report", "study"])?;
    let page = std::fs::read_to_string(here.join("study/report.html"))?;
    assert!(page.contains("1 of 4 runs are missing") && page.contains("1 of 2"), "{page}");
    succeeds(here, &SWEEP)?;

    // All runs are done, so nothing is written.
    let model = here.join("study/vae-s0/model.safetensors");
    let before = std::fs::metadata(&model)?.modified()?;
    let table = succeeds(here, &SWEEP)?;
    assert_eq!(std::fs::metadata(&model)?.modified()?, before);
    assert_eq!(table.matches("finished").count(), 4, "{table}");
    Ok(())
}

#[test]
fn a_failed_run_is_named_and_holds_up_no_other() -> Outcome {
    let folder = study(12)?;
    let here = folder.path();
    std::fs::create_dir(here.join("study"))?;
    std::fs::write(here.join("study/vae-s1"), "a file where a folder should be")?;
    // A run with another configuration is not overwritten.
    let other = ["train", "--config", "tiny.toml", "--out", "study/beta-beta4.0-s0"];
    succeeds(here, &other)?;
    // A folder that another process uses is left alone.
    let busy = here.join("study/beta-beta4.0-s1");
    let lock = trainer::train::Lock::take(&busy)?;
    let message = fails(here, &SWEEP)?;
    for part in [
        "vae-s0 is trained and scored",
        "vae-s1 failed",
        "beta-beta4.0-s0 holds a run of another configuration",
        "beta-beta4.0-s1 is skipped: another process is working on it",
        "2 of 4 runs failed",
    ] {
        assert!(message.contains(part), "no `{part}` in {message}");
    }
    drop(lock);
    let list = succeeds(here, &["sweep", "s.toml", "--out", "study", "--list"])?;
    let states = ["finished", "not begun", "another configuration", "not begun"];
    assert!(list.lines().skip(1).zip(states).all(|(line, state)| line.ends_with(state)), "{list}");
    let message = fails(here, &["sweep", "s.toml", "--run", "9"])?;
    assert!(message.contains("no run 9"), "{message}");
    Ok(())
}
