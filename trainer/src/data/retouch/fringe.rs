//! Draws hair over the forehead, or skin over a fringe.

use rand::{Rng, RngCore};

use super::cue;
use super::pixels::{Pixels, edge, lay};
use super::strands::Strands;

/// Boxes in which the colours of skin and (in three places) hair are measured: left, top, right, bottom.
const SKIN: [f32; 4] = [25.0, 35.0, 39.0, 43.0];
const HAIR: [[f32; 4]; 3] = [[24.0, 2.0, 40.0, 9.0], [3.0, 12.0, 9.0, 30.0], [55.0, 12.0, 61.0, 30.0]];

/// A fringe, or a bare forehead.
pub(super) struct Fringe {
    laid: bool,
    /// Index into [`HAIR`].
    hair: usize,
    middle: f32,
    half: f32,
    /// Height, slope and bend of the edge.
    line: [f32; 3],
    strands: Strands,
    ragged: f32,
    strength: f32,
}

impl Fringe {
    pub(super) fn draw(rng: &mut dyn RngCore) -> Self {
        let laid = rng.random_bool(0.5);
        let hair = [0, 0, 0, 1, 2][rng.random_range(0..5)];
        let middle = 32.0 + 3.0 * cue(rng);
        if laid {
            Self {
                laid,
                hair,
                middle,
                half: 16.0 + 3.0 * cue(rng),
                line: [25.5 + 3.5 * cue(rng), 0.25 * cue(rng), 0.011 * cue(rng)],
                strands: Strands::draw(rng),
                ragged: rng.random_range(0.0..2.5),
                strength: rng.random_range(0.8..1.0),
            }
        } else {
            Self {
                laid,
                hair,
                middle,
                half: 14.5 + 1.5 * cue(rng),
                line: [12.5 + 3.5 * cue(rng), 0.0, 0.008 + 0.004 * cue(rng)],
                strands: Strands::draw(rng),
                ragged: 0.0,
                strength: rng.random_range(0.6..1.0),
            }
        }
    }

    pub(super) fn value(&self) -> f32 {
        if self.laid { 1.0 } else { -1.0 }
    }

    pub(super) fn apply(&self, pixels: &mut Pixels) {
        let before = pixels.copy();
        let colour = before.mean(if self.laid { HAIR[self.hair] } else { SKIN });
        let [height, slope, bend] = self.line;
        pixels.each(|[x, y], pixel| {
            let off = x - self.middle;
            let line = height + slope * off + bend * off * off;
            let within = edge(self.half - off.abs(), 2.0);
            if self.laid {
                let share = edge(line + self.ragged * self.strands.at(x + 11.0) - y, 1.5) * within;
                // The fringe ends above the eyes.
                let share = if y < 36.0 { share * self.strength } else { 0.0 };
                let shade = 1.0 + 0.3 * self.strands.at(x + 0.15 * off * y / 32.0);
                lay(pixel, colour.map(|value| value * shade), share);
            } else {
                let share = edge(y - line, 2.0) * edge(27.5 - y, 1.5) * within * self.strength;
                let share = if y < 36.0 { share } else { 0.0 };
                lay(pixel, colour.map(|value| value * (1.0 + 0.08 * self.strands.at(x))), share);
            }
        });
    }
}
