//! `latentscope runs`: trains configurations side by side within a time limit. An executable of its own: tests
//! of others would take the time that it measures.

#[allow(dead_code, reason = "other tests need the rest")]
#[path = "program/support/mod.rs"]
mod support;

use std::time::{Duration, Instant};

use candle_core::Device;
use support::{Outcome, fails, folder, latentscope, succeeds, train};
use trainer::config::Config;
use trainer::train::{Checkpoints, Lock, LockError};
use trainer::trained;

const PLAN: &str = "[[run]]
config = 'tiny.toml'
set = ['name=first', 'train.steps=1000000', 'train.checkpoint_every=100000']
[[run]]
config = 'tiny.toml'
set = ['name=second', 'train.steps=20']
from = 'run/model.safetensors'
";

#[test]
fn each_run_takes_the_steps_that_fit_and_continues_the_next_time() -> Outcome {
    let folder = folder()?;
    let here = folder.path();
    train(here, &[])?;
    std::fs::write(here.join("plan.toml"), PLAN)?;
    let words = ["runs", "plan.toml", "--out", "out", "--seconds", "6", "--device", "cpu"];
    let table = succeeds(here, &words)?;
    assert!(["first", "second", "NLL"].iter().all(|part| table.contains(part)), "{table}");
    assert_eq!(std::fs::read_to_string(here.join("out/table.txt"))?, table);

    let run = here.join("out/runs/first");
    let fitted = Config::read(&run.join("config.toml"), &[])?.train.steps;
    let steps = || Checkpoints::of(&run).steps().map(|steps| steps.last().copied());
    let taken = steps()?.ok_or("no checkpoint")?;
    assert!(taken <= fitted && fitted < 1_000_000, "{taken} of {fitted}");
    let first = trained::read(&here.join("out/first.safetensors"))?.card;
    assert_eq!(first.training.steps, taken);
    // Only a few steps are configured, so they all fit.
    let second = trained::read(&here.join("out/second.safetensors"))?.card;
    assert_eq!(second.training.steps, 20);
    assert_eq!(second.training.config.as_deref(), Some("tiny.toml, from tiny after 12 steps"));
    let json: model::Card = serde_json::from_slice(&std::fs::read(here.join("out/second.json"))?)?;
    assert_eq!(json, second);

    succeeds(here, &words)?;
    assert!(steps()?.ok_or("no checkpoint")? > taken);
    let (checkpoint, broken) = Checkpoints::of(&run).newest(&Device::Cpu)?;
    assert!(checkpoint.is_some() && broken.is_empty());
    Ok(())
}

#[test]
fn mistakes_in_a_list_are_named() -> Outcome {
    let folder = folder()?;
    let here = folder.path();
    for (plan, wanted) in [
        (PLAN.replace("second", "first"), "two runs are called first"),
        (PLAN.replace("set", "sett"), "sett"),
        (PLAN.replace("tiny", "huge"), "huge.toml"),
        (PLAN.replace("name=first", "name=../x"), "../x"),
        ("run = []".to_owned(), "no [[run]]"),
    ] {
        std::fs::write(here.join("plan.toml"), plan)?;
        let message = fails(here, &["runs", "plan.toml", "--out", "out", "--seconds", "6"])?;
        assert!(message.contains(wanted), "no `{wanted}` in {message}");
    }
    std::fs::write(here.join("plan.toml"), PLAN)?;
    let message = fails(here, &["runs", "plan.toml", "--out", "out", "--seconds", "0"])?;
    assert!(message.contains("--seconds"), "{message}");
    // The second run starts from a missing file; the first run is not affected.
    let message = fails(here, &["runs", "plan.toml", "--out", "out", "--seconds", "12"])?;
    assert!(message.contains("second failed") && message.contains("run/model.safetensors"), "{message}");
    assert!(here.join("out/first.safetensors").exists());
    Ok(())
}

/// Two runs whose measuring takes much longer than the time limit.
const LONG: &str = "[[run]]
config = 'tiny.toml'
set = ['name=first', 'train.steps=1000000', 'train.card_samples=10000000']
[[run]]
config = 'tiny.toml'
set = ['name=second', 'train.steps=1000000', 'train.card_samples=10000000']
";

#[test]
fn measuring_is_part_of_the_time_and_later_runs_have_theirs() -> Outcome {
    let folder = folder()?;
    let here = folder.path();
    std::fs::write(here.join("plan.toml"), LONG)?;
    let began = Instant::now();
    let words = ["runs", "plan.toml", "--out", "out", "--seconds", "10", "--jobs", "1", "--device", "cpu"];
    succeeds(here, &words)?;
    // Ten million images would take minutes.
    assert!(began.elapsed() < Duration::from_secs(25), "{:?}", began.elapsed());
    let cards = ["first", "second"].map(|name| trained::read(&here.join(format!("out/{name}.safetensors"))));
    let [first, second] = cards;
    let (first, second) = (first?.card, second?.card);
    assert!(first.training.seconds < 5.0 && second.training.seconds > 0.5, "{first:?} {second:?}");
    let measured: u32 = second.units[0].mean_histogram.counts.iter().sum();
    assert!((64..10_000_000).contains(&measured), "{measured}");
    assert!(
        second.scores[0].protocol.contains(&format!("{measured} images")),
        "{}",
        second.scores[0].protocol
    );
    Ok(())
}

#[cfg(unix)]
#[test]
fn runs_end_with_the_process_that_began_them() -> Outcome {
    let folder = folder()?;
    let here = folder.path();
    std::fs::write(here.join("plan.toml"), LONG)?;
    let words = ["runs", "plan.toml", "--out", "out", "--seconds", "600", "--device", "cpu"];
    let mut runs = latentscope(here, &words).spawn()?;
    let folders = ["first", "second"].map(|name| here.join("out/runs").join(name));
    for run in &folders {
        while Checkpoints::of(run).steps()?.is_empty() {
            std::thread::sleep(Duration::from_millis(20));
        }
        assert!(matches!(Lock::take(run), Err(LockError::Taken(_))));
    }
    runs.kill()?;
    runs.wait()?;
    let killed = Instant::now();
    for run in &folders {
        while Lock::take(run).is_err() {
            assert!(killed.elapsed() < Duration::from_secs(50), "{} is still being trained", run.display());
            std::thread::sleep(Duration::from_millis(20));
        }
        let (checkpoint, broken) = Checkpoints::of(run).newest(&Device::Cpu)?;
        assert!(checkpoint.is_some() && broken.is_empty());
    }
    Ok(())
}
