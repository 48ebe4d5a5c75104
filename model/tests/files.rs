//! Weights files of every minor version.

use std::collections::HashMap;

use candle_core::Device;
use model::card::{Card, FORMAT, Histogram, MINOR, Objective, Part, Prior, Training, Unit};
use model::weights::CARD_KEY;
use model::{ModelConfig, Parameters, Weights};
use safetensors::SafeTensors;
use serde_json::{Value, json};

type Outcome = Result<(), Box<dyn std::error::Error>>;

fn weights(circles: usize, objective: Objective) -> candle_core::Result<Weights> {
    let model = ModelConfig { latent: 2, circles, channels: vec![2, 2], hidden: 3, ..ModelConfig::default() };
    let histogram = Histogram { low: -1.0, high: 1.0, counts: vec![1, 2] };
    let unit = Unit {
        kl: 1.0,
        mean: 0.0,
        std: 1.0,
        posterior_std: 0.5,
        mean_histogram: histogram.clone(),
        std_histogram: histogram,
        range: [-2.0, 2.0],
        factor: None,
    };
    let card = Card {
        format: FORMAT,
        minor: MINOR,
        name: "tiny".into(),
        units: vec![unit; model.latent],
        objective,
        training: Training { dataset: "sprites".into(), ..Training::default() },
        origin: None,
        scores: Vec::new(),
        attributes: Vec::new(),
        history: Vec::new(),
        checksum: None,
        model,
    };
    let tensors = Parameters::initial(&card.model, 1, &Device::Cpu)?.tensors();
    Ok(Weights { card, tensors })
}

/// A file with its card changed, without a checksum.
fn changed(bytes: &[u8], change: impl FnOnce(&mut Value)) -> Result<Vec<u8>, Box<dyn std::error::Error>> {
    let (_, metadata) = SafeTensors::read_metadata(bytes)?;
    let text = metadata.metadata().as_ref().and_then(|entries| entries.get(CARD_KEY)).ok_or("no card")?;
    let mut card: Value = serde_json::from_str(text)?;
    let fields = card.as_object_mut().ok_or("the card is no object")?;
    fields.remove("checksum").ok_or("it has no checksum")?;
    change(&mut card);
    let metadata = HashMap::from([(CARD_KEY.to_owned(), card.to_string())]);
    Ok(safetensors::serialize(SafeTensors::deserialize(bytes)?.tensors(), Some(metadata))?)
}

#[test]
fn a_card_reads_back_as_it_was_written() -> Outcome {
    let prior = Prior::Relevance { strength: 0.5, variances: vec![0.25, 1.5] };
    let parts = vec![Part::new("tc", &[("beta", 6.0)]), Part::new("gates", &[("channels", 0.02)])];
    let written = weights(0, Objective { prior, parts })?;
    let bytes = written.to_bytes()?;
    let read = Weights::from_bytes(&bytes)?;
    assert_eq!(Card { checksum: None, ..read.card.clone() }, written.card);
    assert_eq!(read.to_bytes()?, bytes);
    Ok(())
}

#[test]
fn files_of_each_older_minor_version_mean_the_same() -> Outcome {
    let old = json!({
        "name": "beta + laplace + sparsity",
        "parameters": { "activation": 0.003, "beta": 0.1, "exchange": 0.1, "redraw": 5.0, "scale": 0.5 },
    });
    let typed = Objective {
        prior: Prior::Laplace { scale: 0.5 },
        parts: vec![
            Part::new("beta", &[("beta", 0.1)]),
            Part::new("activation", &[("weight", 0.003)]),
            Part::new("redraw", &[("exchange", 0.1), ("weight", 5.0)]),
        ],
    };
    for (minor, circles) in [(0, 0), (1, 0), (2, 1)] {
        let new = weights(circles, typed.clone())?.to_bytes()?;
        let file = changed(&new, |card| {
            card["objective"] = old.clone();
            card["minor"] = json!(minor);
            if minor == 0 {
                card.as_object_mut().map(|fields| fields.remove("minor"));
            }
            if minor == 1 {
                card["origin"] = json!("somebody");
            }
        })?;
        let read = Weights::from_bytes(&file)?;
        assert_eq!((&read.card.objective, read.card.minor), (&typed, MINOR), "1.{minor}");
        assert_eq!(read.card.origin.is_some(), minor == 1);
        let again = Weights::from_bytes(&read.to_bytes()?)?;
        assert_eq!(Card { checksum: None, ..again.card }, read.card, "1.{minor}");
    }
    Ok(())
}

