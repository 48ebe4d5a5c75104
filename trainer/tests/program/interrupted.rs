//! Commands that are killed, run out of disk space or run twice at once: existing files stay intact, and
//! repeating the command completes it.
#![cfg(unix)]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use crate::support::{Outcome, errors, fails, folder, latentscope, succeeds, train};
use trainer::data::{Cache, Dataset};
use trainer::train::Checkpoints;
use trainer::trained;

/// Number of pictures in `in`.
const PICTURES: usize = 120;
const PREPARE: [&str; 6] = ["data", "prepare", "folder", "in", "--out", "x.images"];

/// Creates a folder with `tiny.toml` and a folder `in` of pictures.
fn pictures() -> std::io::Result<tempfile::TempDir> {
    let folder = folder()?;
    let here = folder.path();
    std::fs::create_dir(here.join("in"))?;
    succeeds(here, &["world", "sheet", "sprites", "--out", "s.png"])?;
    for number in 0..PICTURES {
        std::fs::copy(here.join("s.png"), here.join(format!("in/{number:03}.png")))?;
    }
    Ok(folder)
}

/// Runs a command eight times and kills it at increasing times; `look` checks the files after each.
fn kill_often(here: &Path, arguments: &[&str], look: impl Fn() -> Outcome) -> Outcome {
    let began = Instant::now();
    succeeds(here, arguments)?;
    let whole = began.elapsed();
    let mut killed = 0;
    for part in 0..8 {
        let mut child = latentscope(here, arguments).spawn()?;
        std::thread::sleep(whole.mul_f64(f64::from(part) / 8.0));
        child.kill()?;
        killed += u32::from(!child.wait()?.success());
        look()?;
    }
    assert!(killed > 0);
    succeeds(here, arguments)?;
    look()
}

/// A command that can't write files longer than `blocks` blocks of 512 bytes, as on a full disk.
fn without_room(here: &Path, blocks: u32, arguments: &[&str]) -> Command {
    let mut command = Command::new("sh");
    let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"");
    command.args(["-c", &script, env!("CARGO_BIN_EXE_latentscope")]).args(arguments).current_dir(here);
    command
}

/// Checks that the command fails for lack of space with one sentence that names the file, without a
/// panic.
fn refused(here: &Path, blocks: u32, arguments: &[&str], file: &str) -> Outcome {
    let output = without_room(here, blocks, arguments).output()?;
    let message = errors(&output);
    assert_eq!(output.status.code(), Some(1), "{arguments:?}: {message}");
    let last = message.lines().last().unwrap_or_default();
    let unwritten = format!("{file} could not be written: File too large");
    assert!(last.contains("ERROR") && last.contains(&unwritten), "{message}");
    assert!(!message.contains("panicked"), "{message}");
    Ok(())
}

/// Incomplete files anywhere below a folder.
fn unfinished(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(unfinished(&path)?);
        } else if path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(".writing-")) {
            found.push(path);
        }
    }
    Ok(found)
}

#[test]
fn prepared_images_are_complete_or_missing_whenever_prepare_is_killed() -> Outcome {
    let folder = pictures()?;
    let here = folder.path();
    let out = here.join("x.images");
    kill_often(here, &PREPARE, || {
        let cache = Cache::open(&out)?;
        cache.check()?;
        assert_eq!(cache.len(), PICTURES as u64);
        Ok(())
    })?;
    let whole = std::fs::read(&out)?;
    std::fs::remove_file(&out)?;
    let mut child = latentscope(here, &PREPARE).spawn()?;
    std::thread::sleep(Duration::from_millis(30));
    child.kill()?;
    child.wait()?;
    assert!(!out.exists() || std::fs::read(&out)? == whole);
    succeeds(here, &PREPARE)?;
    assert!(std::fs::read(&out)? == whole);
    Ok(())
}

#[test]
fn an_exported_file_is_complete_whenever_export_is_killed() -> Outcome {
    let folder = folder()?;
    let here = folder.path();
    train(here, &["--set", "train.card_samples=300"])?;
    let export = ["export", "run", "--out", "m.safetensors"];
    let whole = std::fs::read(here.join("run/model.safetensors"))?;
    kill_often(here, &export, || {
        assert_eq!(trained::read(&here.join("m.safetensors"))?.card.training.steps, 12);
        assert!(std::fs::read(here.join("m.safetensors"))? == whole);
        Ok(())
    })
}

