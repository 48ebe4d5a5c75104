//! Outlines of the three shapes, as polygons of size 1 around the origin; y points down.
//!
//! dSprites was drawn with LÖVE: the square and the ellipse with built-in functions, the heart as a mesh
//! of the author's vertices (<https://github.com/google-deepmind/dsprites-dataset/issues/2>). The numbers
//! of vertices and the proportions below are not published. They are the round numbers that reproduce
//! every real frame in `tests/dsprites`.

use std::f64::consts::TAU;
use std::sync::OnceLock;

use crate::trig::sin_cos;

/// A corner of a polygon, x then y.
pub(super) type Point = [f64; 2];

/// The ellipse is a circle multiplied by this along x and divided by it along y.
const ELLIPSE_STRETCH: f64 = 1.33;
const ELLIPSE_VERTICES: usize = 100;

const HEART_VERTICES: usize = 150;
/// Extent of the heart's curve along x, and approximately along y.
const HEART_EXTENT: [f64; 2] = [32.0, 29.0];
/// How far up the curve is moved, to bring its centre near the origin.
const HEART_RISE: f64 = 0.075;

/// The outline of a shape: 0 square, 1 ellipse, 2 heart.
pub(super) fn outline(shape: usize) -> &'static [Point] {
    static OUTLINES: OnceLock<[Vec<Point>; 3]> = OnceLock::new();
    &OUTLINES.get_or_init(|| [square(), ellipse(), heart()])[shape]
}

fn square() -> Vec<Point> {
    vec![[-0.5, -0.5], [0.5, -0.5], [0.5, 0.5], [-0.5, 0.5]]
}

fn ellipse() -> Vec<Point> {
    angles(ELLIPSE_VERTICES)
        .map(|t| {
            let (sin, cos) = sin_cos(t);
            [0.5 * ELLIPSE_STRETCH * cos, 0.5 / ELLIPSE_STRETCH * sin]
        })
        .collect()
}

/// x = 16 sin³ t, y = 13 cos t − 5 cos 2t − 2 cos 3t − cos 4t, with the tip down.
fn heart() -> Vec<Point> {
    angles(HEART_VERTICES)
        .map(|t| {
            let sin = sin_cos(t).0;
            let cos = |n: f64| sin_cos(n * t).1;
            let x = 16.0 * sin * sin * sin;
            let y = 13.0 * cos(1.0) - 5.0 * cos(2.0) - 2.0 * cos(3.0) - cos(4.0);
            [x / HEART_EXTENT[0], -y / HEART_EXTENT[1] - HEART_RISE]
        })
        .collect()
}

fn angles(count: usize) -> impl Iterator<Item = f64> {
    (0..count).map(move |k| TAU * k as f64 / count as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_square_and_the_ellipse_have_about_the_area_of_their_formulas() {
        let area = |shape| {
            let points = outline(shape);
            let next = points.iter().cycle().skip(1);
            let twice: f64 = points.iter().zip(next).map(|(a, b)| a[0] * b[1] - a[1] * b[0]).sum();
            twice / 2.0
        };
        assert_eq!(area(0), 1.0);
        assert!((area(1) - TAU / 8.0).abs() < 1e-3);
    }

    #[test]
    fn the_heart_stands_on_its_tip() {
        let lowest = outline(2).iter().max_by(|a, b| a[1].total_cmp(&b[1]));
        let tip = lowest.expect("the heart has vertices");
        assert!(tip[0].abs() < 1e-12 && (tip[1] - 0.511).abs() < 1e-3, "{tip:?}");
    }
}
