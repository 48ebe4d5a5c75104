//! Batches prepared ahead on a thread of their own, so that no step waits for its data.
//!
//! A batch is a function of seed and step alone: images drawn uniformly with replacement, and the
//! noise of the posterior sample. A resumed run needs nothing else.

use std::sync::mpsc::{Receiver, sync_channel};

use model::config::PosteriorKind;
use model::random::{Purpose, stream};
use rand::Rng;

use crate::data::{DataError, Dataset};
use crate::sparsity::{Drawn, Transitions};

/// Batches that wait at most.
const AHEAD: usize = 4;

/// One step's inputs.
#[derive(Debug)]
pub(super) struct Batch {
    /// Which images.
    pub(super) indices: Vec<u64>,
    /// The images, `[N, H, W, C]` in `[0, 1]`; empty where only their indices are asked for.
    pub(super) images: Vec<f32>,
    /// The partners of some, where transitions are asked for, and their images as above.
    pub(super) partners: Option<(Drawn, Vec<f32>)>,
    /// Noise of the codes, as [`PosteriorKind::noise`] draws it.
    pub(super) noise: Vec<f32>,
}

/// Which images and how much noise.
#[derive(Clone, Copy, Debug)]
pub(super) struct Draw {
    pub(super) seed: u64,
    pub(super) batch: usize,
    pub(super) latent: usize,
    pub(super) posterior: PosteriorKind,
    pub(super) transitions: Option<Transitions>,
    /// Whether to read the images; not where they are gathered on the device.
    pub(super) read: bool,
}

impl Draw {
    fn prepare(self, dataset: &dyn Dataset, step: u64) -> Result<Batch, DataError> {
        let mut rng = stream(self.seed, Purpose::Batch, step);
        let indices: Vec<u64> = (0..self.batch).map(|_| rng.random_range(0..dataset.len())).collect();
        let drawn = self.transitions.and_then(|part| part.drawn(dataset, &indices, &mut rng));
        let images = self.images(dataset, &indices)?;
        let partners = match drawn {
            Some(drawn) => {
                let images = self.images(dataset, &drawn.indices)?;
                Some((drawn, images))
            }
            None => None,
        };
        let mut rng = stream(self.seed, Purpose::Noise, step);
        let noise = self.posterior.noise(self.batch, self.latent, &mut rng);
        Ok(Batch { indices, images, partners, noise })
    }

    fn images(self, dataset: &dyn Dataset, indices: &[u64]) -> Result<Vec<f32>, DataError> {
        if !self.read {
            return Ok(Vec::new());
        }
        let mut images = vec![0.0; indices.len() * dataset.image_shape().len()];
        dataset.read(indices, &mut images)?;
        Ok(images)
    }
}

/// Starts preparing the batches of `steps` within `scope`; they arrive in order. Dropping the
/// receiver ends the thread.
pub(super) fn prepare<'scope, 'env>(
    scope: &'scope std::thread::Scope<'scope, 'env>,
    dataset: &'env dyn Dataset,
    draw: Draw,
    steps: std::ops::RangeInclusive<u64>,
) -> Receiver<Result<Batch, DataError>> {
    let (sender, receiver) = sync_channel(AHEAD);
    scope.spawn(move || {
        for step in steps {
            let batch = draw.prepare(dataset, step);
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
    use super::*;

    #[test]
    fn a_batch_depends_on_seed_and_step_alone() -> Result<(), Box<dyn std::error::Error>> {
        let dataset = crate::data::open("sprites")?;
        let draw = Draw {
            seed: 3,
            batch: 2,
            latent: 4,
            posterior: PosteriorKind::Gaussian,
            transitions: None,
            read: true,
        };
        let late = draw.prepare(&*dataset, 9)?;
        let arrived = std::thread::scope(|scope| {
            let batches = prepare(scope, &*dataset, draw, 8..=9);
            batches.iter().collect::<Result<Vec<_>, _>>()
        })?;
        assert_eq!(arrived.len(), 2);
        assert_eq!((&arrived[1].images, &arrived[1].noise), (&late.images, &late.noise));
        assert_ne!(arrived[0].images, late.images);
        let paired = Draw { transitions: Some(Transitions::default()), ..draw }.prepare(&*dataset, 9)?;
        assert_eq!((&paired.images, &paired.noise), (&late.images, &late.noise));
        let (drawn, images) = paired.partners.ok_or("no partners")?;
        assert_eq!((drawn.indices.len(), images.len()), (1, 64 * 64));
        assert_ne!(images, late.images[..64 * 64]);
        let unread = Draw { read: false, ..draw }.prepare(&*dataset, 9)?;
        assert_eq!((unread.indices, unread.noise), (late.indices, late.noise));
        assert!(unread.images.is_empty());
        Ok(())
    }
}
