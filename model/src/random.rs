//! Random numbers that depend only on a seed, a purpose and a step.
//!
//! Each step of a run has its own stream of random numbers, so a resumed run needs no state of a generator.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// Purpose of a stream of random numbers. Streams of different purposes are independent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Purpose {
    /// Initial weights. The step is the index of the tensor.
    Weights = 1,
    /// Choice of the images of a batch.
    Batch = 2,
    /// Noise ε of the reparameterised posterior sample.
    Noise = 3,
    /// Samples for figures, statistics and metrics.
    Evaluation = 4,
    /// All other random numbers of the loss.
    Objective = 5,
}

/// Returns the generator for `purpose` at `step` with `seed`.
pub fn stream(seed: u64, purpose: Purpose, step: u64) -> ChaCha8Rng {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream((u64::from(purpose as u8) << 56) ^ step);
    rng
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::RngCore;

    #[test]
    fn a_stream_is_its_seed_purpose_and_step() {
        let first = |seed, purpose, step| stream(seed, purpose, step).next_u64();
        let here = first(7, Purpose::Noise, 3);
        assert_eq!(here, first(7, Purpose::Noise, 3));
        assert_ne!(here, first(8, Purpose::Noise, 3));
        assert_ne!(here, first(7, Purpose::Batch, 3));
        assert_ne!(here, first(7, Purpose::Noise, 4));
    }
}
