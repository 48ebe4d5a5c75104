//! Runs that are stopped, killed, refused, diverge or run out of disk space lose nothing.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::support::{Outcome, errors, fails, folder, latentscope, succeeds, train};
use candle_core::{Device, Tensor};
use trainer::train::{Checkpoint, Checkpoints};

/// Step of a checkpoint, with its weights, moments and averages.
type Found = (u64, Vec<Vec<f32>>);

/// Reads a run's newest checkpoint.
fn newest(run: &Path) -> Result<Found, Box<dyn std::error::Error>> {
    let (checkpoint, broken) = Checkpoints::of(run).newest(&Device::Cpu)?;
    assert!(broken.is_empty(), "{broken:?}");
    let Checkpoint { state, weights, moments, average } = checkpoint.ok_or("no checkpoint")?;
    let tensors = weights.values().chain(moments.values()).chain(average.values());
    let values = tensors.map(|tensor| tensor.flatten_all()?.to_vec1());
    Ok((state.step, values.collect::<candle_core::Result<_>>()?))
}

#[test]
fn a_resumed_run_equals_an_uninterrupted_one_bit_for_bit() -> Outcome {
    let folder = folder()?;
    let here = folder.path();
    train(here, &[])?;
    succeeds(here, &["train", "--config", "tiny.toml", "--out", "parts", "--steps", "5"])?;
    assert_ne!(newest(&here.join("parts"))?, newest(&here.join("run"))?);
    succeeds(here, &["train", "--resume", "--out", "parts", "--steps", "12"])?;
    assert_eq!(newest(&here.join("parts"))?, newest(&here.join("run"))?);
    Ok(())
}

/// Values of tensors in order of name.
fn values(tensors: BTreeMap<String, Tensor>) -> candle_core::Result<Vec<Vec<f32>>> {
    tensors.into_values().map(|tensor| tensor.flatten_all()?.to_vec1()).collect()
}

#[test]
fn an_average_is_resumed_bit_for_bit_and_is_what_is_exported() -> Outcome {
    let folder = folder()?;
    let here = folder.path();
    let set = ["--set", "train.average=0.9", "--set", "train.schedule='linear'", "--set", "train.floor=0.1"];
    train(here, &set)?;
    let one = ["train", "--config", "tiny.toml", "--out", "one", "--max-seconds", "0.001"];
    succeeds(here, &[&one, &set[..]].concat())?;
    assert_eq!(newest(&here.join("one"))?.0, 1);
    succeeds(here, &["train", "--resume", "--out", "one"])?;
    assert_eq!(newest(&here.join("one"))?, newest(&here.join("run"))?);

    let checkpoint = Checkpoints::of(&here.join("run")).newest(&Device::Cpu)?.0.ok_or("no checkpoint")?;
    let exported = values(trainer::trained::read(&here.join("run"))?.tensors)?;
    assert_ne!(exported, values(checkpoint.weights)?);
    assert_eq!(exported, values(checkpoint.average)?);
    // A run without averages starts to average from the step at which it resumes.
    train(here, &["--force", "--steps", "6"])?;
    let resume = ["train", "--resume", "--out", "run", "--steps", "7", "--set", "train.average=0.9"];
    succeeds(here, &resume)?;
    let checkpoint = Checkpoints::of(&here.join("run")).newest(&Device::Cpu)?.0.ok_or("no checkpoint")?;
    assert_eq!(checkpoint.average.len(), checkpoint.weights.len());
    Ok(())
}

#[test]
fn a_run_starts_from_the_weights_of_a_file_and_records_it() -> Outcome {
    let folder = folder()?;
    let here = folder.path();
    train(here, &[])?;
    succeeds(here, &["export", "run", "--out", "half.safetensors", "--half"])?;
    let further = |out: &str, more: &[&str]| {
        let words = ["train", "--config", "tiny.toml", "--from", "half.safetensors", "--out", out];
        succeeds(here, &[&words, more].concat())
    };
    further("more", &["--steps", "4", "--seed", "1"])?;
    let checkpoints = Checkpoints::of(&here.join("more"));
    assert_eq!(checkpoints.steps()?, [0, 4]);
    let begun = Checkpoint::read(&checkpoints.file(0), &Device::Cpu)?;
    assert_eq!(
        values(begun.weights)?,
        values(trainer::trained::read(&here.join("half.safetensors"))?.tensors)?
    );
    assert!(values(begun.moments)?.concat().iter().all(|moment| *moment == 0.0));
    let config = trainer::trained::read(&here.join("more"))?.card.training.config;
    assert_eq!(config.as_deref(), Some("tiny.toml, from tiny after 12 steps"));

    // If killed before its first checkpoint, the run starts again from the file.
    let whole = newest(&here.join("more"))?;
    std::fs::remove_file(checkpoints.file(4))?;
    succeeds(here, &["train", "--resume", "--out", "more"])?;
    assert_eq!(newest(&here.join("more"))?, whole);
    // With --resume, a checkpoint takes precedence over the file.
    further("more", &["--resume", "--steps", "6", "--seed", "1"])?;
    assert_eq!(newest(&here.join("more"))?.0, 6);
    Ok(())
}

