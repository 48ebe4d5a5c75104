//! Draws a mouth over the original one, from sad to laughing.

use rand::{Rng, RngCore};

use super::cue;
use super::pixels::{Pixels, bell, edge, lay};

/// Boxes left and right of the mouth in which the colour of skin is measured: left, top, right, bottom.
const SKIN: [[f32; 4]; 2] = [[18.0, 45.0, 23.0, 50.0], [41.0, 45.0, 46.0, 50.0]];

/// Lowest value of the smile; the highest, 1, is a laugh.
const SADDEST: f32 = -0.5;

/// A mouth.
pub(super) struct Smile {
    /// −½ for sad, 0 for neutral, 1 for a laugh.
    smile: f32,
    middle: f32,
    height: f32,
    /// Half of the width.
    half: f32,
    /// Height of the corners above the middle.
    lift: f32,
    /// Opening in the middle.
    open: f32,
    /// Visible amount of teeth.
    teeth: f32,
    /// Fullness of the lips.
    full: f32,
    /// Redness of the lips relative to skin.
    red: f32,
    /// Opacity over the original mouth.
    strength: f32,
}

impl Smile {
    pub(super) fn draw(rng: &mut dyn RngCore) -> Self {
        let smile = rng.random_range(SADDEST..1.0f32);
        let glad = smile.max(0.0);
        let opened = 4.6 * glad * rng.random_range(0.6..1.2);
        // A mouth may be open without a smile, and show few teeth.
        let talking = glad == 0.0 && rng.random_bool(0.4);
        let open = if talking { rng.random_range(1.0..4.0) } else { opened };
        Self {
            smile,
            middle: 32.0 + cue(rng),
            height: 51.0 + 1.2 * cue(rng),
            half: 7.4 + 1.6 * smile + 0.8 * cue(rng),
            lift: 2.3 * smile + 0.4 * cue(rng),
            open,
            teeth: if talking { rng.random_range(0.0..0.5) } else { rng.random_range(0.6..1.0) },
            full: rng.random_range(0.6..1.4),
            red: rng.random_range(0.1..0.9),
            strength: rng.random_range(0.85..1.0),
        }
    }

    /// Scaled to variance 1: the variance of a uniform number is a twelfth of its squared range.
    pub(super) fn value(&self) -> f32 {
        (self.smile - (1.0 + SADDEST) / 2.0) / (1.0 - SADDEST) * 12f32.sqrt()
    }

    pub(super) fn apply(&self, pixels: &mut Pixels) {
        let before = pixels.copy();
        let [left, right] = SKIN.map(|at| before.mean(at));
        let skin = |x: f32| -> [f32; 3] {
            let share = ((x - 20.0) / 24.0).clamp(0.0, 1.0);
            std::array::from_fn(|channel| left[channel] + (right[channel] - left[channel]) * share)
        };
        let glad = self.smile.max(0.0);
        pixels.each(|place, pixel| {
            let [x, y] = place;
            let own = skin(x);
            let light = own.iter().sum::<f32>() / 3.0;
            let off = x - self.middle;
            let round = ((off / 13.0).powi(2) + ((y - self.height - 0.5) / 7.5).powi(2)).sqrt();
            lay(pixel, own, edge((1.0 - round) * 7.5, 1.5) * self.strength);

            let u = (off / self.half).clamp(-1.0, 1.0);
            let bulge = 1.0 - u * u;
            let line = self.height + self.lift * (0.3 - u * u);
            let within = |half: f32| edge(half - off.abs(), 0.8);
            let between = |top: f32, low: f32, width: f32| edge(y - top, width) * edge(low - y, width);
            let tint = [1.0 - 0.05 * self.red, 0.8 - 0.4 * self.red, 0.78 - 0.3 * self.red];
            let lips = std::array::from_fn(|channel| (own[channel] * tint[channel]).min(0.9));
            let (top, low) =
                (line - (0.4 + 1.2 * self.full) * bulge, line + (0.4 + self.open + 1.7 * self.full) * bulge);
            lay(pixel, lips, between(top, low, 0.9) * within(self.half));
            let gap = between(line - 0.45, line + 0.45 + self.open * bulge, 0.7) * within(0.95 * self.half);
            lay(pixel, own.map(|value| 0.25 * value), 0.9 * gap);
            if self.open > 0.4 {
                let teeth = between(line, line + 0.85 * self.open * bulge, 0.7) * within(0.85 * self.half);
                lay(
                    pixel,
                    [0.96, 0.94, 0.9].map(|share| (0.3 + 0.95 * light).min(1.0) * share),
                    self.teeth * teeth,
                );
            }
            for side in [-1.0, 1.0] {
                let fold = [self.middle + side * (self.half + 2.5), self.height - 4.5];
                let shade = 1.0 - 0.16 * glad * bell(place, fold, [1.6, 3.5]);
                let cheek = 1.0 + 0.07 * glad * bell(place, [32.0 + side * 12.5, 43.0], [4.0, 3.0]);
                pixel.iter_mut().for_each(|value| *value *= shade * cheek);
            }
        });
    }
}
