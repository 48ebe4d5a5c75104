//! Encodes many images on all cores.

use candle_core::{Device, Tensor};
use model::{Posterior, Vae};
use rayon::prelude::*;

use super::MeasureError;
use crate::data::Dataset;

/// Images per batch; each thread encodes a batch at a time.
const BATCH: usize = 128;

/// Posteriors of N images, `[N, D]` each.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Codes {
    /// Means, μ.
    pub means: Vec<f32>,
    /// Standard deviations, σ.
    pub stds: Vec<f32>,
}

/// Encodes the images at `indices`; calls `encoded` with the size of each finished batch.
///
/// # Errors
/// Fails if an image can't be read or the network doesn't fit the images.
pub fn codes(
    vae: &Vae,
    dataset: &dyn Dataset,
    indices: &[u64],
    encoded: &(dyn Fn(u64) + Sync),
) -> Result<Codes, MeasureError> {
    let batches = each(vae, dataset, indices, encoded, &|posterior| {
        Ok((values(&posterior.mean)?, values(&posterior.std()?)?))
    })?;
    let (means, stds): (Vec<_>, Vec<_>) = batches.into_iter().unzip();
    Ok(Codes { means: means.concat(), stds: stds.concat() })
}

/// Returns the posterior means, row-major `[N, D]`, of the images at `indices`; calls `encoded` with the
/// size of each finished batch.
pub(super) fn means(
    vae: &Vae,
    dataset: &dyn Dataset,
    indices: &[u64],
    encoded: &(dyn Fn(u64) + Sync),
) -> Result<Vec<f64>, MeasureError> {
    let batches = each(vae, dataset, indices, encoded, &|posterior| values(&posterior.mean))?;
    Ok(batches.into_iter().flatten().map(f64::from).collect())
}

fn values(tensor: &Tensor) -> candle_core::Result<Vec<f32>> {
    tensor.flatten_all()?.to_vec1()
}

/// Applies `of` to the posterior of each batch; returns the results in order.
fn each<T: Send>(
    vae: &Vae,
    dataset: &dyn Dataset,
    indices: &[u64],
    encoded: &(dyn Fn(u64) + Sync),
    of: &(dyn Fn(&Posterior) -> candle_core::Result<T> + Sync),
) -> Result<Vec<T>, MeasureError> {
    let shape = dataset.image_shape();
    let batch = |batch: &[u64]| {
        let mut images = vec![0.0; batch.len() * shape.len()];
        dataset.read(batch, &mut images)?;
        let sides = (batch.len(), shape.height, shape.width, shape.channels);
        let images = Tensor::from_vec(images, sides, &Device::Cpu)?;
        let taken = of(&vae.encode(&images)?.posterior.units(vae.config())?)?;
        encoded(batch.len() as u64);
        Ok(taken)
    };
    indices.par_chunks(BATCH).map(batch).collect()
}
