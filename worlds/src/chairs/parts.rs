//! The parts of a chair, in metres from the centre of the seat's top.

use super::point::Point;
use super::scene::Scene;
use super::solid::{Skin, bar, block, loft, tube};
use crate::trig::sin_cos;
use std::f64::consts::TAU;

/// Half the depth of the seat.
pub(super) const DEEP: f64 = 0.23;

/// Thickness of the seat.
const THICK: f64 = 0.055;

/// How far a back leans to the rear, in metres per metre of height.
const LEAN: f64 = 0.2;

/// Draws a seat with rounded corners and edges; `wide` is half its width.
pub(super) fn seat(scene: &mut Scene, wide: f64) {
    const CORNERS: usize = 24;
    let ring = |inset: f64, y: f64| -> [Point; CORNERS] {
        std::array::from_fn(|corner| {
            let (sin, cos) = sin_cos(TAU * corner as f64 / CORNERS as f64);
            // A superellipse of degree four: straight sides with round corners.
            let [x, z] = [sin, cos].map(|value| value.signum() * value.abs().sqrt());
            [(wide - inset) * x, y, (DEEP - inset) * z]
        })
    };
    let rings = [ring(0.02, -THICK), ring(0.0, -0.7 * THICK), ring(0.0, -0.25 * THICK), ring(0.018, 0.0)];
    loft(scene, &rings, Skin::Flat);
}

/// Draws legs that reach down to the height `floor`.
pub(super) fn legs(scene: &mut Scene, style: usize, floor: f64, wide: f64) {
    let top = -THICK * 0.8;
    match style {
        0 => {
            for [x, z] in corners(wide - 0.03, DEEP - 0.03) {
                block(scene, [x - 0.026, floor, z - 0.026], [x + 0.026, top, z + 0.026]);
            }
        }
        1 => {
            for [x, z] in corners(1.0, 1.0) {
                let path = [
                    [x * (wide + 0.03), floor, z * (DEEP + 0.04)],
                    [x * (wide - 0.08), top, z * (DEEP - 0.07)],
                ];
                tube(scene, &path, &[0.013, 0.03], SIDEWAYS);
            }
        }
        2 => sled(scene, floor, wide),
        _ => pedestal(scene, floor),
    }
}

/// Two runners on the floor, bent up to the seat at both ends.
fn sled(scene: &mut Scene, floor: f64, wide: f64) {
    for x in [-(wide - 0.03), wide - 0.03] {
        let y = floor + 0.018;
        let bend = 0.05;
        let path = [
            [x, -THICK, DEEP - 0.05],
            [x, y + bend, DEEP],
            [x, y + 0.3 * bend, DEEP - 0.3 * bend],
            [x, y, DEEP - bend],
            [x, y, bend - DEEP],
            [x, y + 0.3 * bend, 0.3 * bend - DEEP],
            [x, y + bend, -DEEP],
            [x, -THICK, 0.05 - DEEP],
        ];
        tube(scene, &path, &[0.018; 8], SIDEWAYS);
    }
}

/// A column on five feet.
fn pedestal(scene: &mut Scene, floor: f64) {
    tube(scene, &[[0.0, floor + 0.05, 0.0], [0.0, -THICK, 0.0]], &[0.03, 0.03], SIDEWAYS);
    tube(scene, &[[0.0, -0.14, 0.0], [0.0, -THICK, 0.0]], &[0.045, 0.13], SIDEWAYS);
    for foot in 0..5 {
        let (sin, cos) = sin_cos(TAU * foot as f64 / 5.0);
        let path = [[0.27 * sin, floor + 0.015, 0.27 * cos], [0.0, floor + 0.075, 0.0]];
        tube(scene, &path, &[0.016, 0.035], [0.0, 1.0, 0.0]);
    }
}

