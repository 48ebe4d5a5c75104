//! Trains, resumes and exports with every objective, prior and sparsity, using the binary.

use crate::support::{Outcome, fails, folder, succeeds};
use candle_core::Device;
use trainer::train::{Checkpoint, Checkpoints};
use trainer::trained::Trained;

/// Names and settings of the methods.
const METHODS: &[(&str, &[&str])] = &[
    ("vae", &["objective={kind='vae'}"]),
    ("fall", &["objective.beta={from=20.0,to=2.0,over=8}"]),
    ("capacity", &["objective={kind='capacity',gamma=10.0,capacity=5.0,over=8}"]),
    ("factor", &["objective={kind='factor',gamma=10.0,layers=2,width=16}", "train.average=0.5"]),
    ("tc", &["objective={kind='tc',beta=6.0}"]),
    ("stratified", &["objective={kind='tc',beta=6.0,estimator='stratified'}"]),
    ("dip-i", &["objective={kind='dip',covariance='i'}"]),
    ("dip-ii", &["objective={kind='dip',covariance='ii'}"]),
    ("laplace", &["prior={kind='laplace'}", "model.posterior='laplace'", "sparsity.activation={}"]),
    ("spike-slab", &["prior={kind='spike-slab',warm_up=6}", "model.posterior='spike-slab'"]),
    ("mixture", &["prior={kind='mixture',alignment=5.0}", "sparsity.rate={}"]),
    ("relevance", &["prior={kind='relevance'}", "train.average=0.5"]),
    ("sparse weights", &["sparsity.weights={weight=5.0,layers='encoder'}", "model.winners=3"]),
    ("gates", &["sparsity.gates={}", "train.average=0.5"]),
    ("motion", &["sparsity.motion={ zoom = 1.5, turn = 30.0 }"]),
    ("transitions", &["sparsity.transitions={groups=2}"]),
    ("exchange", &["sparsity.transitions={groups=2,exchange=1.0,focus=0.5,purity=3.0}"]),
    ("angle", &["model.circles=1", "sparsity.transitions={groups=3,angle=2.0}"]),
    ("direction", &["model.circles=1", "sparsity.direction={weight=2.0}"]),
    (
        "redraw",
        &[
            "dataset='faces'",
            "train.batch=32",
            "sparsity.redraw={kinds=['brightness','contrast','warmth','saturation','side-light','mirror','shift-x',\
             'shift-y','zoom','tilt','mouth','eyes','forehead'],exchange=1.0,focus=0.5,purity=3.0}",
        ],
    ),
    ("named", &["sparsity.named={images=5}"]),
    (
        "retouched",
        &[
            "dataset='faces'",
            "known.retouch=['fringe','gender','smile']",
            "sparsity.named={images=3}",
            "train.mirror=true",
            "train.hold_out=9",
        ],
    ),
    ("gaussian", &["model.likelihood='gaussian'"]),
    ("logistic", &["model.likelihood='logistic'", "dataset='faces'", "train.average=0.5"]),
    ("pyramid", &["pyramid={levels=2}"]),
    ("opening", &["sparsity.opening={first=1,hold=3,every=3}"]),
];

#[test]
fn every_method_trains_resumes_bit_for_bit_and_exports() -> Outcome {
    for (name, keys) in METHODS {
        let folder = folder()?;
        let here = folder.path();
        let set: Vec<&str> = keys.iter().flat_map(|key| ["--set", *key]).collect();
        let train = |further: &[&str]| {
            let arguments = [&["train", "--config", "tiny.toml"], further, &set].concat();
            succeeds(here, &arguments)
        };
        train(&["--out", "whole", "--steps", "8"])?;
        train(&["--out", "parts", "--steps", "3"])?;
        train(&["--out", "parts", "--steps", "8", "--resume"])?;
        let weights = |run: &str| -> Result<Vec<Vec<f32>>, Box<dyn std::error::Error>> {
            let (checkpoint, broken) = Checkpoints::of(&here.join(run)).newest(&Device::Cpu)?;
            assert!(broken.is_empty(), "{name}: {broken:?}");
            let Checkpoint { weights, moments, average, .. } = checkpoint.ok_or("no checkpoint")?;
            let tensors = weights.values().chain(moments.values()).chain(average.values());
            Ok(tensors.map(|t| t.flatten_all()?.to_vec1()).collect::<candle_core::Result<_>>()?)
        };
        assert_eq!(weights("whole")?, weights("parts")?, "{name}");
        let trained = Trained::open(&here.join("whole"))?;
        let pictures = trained.decode(&vec![0.3; trained.card.model.latent])?;
        assert!(pictures.iter().all(|v| v.is_finite()), "{name}");
    }
    Ok(())
}

