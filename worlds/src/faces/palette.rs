//! Colours that vary smoothly along a factor, and lighting.

use super::canvas::{Colour, mix};

/// Skin, pale to deep.
const SKIN: [Colour; 4] = [[0.99, 0.84, 0.75], [0.90, 0.68, 0.53], [0.70, 0.47, 0.33], [0.40, 0.25, 0.18]];

/// Hair, black to fair.
const HAIR: [Colour; 4] = [[0.10, 0.08, 0.09], [0.33, 0.19, 0.12], [0.62, 0.35, 0.17], [0.93, 0.76, 0.46]];

/// Backgrounds, cool to warm.
const BACKGROUND: [Colour; 4] =
    [[0.30, 0.42, 0.58], [0.55, 0.70, 0.74], [0.76, 0.78, 0.66], [0.88, 0.66, 0.52]];

pub(super) fn skin(tone: f32) -> Colour {
    along(&SKIN, tone)
}

pub(super) fn hair(colour: f32) -> Colour {
    along(&HAIR, colour)
}

pub(super) fn background(warmth: f32) -> Colour {
    along(&BACKGROUND, warmth)
}

/// Interpolates along a row of colours; `place` is 0 to 1.
fn along<const N: usize>(colours: &[Colour; N], place: f32) -> Colour {
    let place = place * (N - 1) as f32;
    let from = (place as usize).min(N - 2);
    mix(colours[from], colours[from + 1], place - from as f32)
}

/// Scales a colour by `light`; shadows on skin are warmer than highlights.
pub(super) fn lit(colour: Colour, light: f32) -> Colour {
    let dim = light.min(1.0);
    [colour[0] * light, colour[1] * light * (0.92 + 0.08 * dim), colour[2] * light * (0.88 + 0.12 * dim)]
}

/// A lamp in front of the face.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lamp {
    direction: [f32; 3],
}

impl Lamp {
    /// A lamp from the left (−1) to the right (1), always slightly above.
    pub(super) fn new(side: f32) -> Self {
        let direction = [0.95 * side, -0.45, 0.72];
        let length = direction.iter().map(|value| value * value).sum::<f32>().sqrt();
        Self { direction: direction.map(|value| value / length) }
    }

    /// Position of the lamp, −1 (left) to 1 (right).
    pub(super) fn side(&self) -> f32 {
        self.direction[0]
    }

    /// Light on a rounded body; `x` and `y` are −1 to 1 of its half width and height.
    pub(super) fn on(&self, x: f32, y: f32) -> f32 {
        let z = (1.0 - 0.85 * x * x - 0.6 * y * y).max(0.08).sqrt();
        let [right, down, front] = self.direction;
        0.56 + 0.48 * (right * x + down * y + front * z).max(0.0)
    }
}
