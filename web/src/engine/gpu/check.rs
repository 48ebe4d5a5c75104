//! Self-check at start-up: a GPU whose results differ from the CPU's is not used.

use super::Gpu;
use crate::engine::{Cpu, Engine, EngineError};

/// Maximum difference of picture values, which lie in `[0, 1]`, and of posterior values, relative if
/// above one.
const TOLERANCE: f32 = 1e-3;

/// Decodes and encodes a few inputs on both engines.
///
/// # Errors
/// Fails if the results differ; the error says by how much.
pub async fn check(gpu: &Gpu, cpu: &Cpu) -> Result<(), EngineError> {
    check_decoder(gpu, cpu).await?;
    check_encoder(gpu, cpu).await
}

/// Decodes a few codes on both engines.
///
/// # Errors
/// Same as [`check`].
pub async fn check_decoder(gpu: &Gpu, cpu: &Cpu) -> Result<(), EngineError> {
    let config = &cpu.card().model;
    // Points on a curve through all units, with distinct values.
    let codes: Vec<f32> = (0..3 * config.latent).map(|i| 1.5 * (0.7 * i as f32).sin()).collect();
    compare(&gpu.decode(&codes).await?, &cpu.decode(&codes).await?)
}

/// Encodes an image on both engines.
///
/// # Errors
/// Same as [`check`].
pub async fn check_encoder(gpu: &Gpu, cpu: &Cpu) -> Result<(), EngineError> {
    let config = &cpu.card().model;
    // Stripes with distinct values.
    let image: Vec<f32> = (0..config.image.len()).map(|i| 0.5 + 0.5 * (0.37 * i as f32).sin()).collect();
    let (ours, theirs) = (gpu.encode(&image).await?, cpu.encode(&image).await?);
    compare(&ours.mean, &theirs.mean)?;
    compare(&ours.std, &theirs.std)
}

fn compare(ours: &[f32], theirs: &[f32]) -> Result<(), EngineError> {
    let size = theirs.iter().fold(1.0f32, |size, value| size.max(value.abs()));
    let apart = |(a, b): (&f32, &f32)| (a - b).abs() / size;
    let worst = ours.iter().zip(theirs).map(apart).fold(0.0, f32::max);
    // NaN never counts as close.
    if ours.len() == theirs.len() && worst <= TOLERANCE && ours.iter().all(|value| value.is_finite()) {
        return Ok(());
    }
    Err(EngineError::Gpu(format!("its numbers are {worst:.1e} away from the CPU’s")))
}
