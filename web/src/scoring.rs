//! Measures how well a model reconstructs and how disentangled it is, on a world with known factors, with
//! the trainer's metrics on its own draw of images.
//!
//! A quick check draws fewer images than the trainer; a full one follows the protocol of the scores in
//! the shipped cards. This is a separate module, which visitors download only when they start a check.

use js_sys::Function;
use metrics::{WorldError, WorldSample};
use model::card::Score;
use wasm_bindgen::prelude::*;
use worlds::World;

use crate::engine::{Cpu, Engine};

/// Images per batch.
const BATCH: usize = 40;
/// The trainer's seed.
const SEED: u64 = 0;
/// Approximate fraction of the time spent on encoding and reconstructing.
const ENCODING: f32 = 0.8;
/// Approximate cost of reconstructing an image, relative to encoding it.
const REDRAWING: usize = 3;

/// Sample sizes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Plan {
    /// Number of images to reconstruct.
    redrawn: usize,
    /// Number of codes for metrics that don't choose their images: two thirds to fit on, the rest to
    /// score on.
    codes: usize,
    /// Maximum number of grid images for the other metrics.
    grid: u64,
}

/// Takes about a minute on one core of a laptop.
const QUICK: Plan = Plan { redrawn: 500, codes: 3000, grid: 6000 };
/// The trainer's numbers, with the grid size in the shipped cards.
const FULL: Plan = Plan { redrawn: metrics::TRAIN, codes: metrics::TRAIN + metrics::TEST, grid: 200_000 };

/// Scores the model in a weights file; calls `progress` with the finished fraction meanwhile.
///
/// Returns the scores, or one sentence on why there are none, as JSON.
///
/// # Errors
/// Fails if `progress` does.
#[wasm_bindgen]
pub async fn check(file: Vec<u8>, full: bool, progress: Function) -> Result<String, JsError> {
    let mut called = Ok(JsValue::UNDEFINED);
    let report = |share: f32| called = progress.call1(&JsValue::NULL, &share.into());
    let scores = match Cpu::load(&file) {
        Ok(engine) => score(&engine, full, report).await,
        Err(error) => Err(error.to_string()),
    };
    called.map_err(|_| JsError::new("its progress can’t be sent"))?;
    Ok(serde_json::to_string(&scores)?)
}

/// Scores an engine's model; calls `progress` with the finished fraction.
///
/// # Errors
/// Returns one sentence if the model's world is unknown or its codes can't be scored.
pub async fn score(
    engine: &dyn Engine,
    full: bool,
    mut progress: impl FnMut(f32),
) -> Result<Vec<Score>, String> {
    let card = engine.card();
    let data = &card.training.dataset;
    let image = card.model.image;
    let world = worlds::by_name(data)
        .filter(|world| world.image_shape() == [image.height, image.width, image.channels])
        .ok_or_else(|| format!("it was trained on `{data}`, whose factors are unknown here"))?;
    let plan = if full { FULL } else { QUICK };
    let sample = WorldSample::new(world, plan.codes, plan.grid, SEED);
    let (drawn, lattice) = (sample.drawn(), sample.lattice());
    let redrawn = &drawn[..plan.redrawn];
    let all = (REDRAWING * redrawn.len() + drawn.len() + lattice.len()) as f32;
    let mut done = 0;
    let mut advance = |more: usize| {
        done += more;
        progress(ENCODING * done as f32 / all);
    };
    let mut scores = redrawing(engine, world, redrawn, &mut advance).await?;
    let drawn = means(engine, world, &drawn, &mut advance).await?;
    let lattice = means(engine, world, &lattice, &mut advance).await?;
    let (latent, circles) = (card.model.latent, card.model.circles);
    let words = |error: WorldError| format!("its codes can’t be scored: {error}");
    let mut found = sample.of_drawn(drawn, latent, circles, true).map_err(words)?;
    progress((1.0 + ENCODING) / 2.0);
    found.extend(sample.of_lattice(lattice, latent, circles).map_err(words)?);
    scores.extend(found.into_iter().map(|score| Score {
        metric: score.metric.into(),
        value: score.value,
        protocol: score.protocol,
    }));
    Ok(scores)
}