#[test]
fn a_run_can_train_the_decoder_alone() -> Outcome {
    let folder = folder()?;
    let here = folder.path();
    train(here, &[])?;
    let words = ["train", "--config", "tiny.toml", "--out", "sharper", "--set", "train.decoder_only=true"];
    let message = fails(here, &words)?;
    assert!(message.contains("train.decoder_only needs a trained encoder"), "{message}");
    assert!(!here.join("sharper").exists(), "a refused run leaves no folder");
    let more = ["--from", "run", "--set", "train.average=0.9", "--set", "objective={kind='vae'}"];
    succeeds(here, &[&words[..], &more].concat())?;
    succeeds(here, &["train", "--resume", "--out", "sharper", "--steps", "14"])?;
    let [old, new] = ["run", "sharper"].map(|run| trainer::trained::read(&here.join(run)));
    let (old, new) = (old?, new?);
    assert_eq!(old.card.objective, new.card.objective);
    let expected = "tiny.toml (decoder alone), from tiny after 12 steps";
    assert_eq!(new.card.training.config.as_deref(), Some(expected));
    for (name, tensor) in old.tensors {
        let change = (&tensor - &new.tensors[&name])?.abs()?.max_all()?.to_scalar::<f32>()?;
        assert_eq!(change > 0.0, name.starts_with("decoder."), "{name} changed by {change}");
    }
    Ok(())
}

#[test]
fn another_networks_weights_are_refused_and_nothing_is_deleted() -> Outcome {
    let folder = folder()?;
    let here = folder.path();
    train(here, &[])?;
    let before = newest(&here.join("run"))?;
    let words = ["train", "--config", "tiny.toml", "--out", "run", "--force", "--from", "run"];
    let set = ["--set", "model.latent=4", "--set", "model.channels=[4, 4, 4]"];
    let message = fails(here, &[&words, &set[..]].concat())?;
    for part in ["run can't be started from", "model.latent is 10", "is 4;", "model.channels is [4, 4, 4, 4]"]
    {
        assert!(message.contains(part), "no `{part}` in {message}");
    }
    assert_eq!(message.trim().lines().count(), 1, "{message}");
    assert_eq!(newest(&here.join("run"))?, before);
    let message = fails(here, &[&words[..7], &["nowhere.safetensors"]].concat())?;
    assert!(message.contains("nowhere.safetensors"), "{message}");
    assert_eq!(newest(&here.join("run"))?, before);
    Ok(())
}

#[test]
fn a_run_killed_at_any_moment_ends_with_the_same_weights() -> Outcome {
    let folder = folder()?;
    let here = folder.path();
    let steps = ["--steps", "400"];
    train(here, &steps)?;
    let resume = ["train", "--config", "tiny.toml", "--resume", "--out", "killed", "--steps", "400"];
    let mut killed = 0;
    for attempt in 0..12u64 {
        let mut child = latentscope(here, &resume).spawn()?;
        std::thread::sleep(Duration::from_millis(20 + attempt * 67 % 190));
        child.kill()?;
        killed += u32::from(!child.wait()?.success());
        for step in Checkpoints::of(&here.join("killed")).steps()? {
            Checkpoint::read(&Checkpoints::of(&here.join("killed")).file(step), &Device::Cpu)?;
        }
    }
    assert!(killed > 0);
    succeeds(here, &resume)?;
    assert_eq!(newest(&here.join("killed"))?, newest(&here.join("run"))?);
    Ok(())
}

