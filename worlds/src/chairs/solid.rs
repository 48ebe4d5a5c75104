//! Solids: sequences of rings joined by a surface.

use super::point::{Point, cross, minus, unit};
use super::scene::Scene;
use crate::trig::sin_cos;
use std::f64::consts::TAU;

/// Corners of a round tube's ring.
const ROUND: usize = 10;

/// Shading of the surface between rings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Skin {
    /// Each facet is flat.
    Flat,
    /// Shading is smooth around each ring.
    Round,
}

/// Draws the solid whose surface joins `rings`, with both ends closed. Rings are convex; seen from the
/// last ring, their corners run counterclockwise.
pub(super) fn loft<const N: usize>(scene: &mut Scene, rings: &[[Point; N]], skin: Skin) {
    let (Some(first), Some(last)) = (rings.first(), rings.last()) else { return };
    for corner in 1..N - 1 {
        scene.flat([first[0], first[corner + 1], first[corner]]);
        scene.flat([last[0], last[corner], last[corner + 1]]);
    }
    for pair in rings.windows(2) {
        let [low, high] = [&pair[0], &pair[1]];
        let [low_centre, high_centre] = [centre(low), centre(high)];
        for corner in 0..N {
            let next = (corner + 1) % N;
            let quad = [low[corner], low[next], high[next], high[corner]];
            match skin {
                Skin::Flat => scene.flat_quad(quad),
                Skin::Round => {
                    let from = [low_centre, low_centre, high_centre, high_centre];
                    scene.quad(quad, std::array::from_fn(|place| unit(minus(quad[place], from[place]))));
                }
            }
        }
    }
}

/// Draws a round tube along `path` with one radius per point. `across` orients the rings, so the path
/// must never run parallel to it.
pub(super) fn tube(scene: &mut Scene, path: &[Point], radii: &[f64], across: Point) {
    let mut rings = [[[0.0; 3]; ROUND]; 8];
    let count = path.len().min(rings.len());
    for (place, ring) in rings[..count].iter_mut().enumerate() {
        let from = path[place.saturating_sub(1)];
        let to = path[(place + 1).min(count - 1)];
        let along = unit(minus(to, from));
        let side = unit(cross(along, across));
        let up = cross(along, side);
        for (corner, point) in ring.iter_mut().enumerate() {
            let (sin, cos) = sin_cos(TAU * corner as f64 / ROUND as f64);
            let radius = radii[place];
            *point =
                std::array::from_fn(|axis| path[place][axis] + radius * (cos * side[axis] + sin * up[axis]));
        }
    }
    loft(scene, &rings[..count], Skin::Round);
}

/// Draws a box between two opposite corners.
pub(super) fn block(scene: &mut Scene, low: Point, high: Point) {
    bar(scene, [low, high], [low, high]);
}

/// Draws a square bar. `bottom` and `top` hold two opposite corners of its lower and upper end;
/// `bottom[0]` and `top[1]` give the heights of the ends.
pub(super) fn bar(scene: &mut Scene, bottom: [Point; 2], top: [Point; 2]) {
    let ring = |[low, high]: [Point; 2], y: f64| {
        [[low[0], y, low[2]], [low[0], y, high[2]], [high[0], y, high[2]], [high[0], y, low[2]]]
    };
    loft(scene, &[ring(bottom, bottom[0][1]), ring(top, top[1][1])], Skin::Flat);
}

fn centre<const N: usize>(ring: &[Point; N]) -> Point {
    std::array::from_fn(|axis| ring.iter().map(|point| point[axis]).sum::<f64>() / N as f64)
}