#[test]
fn a_tensor_that_is_listed_twice_is_refused() -> Outcome {
    let bytes = weights(0, Objective::named("vae"))?.to_bytes()?;
    let (size, metadata) = SafeTensors::read_metadata(&bytes)?;
    let (header, data) = bytes[8..].split_at(size);
    let name = "decoder.dense.0.bias";
    let listed = metadata.info(name).ok_or("no such tensor")?;
    let copy = &data[listed.data_offsets.0..listed.data_offsets.1];
    let again = json!({
        "dtype": listed.dtype, "shape": listed.shape, "data_offsets": [data.len(), data.len() + copy.len()],
    });
    let header = format!("{{\"{name}\":{again},{}", &str::from_utf8(header)?[1..]);
    let file = [&(header.len() as u64).to_le_bytes(), header.as_bytes(), data, copy].concat();
    let refused = Weights::from_bytes(&file).err().ok_or("it was read")?.to_string();
    assert!(refused.contains(name), "{refused}");
    Ok(())
}

#[test]
fn numbers_that_make_no_prior_are_refused() -> Outcome {
    let new = weights(0, Objective::named("vae"))?.to_bytes()?;
    let refused = |prior: Value| -> Result<String, Box<dyn std::error::Error>> {
        let file = changed(&new, |card| card["objective"]["prior"] = prior)?;
        Ok(Weights::from_bytes(&file).err().ok_or("it was read")?.to_string())
    };
    assert!(refused(json!({ "kind": "laplace", "scale": -1.0 }))?.contains("objective"));
    assert!(refused(json!({ "kind": "laplace" }))?.contains("`laplace`"));
    assert!(refused(json!({ "kind": "normal" }))?.contains("`normal`"));
    Ok(())
}

#[test]
fn negative_deviations_and_times_are_refused() -> Outcome {
    let bytes = weights(0, Objective::default())?.to_bytes()?;
    for (change, words) in [
        (("/units/0/std", -5.0), "negative standard deviation"),
        (("/units/1/posterior_std", -0.1), "negative standard deviation"),
        (("/training/seconds", -1e300), "negative time"),
    ] {
        let (key, number) = change;
        let file = changed(&bytes, |card| *card.pointer_mut(key).expect("a number") = number.into())?;
        let error = Weights::from_bytes(&file).expect_err("accepted").to_string();
        assert!(error.contains(words), "{error}");
    }
    Ok(())
}

#[test]
fn a_unit_has_the_name_of_the_attribute_that_it_predicts_and_changes() -> Outcome {
    let card = weights(0, Objective::default())?.card;
    let attribute = |name: &str, area, change| model::card::Attribute {
        name: name.into(),
        share: 0.2,
        unit: 0,
        area,
        falls: change < 0.0,
        next_area: 0.55,
        change,
        other: None,
        others: 0.0,
    };
    let name = |attributes: Vec<model::card::Attribute>| {
        let card = Card { attributes, ..card.clone() };
        card.attribute(0).map(|attribute| attribute.name.clone())
    };
    let (hat, fringe) = (attribute("hat", 0.85, 0.45), attribute("fringe", 0.84, -0.77));
    assert_eq!(name(vec![hat.clone(), fringe]).as_deref(), Some("fringe"));
    assert_eq!(name(vec![attribute("weak", 0.59, 1.0), hat]).as_deref(), Some("hat"));
    assert_eq!(name(vec![attribute("weak", 0.59, 1.0)]), None);
    Ok(())
}
