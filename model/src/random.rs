//! Random numbers that depend on a seed, a purpose and a step, and on nothing else.
//!
//! A run draws each step's numbers from a stream of its own, so a resumed run needs no generator
//! state: the step's number is the state.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// What a stream of random numbers is for. Streams of different purposes never meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Purpose {
    /// Initial weights; the step is the tensor's index.
    Weights = 1,
    /// Which images make up a batch.
    Batch = 2,
    /// The noise ε of the reparameterised posterior sample.
    Noise = 3,
    /// Samples for figures, statistics and metrics.
    Evaluation = 4,
    /// Anything else an objective draws.
    Objective = 5,
}

/// The generator of `purpose` at `step` under `seed`.
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
