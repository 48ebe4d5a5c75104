//! Prepares batches ahead of time on a separate thread, so that no step waits for its data.
//!
//! A batch depends only on seed and step: images drawn with replacement, and the noise of the
//! posterior samples. A resumed run needs no other state.

use std::sync::mpsc::{Receiver, sync_channel};

use candle_core::{Device, Tensor};
use loss::{Layout, Loss, Selection};
use model::ImageShape;
use model::config::PosteriorKind;
use model::random::{Purpose, stream};
use rand::RngCore;

use super::error::TrainError;
use crate::config::Config;
use crate::data::{Dataset, Resident};

/// Maximum number of batches in the queue.
const AHEAD: usize = 4;

/// Inputs of one step, on the host.
#[derive(Debug)]
pub(super) struct Batch {
    /// Indices of the images: the batch, then further images that parts of the loss need.
    pub(super) selection: Selection,
    /// The images, `[N + M, H, W, C]` in `[0, 1]`; empty if they are gathered on the device.
    pub(super) images: Vec<f32>,
    /// Noise for N codes, from [`PosteriorKind::noise`].
    pub(super) noise: Vec<f32>,
}

/// Inputs of one step, on the device.
pub(super) struct Inputs {
    /// Images, `[N + M, H, W, C]` in `[0, 1]`.
    pub(super) images: Tensor,
    /// Which images form the batch.
    pub(super) layout: Layout,
    /// Noise for N codes.
    pub(super) noise: Tensor,
}

/// Data set and settings from which batches are drawn.
#[derive(Clone, Copy)]
pub(super) struct BatchSource<'a> {
    pub(super) dataset: &'a dyn Dataset,
    pub(super) loss: &'a Loss,
    pub(super) seed: u64,
    pub(super) batch: usize,
    pub(super) width: usize,
    pub(super) posterior: PosteriorKind,
    /// All images, if they are gathered on the device.
    pub(super) resident: Option<&'a Resident>,
}

impl<'a> BatchSource<'a> {
    /// Draws batches as configured in `config`.
    pub(super) fn new(config: &Config, dataset: &'a dyn Dataset, loss: &'a Loss) -> Self {
        Self {
            dataset,
            loss,
            seed: config.train.seed,
            batch: config.train.batch,
            width: config.model.width(),
            posterior: config.model.posterior,
            resident: None,
        }
    }

    /// Checks that the data set provides what each part of the loss needs.
    pub(super) fn check(self) -> Result<(), TrainError> {
        self.select(vec![0], &mut stream(self.seed, Purpose::Batch, 0)).map(|_| ())
    }

    fn select(self, images: Vec<u64>, noise: &mut dyn RngCore) -> Result<Selection, TrainError> {
        let dataset = self.dataset;
        let selection = self.loss.select(&dataset, images, noise);
        selection.map_err(|unmet| TrainError::Unmet { unmet, dataset: dataset.name().to_owned() })
    }

    fn prepare(self, step: u64) -> Result<Batch, TrainError> {
        let mut rng = stream(self.seed, Purpose::Batch, step);
        let images = self.dataset.sample(self.batch, &mut rng);
        let selection = self.select(images, &mut rng)?;
        let mut images = Vec::new();
        if self.resident.is_none() {
            images.resize(selection.images.len() * self.dataset.image_shape().len(), 0.0);
            self.dataset.read(&selection.images, &mut images)?;
        }
        let mut rng = stream(self.seed, Purpose::Noise, step);
        let noise = self.posterior.noise(self.batch, self.width, &mut rng);
        Ok(Batch { selection, images, noise })
    }

    /// Moves a batch to the device.
    pub(super) fn place(self, batch: Batch, device: &Device) -> candle_core::Result<Inputs> {
        let Batch { selection: Selection { images: numbers, layout }, images, noise } = batch;
        let ImageShape { height, width, channels } = self.dataset.image_shape();
        let images = match self.resident {
            Some(resident) => resident.read(&numbers)?,
            None => Tensor::from_vec(images, (numbers.len(), height, width, channels), device)?,
        };
        let noise = Tensor::from_vec(noise, (self.batch, self.posterior.noise_width(self.width)), device)?;
        Ok(Inputs { images, layout, noise })
    }
}

/// Prepares the batches of `steps` on a thread of `scope`; they arrive in order. The thread ends when the
/// receiver is dropped.
pub(super) fn prepare<'scope, 'env>(
    scope: &'scope std::thread::Scope<'scope, 'env>,
    source: BatchSource<'env>,
    steps: std::ops::RangeInclusive<u64>,
) -> Receiver<Result<Batch, TrainError>> {
    let (sender, receiver) = sync_channel(AHEAD);
    scope.spawn(move || {
        for step in steps {
            let batch = source.prepare(step);
            let failed = batch.is_err();
            if sender.send(batch).is_err() || failed {
                return;
            }
        }
    });
    receiver
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use loss::pairs::Pairs;
    use loss::terms::Transitions;

    use super::*;

    #[test]
    fn a_batch_depends_on_seed_and_step_alone() -> Result<(), Box<dyn std::error::Error>> {
        let dataset = crate::data::open("sprites")?;
        let plain = Loss::default();
        let source = BatchSource {
            dataset: &*dataset,
            loss: &plain,
            seed: 3,
            batch: 2,
            width: 4,
            posterior: PosteriorKind::Gaussian,
            resident: None,
        };
        let late = source.prepare(9)?;
        let arrived = std::thread::scope(|scope| {
            let batches = prepare(scope, source, 8..=9);
            batches.iter().collect::<Result<Vec<_>, _>>()
        })?;
        assert_eq!(arrived.len(), 2);
        assert_eq!((&arrived[1].images, &arrived[1].noise), (&late.images, &late.noise));
        assert_ne!(arrived[0].images, late.images);
        let pairs = Loss::default().with("pairs", Arc::new(Pairs::<Transitions>::default()));
        let paired = BatchSource { loss: &pairs, ..source }.prepare(9)?;
        let (batch, partner) = paired.images.split_at(2 * 64 * 64);
        assert_eq!((batch, &paired.noise), (&late.images[..], &late.noise));
        assert_eq!((paired.selection.images.len(), paired.selection.layout.batch), (3, 2));
        assert!(partner.len() == 64 * 64 && partner != &batch[..64 * 64]);
        let placed = source.place(late, &Device::Cpu)?;
        assert_eq!((placed.images.dims(), placed.noise.dims()), (&[2, 64, 64, 1][..], &[2, 4][..]));
        Ok(())
    }
}