#[cfg(unix)]
#[test]
fn ctrl_c_writes_a_checkpoint_and_prints_how_to_continue() -> Outcome {
    let folder = folder()?;
    let here = folder.path();
    let long = ["train", "--config", "tiny.toml", "--out", "run", "--steps", "1000000"];
    let child = latentscope(here, &long).spawn()?;
    while Checkpoints::of(&here.join("run")).steps()?.is_empty() {
        std::thread::sleep(Duration::from_millis(10));
    }
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status()?.success());
    let output = child.wait_with_output()?;
    let message = errors(&output);
    assert_eq!(output.status.code(), Some(130), "{message}");
    assert!(message.contains("latentscope train --resume --out run"), "{message}");
    let (step, _) = newest(&here.join("run"))?;
    assert!(message.contains(&format!("stopped after step {step}")), "{message}");
    let further = (step + 2).to_string();
    succeeds(here, &["train", "--resume", "--out", "run", "--steps", &further])?;
    assert_eq!(newest(&here.join("run"))?.0, step + 2);
    Ok(())
}

#[cfg(unix)]
#[test]
fn ctrl_c_stops_measuring_and_the_run_can_continue() -> Outcome {
    use std::io::{BufRead, BufReader, Read};
    let folder = folder()?;
    let here = folder.path();
    // Measuring takes minutes.
    let long = ["train", "--config", "tiny.toml", "--out", "run", "--set", "train.card_samples=10000000"];
    let mut child = latentscope(here, &long).spawn()?;
    let mut message = BufReader::new(child.stderr.take().ok_or("no standard error")?);
    let mut line = String::new();
    while !line.contains("measuring tiny") {
        line.clear();
        assert!(message.read_line(&mut line)? > 0, "it ended without a word on measuring");
    }
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status()?.success());
    let mut rest = String::new();
    message.read_to_string(&mut rest)?;
    assert_eq!(child.wait()?.code(), Some(130), "{rest}");
    assert!(rest.contains("stopped while the model was measured; a checkpoint holds its 12 steps"), "{rest}");
    assert!(rest.contains("train --resume --out run"), "{rest}");
    assert!(!here.join("run/model.safetensors").exists());
    succeeds(here, &["train", "--resume", "--out", "run", "--set", "train.card_samples=64"])?;
    assert_eq!(trainer::trained::read(&here.join("run"))?.card.training.steps, 12);
    Ok(())
}

#[test]
fn a_folder_with_a_run_is_not_overwritten_unasked() -> Outcome {
    let folder = folder()?;
    let here = folder.path();
    train(here, &[])?;
    let message = fails(here, &["train", "--config", "tiny.toml", "--out", "run"])?;
    assert!(message.contains("--resume") && message.contains("--force"), "{message}");
    train(here, &["--force", "--steps", "4"])?;
    assert_eq!(newest(&here.join("run"))?.0, 4);
    Ok(())
}

#[test]
fn a_diverging_run_stops_and_names_step_loss_and_last_good_checkpoint() -> Outcome {
    let folder = folder()?;
    let here = folder.path();
    train(here, &["--steps", "4"])?;
    let before = newest(&here.join("run"))?;
    let path = here.join("run/config.toml");
    std::fs::write(&path, std::fs::read_to_string(&path)?.replace("beta = 2.0", "beta = 1e300"))?;
    let message = fails(here, &["train", "--resume", "--out", "run", "--steps", "50"])?;
    for part in ["the loss became", "by step 6", "step-000000004.safetensors"] {
        assert!(message.contains(part), "no `{part}` in {message}");
    }
    assert_eq!(newest(&here.join("run"))?, before);
    Ok(())
}

#[test]
fn mistakes_in_configuration_and_folder_are_named() -> Outcome {
    let folder = folder()?;
    let here = folder.path();
    let message = fails(here, &["train", "--config", "missing.toml"])?;
    assert!(message.contains("missing.toml"), "{message}");
    std::fs::write(here.join("typo.toml"), "name = 'a'\n[objective]\nkind = 'beta'\nbetta = 2.0\n")?;
    let message = fails(here, &["train", "--config", "typo.toml"])?;
    assert!(message.contains("typo.toml") && message.contains("betta"), "{message}");
    let message = fails(here, &["train", "--config", "tiny.toml", "--steps", "0"])?;
    assert!(message.contains("train.steps"), "{message}");
    // Root may write anywhere, but nobody can create a folder below a file.
    let message = fails(here, &["train", "--config", "tiny.toml", "--out", "tiny.toml/run"])?;
    assert!(message.contains("tiny.toml/run"), "{message}");
    let message = fails(here, &["info", "nowhere.safetensors"])?;
    assert!(message.contains("nowhere.safetensors"), "{message}");
    train(here, &[])?;
    let message = fails(here, &["histogram", "run", "--out", "nowhere/h.png"])?;
    assert!(message.contains("nowhere/h.png"), "{message}");
    Ok(())
}
