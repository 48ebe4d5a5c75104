//! Codes drawn from the prior, with the same random numbers for both models.

use super::Loaded;
use super::prior::sample;
use crate::random::Random;

/// Number of samples shown of each model.
pub const SAMPLES: usize = 9;

impl Loaded {
    /// Code of sample `index` for a seed, with one draw of the prior per unit.
    pub fn sample(&self, seed: u64, index: usize) -> Vec<f32> {
        let prior = &self.card.objective.prior;
        let mut random = Random::new(seed.wrapping_add(index as u64));
        (0..self.code.len())
            .map(|unit| if self.is_circle(unit) { random.angle() } else { sample(prior, &mut random) } as f32)
            .collect()
    }
}
