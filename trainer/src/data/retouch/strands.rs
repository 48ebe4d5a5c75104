//! Random shades across a picture, like strands of hair.

use rand::RngCore;

use super::cue;

const COUNT: usize = 24;

/// Shades at regular positions.
pub(super) struct Strands([f32; COUNT]);

impl Strands {
    pub(super) fn draw(rng: &mut dyn RngCore) -> Self {
        Self(std::array::from_fn(|_| cue(rng)))
    }

    /// Returns the shade at `x`, −1 to 1.
    pub(super) fn at(&self, x: f32) -> f32 {
        let place = (x / 64.0 * (COUNT - 1) as f32).clamp(0.0, (COUNT - 1) as f32);
        let (left, share) = (place as usize, place.fract());
        let right = (left + 1).min(COUNT - 1);
        self.0[left] + (self.0[right] - self.0[left]) * share
    }
}