#[test]
fn without_room_a_sentence_names_the_file_and_the_old_one_stays() -> Outcome {
    let folder = pictures()?;
    let here = folder.path();
    train(here, &[])?;
    succeeds(here, &PREPARE)?;
    let export = ["export", "run", "--out", "m.safetensors"];
    succeeds(here, &export)?;
    let files = ["x.images", "m.safetensors"].map(|name| here.join(name));
    let old = files.each_ref().map(std::fs::read);
    refused(here, 8, &PREPARE, "x.images")?;
    refused(here, 8, &export, "m.safetensors")?;
    for (file, old) in files.iter().zip(old) {
        assert!(std::fs::read(file)? == old?, "{}", file.display());
    }
    // The configuration and the log fit on the disk; the checkpoint does not.
    let again = ["train", "--config", "tiny.toml", "--out", "again"];
    refused(here, 32, &again, "step-000000012.safetensors")?;
    assert_eq!(unfinished(here)?, Vec::<PathBuf>::new());
    succeeds(here, &[&again[..], &["--resume"]].concat())?;
    let weights = |run: &str| -> Result<Vec<Vec<f32>>, Box<dyn std::error::Error>> {
        let tensors = trained::read(&here.join(run))?.tensors.into_values();
        Ok(tensors.map(|tensor| tensor.flatten_all()?.to_vec1()).collect::<Result<_, _>>()?)
    };
    assert_eq!(weights("again")?, weights("run")?);
    Ok(())
}

const STUDY: &str = "name = 'two'
base = 'tiny.toml'
seeds = [0, 1]
[[method]]
name = 'vae'
set = { objective.beta = 1.0 }
";
const SWEEP: [&str; 9] =
    ["sweep", "s.toml", "--out", "two", "--jobs", "2", "--grid=2000", "--codes=600", "--generate=50"];

#[test]
fn a_sweep_on_a_full_disk_fails_in_words_and_finishes_later() -> Outcome {
    let folder = folder()?;
    let here = folder.path();
    std::fs::write(here.join("s.toml"), STUDY)?;
    let output = without_room(here, 32, &SWEEP).output()?;
    let message = errors(&output);
    assert_eq!(output.status.code(), Some(1), "{message}");
    assert!(message.contains("vae-s0 failed") && message.contains("File too large"), "{message}");
    assert!(!message.contains("panicked"), "{message}");
    assert_eq!(unfinished(here)?, Vec::<PathBuf>::new());
    succeeds(here, &SWEEP)?;
    for run in ["vae-s0", "vae-s1"] {
        assert_eq!(trained::read(&here.join("two").join(run))?.card.training.steps, 12);
    }
    Ok(())
}

#[test]
fn two_sweeps_share_a_folder() -> Outcome {
    let folder = folder()?;
    let here = folder.path();
    std::fs::write(here.join("s.toml"), STUDY)?;
    let (mut first, mut second) = (latentscope(here, &SWEEP).spawn()?, latentscope(here, &SWEEP).spawn()?);
    for sweep in [&mut first, &mut second] {
        // A sweep that leaves runs to the other exits with another code than success.
        assert!(sweep.wait()?.code().is_some_and(|code| code != 1));
    }
    succeeds(here, &SWEEP)?;
    for run in ["vae-s0", "vae-s1"] {
        let card = trained::read(&here.join("two").join(run))?.card;
        assert_eq!((card.training.steps, card.scores.iter().any(|score| score.metric == "mig")), (12, true));
    }
    Ok(())
}

#[test]
fn two_trainings_do_not_share_a_folder_and_two_preparations_do() -> Outcome {
    let folder = pictures()?;
    let here = folder.path();
    let long = ["train", "--config", "tiny.toml", "--out", "run", "--steps", "1000000"];
    let mut first = latentscope(here, &long).spawn()?;
    while Checkpoints::of(&here.join("run")).steps()?.is_empty() {
        std::thread::sleep(Duration::from_millis(10));
    }
    for way in ["--resume", "--force"] {
        let message = fails(here, &[&long[..], &[way]].concat())?;
        assert!(message.contains("another process is training in run"), "{message}");
    }
    // The checkpoints are intact and can be exported.
    succeeds(here, &["export", "run", "--out", "m.safetensors"])?;
    assert!(first.try_wait()?.is_none(), "the first was disturbed");
    first.kill()?;
    first.wait()?;

    let mut both = [latentscope(here, &PREPARE).spawn()?, latentscope(here, &PREPARE).spawn()?];
    for child in &mut both {
        assert!(child.wait()?.success());
    }
    let cache = Cache::open(&here.join("x.images"))?;
    cache.check()?;
    assert_eq!(cache.len(), PICTURES as u64);
    Ok(())
}