/// Draws a back of the given height.
pub(super) fn back(scene: &mut Scene, style: usize, height: f64, wide: f64) {
    match style {
        0 => plank(scene, wide - 0.01, 0.045, |across| {
            let square = across * across;
            let corner = square * square * square * square;
            [-0.03, height - 0.1 * corner]
        }),
        1 => {
            posts(scene, height, wide);
            rail(scene, wide, [height - 0.085, height]);
            for slat in -2..=2 {
                let x = f64::from(slat) * (wide - 0.02) / 3.0;
                let [low, high] = [-0.02, height - 0.05].map(|y| bow(x, wide) - LEAN * y);
                let [a, b] = [0.014, 0.009];
                bar(
                    scene,
                    [[x - a, -0.02, low - b], [x + a, -0.02, low + b]],
                    [[x - a, height - 0.05, high - b], [x + a, height - 0.05, high + b]],
                );
            }
        }
        2 => {
            posts(scene, height, wide);
            for rung in 0..3 {
                let top = height - 0.02 - (height - 0.1) * f64::from(rung) / 3.0;
                rail(scene, wide, [top - 0.085, top]);
            }
        }
        _ => {
            for x in [-0.45 * wide, 0.45 * wide] {
                let z = bow(x, wide);
                bar(
                    scene,
                    [[x - 0.018, -0.03, z - 0.014], [x + 0.018, -0.03, z + 0.014]],
                    [
                        [x - 0.018, 0.25 * height, z - 0.05 - 0.014],
                        [x + 0.018, 0.25 * height, z - 0.05 + 0.014],
                    ],
                );
            }
            let (middle, half) = (0.56 * height, 0.44 * height);
            plank(scene, wide - 0.01, 0.04, |across| {
                let bulge = half * (1.0 - across * across).max(0.0004).sqrt();
                [middle - bulge, middle + bulge]
            });
        }
    }
}

/// Draws arms on both sides.
pub(super) fn arms(scene: &mut Scene, wide: f64) {
    for side in [-1.0, 1.0] {
        let x = side * (wide + 0.012);
        let [near, far] = [x - 0.03, x + 0.03];
        block(scene, [near, 0.19, -DEEP - 0.05], [far, 0.222, DEEP - 0.03]);
        block(scene, [x - 0.02, -0.05, DEEP - 0.11], [x + 0.02, 0.195, DEEP - 0.07]);
    }
}

/// Orientation of a tube's rings: along x.
const SIDEWAYS: Point = [1.0, 0.0, 0.0];

/// Corners of a rectangle with half sides `x` and `z`.
fn corners(x: f64, z: f64) -> [[f64; 2]; 4] {
    [[-x, -z], [x, -z], [x, z], [-x, z]]
}

/// z of a back's foot at `x`: backs curve around the sitter.
fn bow(x: f64, wide: f64) -> f64 {
    let across = x / wide;
    -DEEP + 0.02 - 0.05 * (1.0 - across * across)
}

fn posts(scene: &mut Scene, height: f64, wide: f64) {
    for x in [-(wide - 0.03), wide - 0.03] {
        let [low, high] = [-0.05, height].map(|y| bow(x, wide) - LEAN * y);
        bar(
            scene,
            [[x - 0.022, -0.05, low - 0.02], [x + 0.022, -0.05, low + 0.02]],
            [[x - 0.022, height, high - 0.02], [x + 0.022, height, high + 0.02]],
        );
    }
}

fn rail(scene: &mut Scene, wide: f64, edges: [f64; 2]) {
    plank(scene, wide - 0.03, 0.026, |_| edges);
}

/// Draws a curved board of half width `half`. `edges` maps a position across it, −1 to 1, to the heights
/// of its lower and upper edge.
fn plank(scene: &mut Scene, half: f64, thick: f64, edges: impl Fn(f64) -> [f64; 2]) {
    const RINGS: usize = 13;
    let rings: [[Point; 4]; RINGS] = std::array::from_fn(|place| {
        // More rings near the ends, where outlines curve most.
        let (_, cos) = sin_cos(TAU / 2.0 * place as f64 / (RINGS - 1) as f64);
        let across = -cos;
        let x = half * across;
        let [low, high] = edges(across);
        let z = |y: f64| bow(x, half) - LEAN * y;
        let t = thick / 2.0;
        [[x, low, z(low) - t], [x, high, z(high) - t], [x, high, z(high) + t], [x, low, z(low) + t]]
    });
    loft(scene, &rings, Skin::Flat);
}
