//! Parametric 3D chairs, seen from all sides.
//!
//! A grey chair on white, 64×64: azimuth 24 × elevation 5 × leg style 4 × leg height 4 × back style 4 ×
//! back height 4 × seat width 4 × arms 2 × material 4 = 983,040 images. A chair consists of closed solids
//! (`parts.rs`, `solid.rs`). A camera with a lamp attached views them (`scene.rs`), and a z-buffer with
//! sixteen samples per pixel draws them (`raster.rs`). The seat stays in the middle: legs and back grow
//! away from it, so that each factor moves as few pixels as possible.
//!
//! The chairs are grey because the factors are shape and light. Materials differ in lightness and gloss;
//! colour would triple the pixels for a single hue.
//!
//! Modelled on the rendered chairs of Aubry, Maturana, Efros, Russell, Sivic, *Seeing 3D chairs: exemplar
//! part-based 2D-3D alignment using a large dataset of CAD models*, CVPR 2014.

mod parts;
mod point;
mod raster;
mod scene;
mod solid;

use crate::{Factor, FactorKind, World};
use scene::{Material, Scene};
use std::f64::consts::TAU;

/// Side of an image in pixels.
pub const SIDE: usize = 64;

/// The world of chairs; the module docs list its factors.
#[derive(Clone, Copy, Debug)]
pub struct Chairs;

/// Azimuth steps in a full turn. The grid excludes 2π, which looks the same as 0.
const VIEWS: usize = 24;

const FACTORS: [Factor; 9] = [
    Factor {
        name: "azimuth",
        kind: FactorKind::Cycle,
        low: 0.0,
        high: TAU * (VIEWS - 1) as f64 / VIEWS as f64,
        count: VIEWS,
        labels: &[],
    },
    Factor::quantity("elevation", 0.1, 0.7, 5),
    Factor::category("legs", &["straight", "splayed", "sled", "pedestal"]),
    Factor::quantity("leg height", 0.24, 0.44, 4),
    Factor::category("back", &["panel", "slats", "ladder", "round"]),
    Factor::quantity("back height", 0.28, 0.56, 4),
    Factor::quantity("seat width", 0.4, 0.66, 4),
    Factor::category("arms", &["none", "arms"]),
    Factor::category("material", &["beech", "oak", "walnut", "ebony"]),
];

/// Materials, pale to dark.
const MATERIALS: [Material; 4] = [
    Material { albedo: 0.88, gloss: 0.0 },
    Material { albedo: 0.64, gloss: 0.05 },
    Material { albedo: 0.42, gloss: 0.1 },
    Material { albedo: 0.2, gloss: 0.3 },
];

impl World for Chairs {
    fn name(&self) -> &'static str {
        "chairs"
    }

    fn image_shape(&self) -> [usize; 3] {
        [SIDE, SIDE, 1]
    }

    fn factors(&self) -> &'static [Factor] {
        &FACTORS
    }

    fn render(&self, values: &[f64], image: &mut [u8]) {
        assert_eq!(values.len(), FACTORS.len(), "chairs has nine factors");
        assert_eq!(image.len(), SIDE * SIDE, "a chair has 64×64 pixels");
        let mut nearest = [0.0; FACTORS.len()];
        for ((nearest, factor), &value) in nearest.iter_mut().zip(&FACTORS).zip(values) {
            *nearest = factor.nearest(value);
        }
        let [azimuth, elevation, legs, leg_height, back, back_height, seat_width, arms, material] = nearest;
        let mut scene = Scene::new(azimuth, elevation, MATERIALS[material as usize]);
        let wide = seat_width / 2.0;
        parts::seat(&mut scene, wide);
        parts::legs(&mut scene, legs as usize, -leg_height, wide);
        parts::back(&mut scene, back as usize, back_height, wide);
        if arms > 0.5 {
            parts::arms(&mut scene, wide);
        }
        scene.picture(-leg_height, [wide + 0.14, parts::DEEP + 0.14], image);
    }
}

#[cfg(test)]
mod tests;
