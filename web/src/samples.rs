//! Small untrained models for tests.

use candle_core::Device;
use model::card::{Attribute, Card, FORMAT, FactorMatch, Histogram, Objective, Training, Unit};
use model::{ImageShape, ModelConfig, Parameters, Weights};

/// A card with `latent` units whose KL decreases with the index; every third unit is inactive.
pub(crate) fn card(channels: usize, latent: usize) -> Card {
    card_of(ModelConfig {
        image: ImageShape { height: 64, width: 64, channels },
        latent,
        channels: vec![4, 4],
        hidden: 8,
        ..ModelConfig::default()
    })
}

fn card_of(model: ModelConfig) -> Card {
    let latent = model.latent;
    Card {
        format: FORMAT,
        minor: 0,
        name: "sample".into(),
        model,
        objective: Objective::named("vae"),
        training: Training { dataset: "sprites".into(), ..Training::default() },
        origin: None,
        units: (0..latent).map(unit).collect(),
        scores: Vec::new(),
        attributes: Vec::new(),
        history: Vec::new(),
        checksum: None,
    }
}

/// A weights file with [`card`].
pub(crate) fn file(channels: usize, latent: usize) -> Vec<u8> {
    seeded(card(channels, latent), 5)
}

/// A weights file of the given network.
#[cfg(not(target_arch = "wasm32"))]
pub(crate) fn file_of(model: ModelConfig) -> Vec<u8> {
    seeded(card_of(model), 5)
}

/// A weights file with the given card, and random weights from `seed`.
pub(crate) fn seeded(card: Card, seed: u64) -> Vec<u8> {
    let parameters = Parameters::initial(&card.model, seed, &Device::Cpu).expect("a small network fits");
    let weights = Weights { card, tensors: parameters.tensors() };
    weights.to_bytes().expect("card and tensors belong together")
}

/// An attribute that `unit` separates with the given area.
pub(crate) fn attribute(name: &str, unit: usize, area: f32) -> Attribute {
    Attribute {
        name: name.into(),
        share: 0.2,
        unit,
        area,
        falls: false,
        next_area: 0.55,
        change: 0.5,
        other: None,
        others: 0.0,
    }
}

fn unit(index: usize) -> Unit {
    let active = index % 3 != 2;
    Unit {
        kl: 1.0 / (1 + index) as f32,
        mean: 0.25,
        std: if active { 0.9 } else { 0.01 },
        posterior_std: 0.5,
        mean_histogram: Histogram { low: -2.0, high: 2.0, counts: vec![1, 6, 3, 2] },
        std_histogram: Histogram { low: 0.0, high: 1.0, counts: vec![0, 4, 8] },
        range: [-1.5, 2.0],
        factor: (index == 0).then(|| FactorMatch { name: "posX".into(), information: 0.7 }),
    }
}
