//! Features that distinguish male from female faces: hair beside the face, lips, beard, brows and lashes
//! (Russell 2009, "A sex difference in facial contrast"). Each is drawn as one or the other or left
//! unchanged, independently of the others.

use rand::{Rng, RngCore};

use super::cue;
use super::pixels::{Pixels, bell, edge, lay};
use super::strands::Strands;

const EYES: [f32; 2] = [22.0, 42.0];
const LIPS: [f32; 2] = [32.0, 51.5];
/// Boxes in which the colours of skin, hair and the background on both sides are measured: left, top,
/// right, bottom.
const SKIN: [f32; 4] = [25.0, 35.0, 39.0, 43.0];
const HAIR: [f32; 4] = [24.0, 2.0, 40.0, 9.0];
const BEHIND: [[f32; 4]; 2] = [[0.0, 0.0, 4.0, 20.0], [60.0, 0.0, 64.0, 20.0]];
/// Weight of each feature in the value: hair, lips, beard, brows, lashes.
const PARTS: [f32; 5] = [1.2, 1.0, 1.0, 0.7, 0.6];

/// The variants of the five features.
pub(super) struct Gender {
    /// 1 for male, −1 for female, 0 for unchanged.
    ways: [f32; 5],
    strengths: [f32; 5],
    strands: Strands,
    /// Where hair begins beside the face, and its lower end.
    from: f32,
    below: f32,
    brightness: f32,
    shift: [f32; 2],
}

impl Gender {
    pub(super) fn draw(rng: &mut dyn RngCore) -> Self {
        Self {
            ways: std::array::from_fn(|_| [-1.0, 0.0, 1.0][rng.random_range(0..3)]),
            strengths: std::array::from_fn(|_| rng.random_range(0.5..1.0)),
            strands: Strands::draw(rng),
            from: rng.random_range(16.5..20.5),
            below: rng.random_range(16.0..28.0),
            brightness: 1.0 + 0.2 * cue(rng),
            shift: [cue(rng), cue(rng)],
        }
    }

    /// Scaled to variance 1: the variance of −1, 0 and 1 is two thirds.
    pub(super) fn value(&self) -> f32 {
        let sum: f32 = self.ways.iter().zip(PARTS).map(|(way, part)| way * part).sum();
        let variance: f32 = PARTS.iter().map(|part| part * part * 2.0 / 3.0).sum();
        sum / variance.sqrt()
    }

    pub(super) fn apply(&self, pixels: &mut Pixels) {
        let before = pixels.copy();
        let (skin, hair) = (before.mean(SKIN), before.mean(HAIR));
        let behind = BEHIND.map(|at| before.mean(at));
        let light = skin.iter().sum::<f32>() / 3.0;
        let [beside, lips, beard, brows, lashes] = self.ways;
        let [laid, coloured, grown, thick, long] = self.strengths;
        pixels.each(|[x, y], pixel| {
            let place = [x - self.shift[0], y - self.shift[1]];
            if beside != 0.0 {
                let share = edge((x - 32.0).abs() - self.from, 1.8) * edge(y - self.below, 3.0) * laid;
                let shade = self.brightness * (1.0 + 0.3 * self.strands.at(x + 0.1 * y));
                let colour = if beside < 0.0 {
                    hair.map(|value| value * shade)
                } else {
                    behind[usize::from(x > 32.0)].map(|value| value * (self.brightness + 0.003 * (y - 32.0)))
                };
                lay(pixel, colour, share);
            }
            let mouth = bell(place, LIPS, [6.0, 2.4]);
            let chin = bell(place, [32.0, 58.5], [11.0, 3.5]).max(bell(place, [20.0, 53.0], [3.5, 6.0]));
            let round =
                chin.max(bell(place, [44.0, 53.0], [3.5, 6.0])).max(bell(place, [32.0, 46.5], [6.0, 1.6]));
            if beard != 0.0 {
                let dark = std::array::from_fn(|c| 0.45 * skin[c] + 0.25 * hair[c].min(skin[c]));
                let colour = if beard > 0.0 { dark } else { skin.map(|value| 1.02 * value) };
                lay(pixel, colour, 0.75 * grown * (round * (1.0 - mouth)).min(1.0));
            }
            if lips != 0.0 {
                let tint = if lips < 0.0 { [1.2, 0.45, 0.55] } else { [0.92, 0.74, 0.7] };
                lay(pixel, tint.map(|value| value * light), 0.8 * coloured * mouth);
            }
            for eye in EYES {
                let high = bell(place, [eye, 26.5], [6.0, 1.3 + 0.7 * brows.max(0.0)]);
                if brows > 0.0 {
                    lay(pixel, hair.map(|value| 0.5 * value), 0.8 * thick * high);
                } else if brows < 0.0 {
                    lay(pixel, skin, 0.7 * thick * high);
                }
                let lid = bell(place, [eye, 29.6], [5.0, 1.1]);
                if lashes < 0.0 {
                    lay(pixel, skin.map(|value| 0.15 * value), 0.8 * long * lid);
                } else if lashes > 0.0 {
                    lay(pixel, skin.map(|value| 0.9 * value), 0.5 * long * lid);
                }
            }
        });
    }
}
