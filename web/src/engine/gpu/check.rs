//! The start-up self-check: a GPU that doesn't agree with the CPU isn't used.

use super::Gpu;
use crate::engine::{Cpu, Engine, EngineError};

/// Largest difference of a picture's values, which lie in `[0, 1]`, and of posteriors relative to
/// their size.
const TOLERANCE: f32 = 1e-3;

/// Decodes and encodes a few inputs on both engines.
///
/// # Errors
/// Says how far they are apart.
pub async fn check(gpu: &Gpu, cpu: &Cpu) -> Result<(), EngineError> {
    check_decoder(gpu, cpu).await?;
    check_encoder(gpu, cpu).await
}

/// Decodes a few codes on both engines.
///
/// # Errors
/// As [`check`].
pub async fn check_decoder(gpu: &Gpu, cpu: &Cpu) -> Result<(), EngineError> {
    let config = &cpu.card().model;
    // Along a curve through all units: no two values are alike.
    let codes: Vec<f32> = (0..3 * config.latent).map(|i| 1.5 * (0.7 * i as f32).sin()).collect();
    compare(&gpu.decode(&codes).await?, &cpu.decode(&codes).await?)
}

/// Encodes an image on both engines.
///
/// # Errors
/// As [`check`].
pub async fn check_encoder(gpu: &Gpu, cpu: &Cpu) -> Result<(), EngineError> {
    let config = &cpu.card().model;
    // Stripes, of which no two are alike.
    let image: Vec<f32> = (0..config.image.len()).map(|i| 0.5 + 0.5 * (0.37 * i as f32).sin()).collect();
    let (ours, theirs) = (gpu.encode(&image).await?, cpu.encode(&image).await?);
    compare(&ours.mean, &theirs.mean)?;
    compare(&ours.std, &theirs.std)
}

fn compare(ours: &[f32], theirs: &[f32]) -> Result<(), EngineError> {
    let size = theirs.iter().fold(1.0f32, |size, value| size.max(value.abs()));
    let apart = |(a, b): (&f32, &f32)| (a - b).abs() / size;
    let worst = ours.iter().zip(theirs).map(apart).fold(0.0, f32::max);
    // A value that is no number is apart from everything.
    if ours.len() == theirs.len() && worst <= TOLERANCE && ours.iter().all(|value| value.is_finite()) {
        return Ok(());
    }
    Err(EngineError::Gpu(format!("its numbers are {worst:.1e} away from the CPU’s")))
}