/// Mean NLL and MSE of the world's images, reconstructed from their posterior means.
async fn redrawing(
    engine: &dyn Engine,
    world: &dyn World,
    indices: &[u64],
    advance: &mut impl FnMut(usize),
) -> Result<Vec<Score>, String> {
    let (mut nll, mut mse) = (0.0, 0.0);
    for &index in indices {
        let redrawn = engine.reconstruct(&image(world, index)).await.map_err(|error| error.to_string())?;
        nll += f64::from(redrawn.nll);
        mse += f64::from(redrawn.mse);
        advance(REDRAWING);
    }
    let count = indices.len();
    let likelihood = engine.card().model.likelihood.name();
    let on = format!("decoding the posterior mean; {count} images of {} drawn at random", world.name());
    Ok([
        ("nll", nll, format!("{likelihood} NLL in nats an image, {on}")),
        ("mse", mse, format!("squared error a pixel, {on}")),
    ]
    .map(|(metric, sum, protocol)| Score { metric: metric.into(), value: sum / count as f64, protocol })
    .into())
}

/// An image of the world, values in `[0, 1]`.
fn image(world: &dyn World, index: u64) -> Vec<f32> {
    let mut image = vec![0; world.image_shape().iter().product()];
    world.render_index(index, &mut image);
    image.into_iter().map(|byte| f32::from(byte) / 255.0).collect()
}

/// Posterior means of the world's images, row-major.
async fn means(
    engine: &dyn Engine,
    world: &dyn World,
    indices: &[u64],
    advance: &mut impl FnMut(usize),
) -> Result<Vec<f64>, String> {
    let mut means = Vec::new();
    for batch in indices.chunks(BATCH) {
        let images: Vec<f32> = batch.iter().flat_map(|&index| image(world, index)).collect();
        let encoded = engine.encode(&images).await.map_err(|error| error.to_string())?;
        means.extend(encoded.mean.into_iter().map(f64::from));
        advance(batch.len());
    }
    Ok(means)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Cpu;
    use crate::samples;
    use pollster::block_on;

    #[test]
    fn a_model_of_a_known_world_is_scored_the_same_every_time() -> Result<(), Box<dyn std::error::Error>> {
        let engine = Cpu::load(&samples::file(1, 3))?;
        let mut shares = vec![0.0];
        let scores = block_on(score(&engine, false, |share| shares.push(share)))?;
        let names: Vec<&str> = scores.iter().map(|score| score.metric.as_str()).collect();
        assert_eq!(
            names,
            [
                "nll",
                "mse",
                "mig",
                "dci_disentanglement",
                "dci_completeness",
                "dci_informativeness",
                "beta_vae",
                "factor_vae"
            ]
        );
        let image = image(worlds::by_name("sprites").ok_or("no sprites")?, 0);
        let one = engine.reconstruct_now(&image)?;
        assert!((0.5..2.0).contains(&(scores[0].value / f64::from(one.nll))), "{scores:?}, {}", one.nll);
        assert!(scores[1..].iter().all(|score| (0.0..=1.0).contains(&score.value)), "{scores:?}");
        assert!(scores[0].protocol.contains("Bernoulli NLL") && scores[1].protocol.contains("500 images"));
        assert!(scores[2].protocol.contains("2000 codes") && scores[7].protocol.contains("5760 images"));
        assert!(shares.is_sorted() && shares.last().is_some_and(|last| *last < 1.0));
        assert_eq!(block_on(score(&engine, false, |_| ()))?, scores);
        Ok(())
    }

    #[test]
    fn a_model_of_other_data_is_told_why_it_has_no_score() -> Result<(), Box<dyn std::error::Error>> {
        let mut card = samples::card(1, 3);
        card.training.dataset = "holidays".into();
        let engine = Cpu::load(&samples::seeded(card, 1))?;
        let why = block_on(score(&engine, false, |_| ())).expect_err("it was scored");
        assert!(why.contains("`holidays`"), "{why}");
        Ok(())
    }
}
