//! Tests the pack end to end on the CPU, with the program that other tests built.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::pack::curand;
use super::{Options, run};
use crate::project::{Project, execute};

const CONFIG: &str = "name = 'NAME'
dataset = 'sprites'
objective = { kind = 'vae' }
model = { channels = [4, 4, 4, 4], hidden = 16 }
train = { steps = 1000000, batch = 8, checkpoint_every = 50, card_samples = 64, average = 0.9 }
";
const PLAN: &str = "[[run]]\nconfig = 'a.toml'\n[[run]]\nconfig = 'b.toml'\nset = ['train.seed=3']\n";

/// Creates a pack with small runs.
fn packed(folder: &Path) -> Result<PathBuf> {
    let project = Project::locate()?;
    let program = project.target.join("debug/latentscope");
    if !program.is_file() {
        let build = ["build", "--locked", "-p", "latentscope-trainer", "--bin", "latentscope"];
        execute(project.cargo().args(build))?;
    }
    let gpu = folder.join("gpu");
    run(&project, &Options { program: Some(program), out: Some(gpu.clone()) })?;
    for entry in fs::read_dir(project.root.join("configs"))? {
        ensure!(gpu.join("configs").join(entry?.file_name()).is_file());
    }
    fs::write(gpu.join("plan.toml"), PLAN)?;
    for name in ["a", "b"] {
        fs::write(gpu.join(format!("{name}.toml")), CONFIG.replace("NAME", name))?;
    }
    Ok(gpu)
}

fn script(gpu: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(gpu.join("run.sh"));
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn printed(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// Steps in a card in `out`.
fn steps(out: &Path, name: &str) -> Result<u64> {
    let card: Value = serde_json::from_slice(&fs::read(out.join(format!("{name}.json")))?)?;
    card["training"]["steps"].as_u64().context("no steps")
}

#[test]
fn a_pack_checks_trains_goes_on_and_leaves_weights_cards_and_a_table() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let gpu = packed(folder.path())?;
    let out = folder.path().join("out");
    let path = out.to_string_lossy().into_owned();
    let began = Instant::now();
    let output = script(&gpu, &["--device", "cpu", "10", &path]).output()?;
    let text = printed(&output);
    assert!(output.status.success(), "{text}");
    assert!(began.elapsed() < Duration::from_secs(60), "{:?}", began.elapsed());
    assert!(text.contains("1. Gradients") && text.contains("left out: it needs a GPU"), "{text}");
    let first = [steps(&out, "a")?, steps(&out, "b")?];
    assert!(first.iter().all(|&steps| steps > 0 && steps < 1_000_000), "{first:?}");
    let table = fs::read_to_string(out.join("table.txt"))?;
    assert!(table.contains("NLL") && table.lines().count() >= 3 && text.contains(table.trim()), "{table}");
    for name in ["a", "b"] {
        let weights = fs::read(out.join(name).with_extension("safetensors"))?;
        assert_eq!(weights, fs::read(out.join("runs").join(name).join("model.safetensors"))?);
    }

    let output = script(&gpu, &["--device", "cpu", "--jobs", "1", "8", &path]).output()?;
    assert!(output.status.success() || output.status.code() == Some(130), "{}", printed(&output));
    assert!(steps(&out, "a")? > first[0], "{}", printed(&output));
    Ok(())
}

#[test]
fn the_stand_in_for_curand_opens_and_draws_nothing() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let project = Project::locate()?;
    curand(&project, folder.path())?;
    assert_eq!(fs::read_dir(folder.path())?.count(), 1);
    let code = "int curandCreateGenerator(void **, int), curandSetStream(void *, void *);
        int curandGenerateUniform(void *, float *, unsigned long);
        int main(void) { void *g; float x;
        return curandCreateGenerator(&g, 100) || curandSetStream(g, 0) || !curandGenerateUniform(g, &x, 1); }";
    let [source, program] = ["main.c", "main"].map(|name| folder.path().join(name));
    fs::write(&source, code)?;
    let library = folder.path().join("libcurand.so.10");
    execute(project.command("cc").arg(&source).arg(&library).arg("-o").arg(&program))?;
    execute(project.command(&program).env("LD_LIBRARY_PATH", folder.path()))
}

#[cfg(unix)]
#[test]
fn a_pack_that_is_stopped_leaves_checkpoints() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let gpu = packed(folder.path())?;
    let out = folder.path().join("out");
    let child = script(&gpu, &["--device", "cpu", "600", &out.to_string_lossy()]).spawn()?;
    let checkpoints = |name: &str| out.join("runs").join(name).join("checkpoints");
    let began = Instant::now();
    while !["a", "b"].iter().all(|name| checkpoints(name).is_dir()) {
        ensure!(began.elapsed() < Duration::from_secs(120), "no checkpoint came");
        sleep(Duration::from_millis(50));
    }
    ensure!(Command::new("kill").args(["-TERM", &child.id().to_string()]).status()?.success());
    let output = child.wait_with_output()?;
    let text = printed(&output);
    assert_eq!(output.status.code(), Some(130), "{text}");
    assert!(text.contains("run the same command to continue"), "{text}");
    for name in ["a", "b"] {
        assert!(fs::read_dir(checkpoints(name))?.count() > 0);
    }
    Ok(())
}

#[test]
fn what_is_missing_or_wrong_is_one_sentence() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let gpu = packed(folder.path())?;
    let out = folder.path().join("out").to_string_lossy().into_owned();
    for (arguments, wanted) in [
        (&["5", &out][..], "--device cpu"),
        (&["--device", "tpu", "5", &out], "tpu"),
        (&["soon", &out], "soon"),
        (&["5"], "usage"),
        (&["--fast", "5", &out], "--fast"),
    ] {
        let output = script(&gpu, arguments).output()?;
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {errors}");
        assert!(errors.contains(wanted) && errors.trim().lines().count() <= 2, "{arguments:?}: {errors}");
    }
    let project = Project::locate()?;
    let options = Options { program: Some("no-such-program".into()), out: Some(folder.path().join("x")) };
    assert!(format!("{:#}", run(&project, &options).expect_err("no program")).contains("no-such-program"));
    let other = Options { program: None, out: Some(project.root.join("docs")) };
    assert!(format!("{:#}", run(&project, &other).expect_err("docs")).contains("something else"));
    Ok(())
}