#[test]
fn weights_shrink_to_exact_zeros() -> Outcome {
    let folder = folder()?;
    let here = folder.path();
    let set = ["--set", "sparsity.weights={weight=5.0,layers='encoder'}"];
    succeeds(here, &[&["train", "--config", "tiny.toml", "--out", "run"], &set[..]].concat())?;
    let weights = trainer::trained::read(&here.join("run"))?;
    let values = weights.tensors["encoder.dense.weight"].flatten_all()?.to_vec1::<f32>()?;
    let zeros = values.iter().filter(|v| **v == 0.0).count();
    assert!(zeros > values.len() / 10 && zeros < values.len(), "{zeros} of {}", values.len());
    Ok(())
}

#[test]
fn a_prior_that_does_not_go_with_the_posterior_is_refused() -> Outcome {
    let folder = folder()?;
    let set = |key: &str| fails(folder.path(), &["train", "--config", "tiny.toml", "--set", key]);
    for (key, wanted) in [
        ("prior={kind='spike-slab'}", "model.posterior"),
        ("sparsity.gates.units=-1.0", "sparsity.gates.units"),
        ("sparsity.transitions.groups=0", "sparsity.transitions.groups"),
        ("objective={kind='factor',width=0}", "objective.width"),
        ("sparsity.redraw={kinds=['warmth']}", "colour"),
        ("sparsity.direction={}", "needs a circle"),
        ("known.retouch=['fringe']", "in colour"),
        ("train.hold_out=737280", "leaves none of the 737280 images"),
    ] {
        let said = set(key)?;
        assert!(said.contains(wanted), "{key}: {said}");
    }
    Ok(())
}

#[test]
fn the_card_is_measured_on_what_was_held_out() -> Outcome {
    let folder = folder()?;
    let here = folder.path();
    succeeds(here, &["train", "--config", "tiny.toml", "--out", "run", "--set", "train.hold_out=5"])?;
    let card = trainer::trained::read(&here.join("run"))?.card;
    let card: Vec<f32> = card.units.iter().map(|unit| unit.kl).collect();
    let measured = |further: &[&str]| -> Result<Vec<f32>, Box<dyn std::error::Error>> {
        let all = [&["evaluate", "run", "--json"], further].concat();
        let line: serde_json::Value = serde_json::from_str(&succeeds(here, &all)?)?;
        Ok(serde_json::from_value(line["unit_kl"].clone())?)
    };
    assert_eq!(measured(&["--hold-out", "5", "--samples", "64"])?, card);
    assert_ne!(measured(&["--samples", "64"])?, card);
    let again = ["export", "run/model.safetensors", "--out", "again.safetensors", "--hold-out", "5"];
    succeeds(here, &again)?;
    let again = trainer::trained::read(&here.join("again.safetensors"))?.card;
    let again: Vec<f32> = again.units.iter().map(|unit| unit.kl).collect();
    assert_eq!(measured(&["--hold-out", "5", "--samples", "10000"])?, again);
    let said = fails(here, &["evaluate", "run", "--hold-out", "737281"])?;
    assert!(said.contains("--hold-out") && said.contains("737280 images"), "{said}");
    Ok(())
}

#[test]
fn units_of_pictures_are_not_named_by_their_labels() -> Outcome {
    let folder = folder()?;
    let here = folder.path();
    std::fs::create_dir(here.join("in"))?;
    succeeds(here, &["world", "sheet", "sprites", "--out", "in/sheet.png"])?;
    std::fs::write(here.join("labels.csv"), "name,smile\nsheet.png,1\n")?;
    succeeds(here, &["data", "prepare", "folder", "in", "--labels", "labels.csv", "--name", "mine"])?;
    let set = ["--dataset", "mine", "--set", "sparsity.named={}"];
    let said = fails(here, &[&["train", "--config", "tiny.toml"], &set[..]].concat())?;
    assert!(said.contains("sparsity.named") && said.contains("`mine`"), "{said}");
    Ok(())
}

#[test]
fn pictures_without_factors_have_no_transitions() -> Outcome {
    let folder = folder()?;
    let here = folder.path();
    std::fs::create_dir(here.join("in"))?;
    succeeds(here, &["world", "sheet", "sprites", "--out", "in/sheet.png"])?;
    succeeds(here, &["data", "prepare", "folder", "in", "--name", "mine"])?;
    let set = ["--dataset", "mine", "--set", "sparsity.transitions={}"];
    let said = fails(here, &[&["train", "--config", "tiny.toml"], &set[..]].concat())?;
    assert!(said.contains("whole grid of factors") && said.contains("`mine`"), "{said}");
    Ok(())
}
