//! Codes of many images, on every core.

use candle_core::{Device, Tensor};
use model::Vae;
use rayon::prelude::*;

use super::MeasureError;
use crate::data::Dataset;

/// Images encoded at a time by one thread.
const BATCH: usize = 128;

/// Posterior means, `[N, D]` one after the other, of the images of `indices`; `encoded` is told of
/// every batch's size when it is done.
pub(super) fn means(
    vae: &Vae,
    dataset: &dyn Dataset,
    indices: &[u64],
    encoded: &(dyn Fn(u64) + Sync),
) -> Result<Vec<f64>, MeasureError> {
    let shape = dataset.image_shape();
    let batches: Vec<Vec<f32>> = indices
        .par_chunks(BATCH)
        .map(|batch| {
            let mut images = vec![0.0; batch.len() * shape.len()];
            dataset.read(batch, &mut images)?;
            let sides = (batch.len(), shape.height, shape.width, shape.channels);
            let images = Tensor::from_vec(images, sides, &Device::Cpu)?;
            let means = vae.encode(&images)?.posterior.mean.flatten_all()?.to_vec1::<f32>()?;
            encoded(batch.len() as u64);
            Ok(means)
        })
        .collect::<Result<_, MeasureError>>()?;
    Ok(batches.into_iter().flatten().map(f64::from).collect())
}
