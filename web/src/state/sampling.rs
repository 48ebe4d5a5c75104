//! Codes drawn from the prior: the same draws for both models.

use super::Loaded;
use super::prior::sample;
use crate::dice::Dice;

/// Samples that are shown of each model.
pub const SAMPLES: usize = 9;

impl Loaded {
    /// The code of sample `index` of that seed: one draw of the prior a unit.
    pub fn sample(&self, seed: u64, index: usize) -> Vec<f32> {
        let prior = &self.card.objective.prior;
        let mut dice = Dice::new(seed.wrapping_add(index as u64));
        (0..self.code.len())
            .map(|unit| if self.is_circle(unit) { dice.angle() } else { sample(prior, &mut dice) } as f32)
            .collect()
    }
}
