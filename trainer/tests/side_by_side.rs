//! `latentscope runs`: configurations trained side by side within a time.

mod support;

use candle_core::Device;
use support::{Outcome, fails, folder, succeeds};
use trainer::config::Config;
use trainer::train::Folder;
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
fn each_run_takes_the_steps_that_fit_and_goes_on_the_next_time() -> Outcome {
    let folder = folder()?;
    let here = folder.path();
    support::train(here, &[])?;
    std::fs::write(here.join("plan.toml"), PLAN)?;
    let words = ["runs", "plan.toml", "--out", "out", "--seconds", "6", "--device", "cpu"];
    let table = succeeds(here, &words)?;
    assert!(["first", "second", "NLL"].iter().all(|part| table.contains(part)), "{table}");
    assert_eq!(std::fs::read_to_string(here.join("out/table.txt"))?, table);

    let run = here.join("out/runs/first");
    let fitted = Config::read(&run.join("config.toml"), &[])?.train.steps;
    let steps = || Folder::of(&run).steps().map(|steps| steps.last().copied());
    let taken = steps()?.ok_or("no checkpoint")?;
    assert!(taken <= fitted && fitted < 1_000_000, "{taken} of {fitted}");
    let first = trained::read(&here.join("out/first.safetensors"))?.card;
    assert_eq!(first.training.steps, taken);
    // Few steps fit as they are.
    let second = trained::read(&here.join("out/second.safetensors"))?.card;
    assert_eq!(second.training.steps, 20);
    assert_eq!(second.training.config.as_deref(), Some("tiny.toml, from tiny after 12 steps"));
    let json: model::Card = serde_json::from_slice(&std::fs::read(here.join("out/second.json"))?)?;
    assert_eq!(json, second);

    succeeds(here, &words)?;
    assert!(steps()?.ok_or("no checkpoint")? > taken);
    let (checkpoint, broken) = Folder::of(&run).newest(&Device::Cpu)?;
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
        let said = fails(here, &["runs", "plan.toml", "--out", "out", "--seconds", "6"])?;
        assert!(said.contains(wanted), "no `{wanted}` in {said}");
    }
    std::fs::write(here.join("plan.toml"), PLAN)?;
    let said = fails(here, &["runs", "plan.toml", "--out", "out", "--seconds", "0"])?;
    assert!(said.contains("--seconds"), "{said}");
    // Its second run begins from a file that is not there; the first is not held up.
    let said = fails(here, &["runs", "plan.toml", "--out", "out", "--seconds", "12"])?;
    assert!(said.contains("second failed") && said.contains("run/model.safetensors"), "{said}");
    assert!(here.join("out/first.safetensors").exists());
    Ok(())
}
