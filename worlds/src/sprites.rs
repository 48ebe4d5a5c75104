//! The sprites of dSprites (Matthey et al. 2017), drawn procedurally.

use crate::{Factor, FactorKind, World};

/// Side of an image in pixels.
pub const SIDE: usize = 64;

/// The world of sprites.
#[derive(Clone, Copy, Debug)]
pub struct Sprites;

const FACTORS: [Factor; 5] = [
    Factor {
        name: "shape",
        kind: FactorKind::Category,
        low: 0.0,
        high: 2.0,
        count: 3,
        labels: &["square", "ellipse", "heart"],
    },
    Factor {
        name: "scale",
        kind: FactorKind::Quantity,
        low: 0.5,
        high: 1.0,
        count: 6,
        labels: &[],
    },
    Factor {
        name: "orientation",
        kind: FactorKind::Cycle,
        low: 0.0,
        high: std::f64::consts::TAU,
        count: 40,
        labels: &[],
    },
    Factor {
        name: "posX",
        kind: FactorKind::Quantity,
        low: 0.0,
        high: 1.0,
        count: 32,
        labels: &[],
    },
    Factor {
        name: "posY",
        kind: FactorKind::Quantity,
        low: 0.0,
        high: 1.0,
        count: 32,
        labels: &[],
    },
];

impl World for Sprites {
    fn name(&self) -> &'static str {
        "sprites"
    }

    fn image_shape(&self) -> [usize; 3] {
        [SIDE, SIDE, 1]
    }

    fn factors(&self) -> &'static [Factor] {
        &FACTORS
    }

    fn render(&self, values: &[f64], image: &mut [u8]) {
        assert_eq!((values.len(), image.len()), (FACTORS.len(), SIDE * SIDE));
        let [shape, scale, angle, x, y] = [values[0], values[1], values[2], values[3], values[4]];
        let (sin, cos) = angle.sin_cos();
        let side = 19.2 * scale;
        let (cx, cy) = (15.5 + 32.0 * x, 15.5 + 32.0 * y);
        for (row, line) in image.chunks_exact_mut(SIDE).enumerate() {
            for (column, pixel) in line.iter_mut().enumerate() {
                let (dx, dy) = (column as f64 - cx, row as f64 - cy);
                let (u, v) = (cos * dx + sin * dy, cos * dy - sin * dx);
                let inside = match shape as usize {
                    0 => u.abs().max(v.abs()) <= side / 2.0,
                    1 => (u / 12.8).powi(2) + (v / 7.2).powi(2) <= scale * scale,
                    _ => (u.abs() + v) <= side / 2.0 && v >= -side / 2.0,
                };
                *pixel = if inside { 255 } else { 0 };
            }
        }
    }
}
