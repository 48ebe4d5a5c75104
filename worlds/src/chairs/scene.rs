//! Camera and light: turns surfaces in metres into shaded triangles on the screen.
//!
//! x points to the sitter's left, y up, z to the front; the origin is the centre of the seat's top.

use super::SIDE;
use super::point::{Point, cross, dot, minus, unit};
use super::raster::{Corner, SAMPLES, Samples};
use crate::trig::sin_cos;

/// Distance from the camera to [`AIM`], in metres.
const DISTANCE: f64 = 3.6;

/// The point that the camera looks at: above the seat, because backs are higher than legs.
const AIM: Point = [0.0, 0.06, 0.0];

/// Pixels per metre at [`AIM`].
const SCALE: f64 = 45.0;

/// Upper bound on the distance of any part from [`AIM`], in metres.
const REACH: f64 = 1.2;

/// Direction to the light in camera coordinates: upper left.
const LIGHT: Point = [-0.48, 0.74, 0.47];

/// Fraction of the light missing from the floor at the centre of the shadow.
const DARKEST: f64 = 0.24;

/// Minimum slope of rays to the floor, which keeps them below the horizon.
const LEAST_SLOPE: f64 = 1e-3;

/// How a surface reflects light.
#[derive(Clone, Copy, Debug)]
pub(super) struct Material {
    /// Fraction of light reflected diffusely.
    pub(super) albedo: f64,
    /// Strength of the specular highlight.
    pub(super) gloss: f64,
}

/// The samples drawn so far, with the camera and the material.
pub(super) struct Scene {
    samples: Samples,
    camera: Camera,
    material: Material,
}

impl Scene {
    /// An empty scene. `azimuth` and `elevation` (radians) place the camera relative to the chair's
    /// front.
    pub(super) fn new(azimuth: f64, elevation: f64, material: Material) -> Self {
        let camera = Camera { azimuth: sin_cos(azimuth), elevation: sin_cos(elevation) };
        Self { samples: Samples::new(), camera, material }
    }

    /// Draws a flat-shaded triangle.
    pub(super) fn flat(&mut self, corners: [Point; 3]) {
        let [a, b, c] = corners;
        let normal = unit(cross(minus(b, a), minus(c, a)));
        self.triangle(corners, [normal; 3]);
    }

    /// Draws a flat-shaded quadrilateral.
    pub(super) fn flat_quad(&mut self, corners: [Point; 4]) {
        let [a, b, c, d] = corners;
        let normal = unit(cross(minus(c, a), minus(d, b)));
        self.quad(corners, [normal; 4]);
    }

    /// Draws a quadrilateral with one normal per corner.
    pub(super) fn quad(&mut self, [a, b, c, d]: [Point; 4], [k, l, m, n]: [Point; 4]) {
        self.triangle([a, b, c], [k, l, m]);
        self.triangle([a, c, d], [k, m, n]);
    }

    fn triangle(&mut self, corners: [Point; 3], normals: [Point; 3]) {
        let corners = corners.map(|corner| self.camera.project(corner));
        let shades = || normals.map(|normal| shade(self.camera.turn(normal), normal[1], self.material));
        self.samples.triangle(corners, shades);
    }

    /// Writes the image, with a soft shadow on the floor at height `floor`. `wide` and `deep` are the
    /// half widths of the shadow's body along x and z.
    pub(super) fn picture(&self, floor: f64, [wide, deep]: [f64; 2], image: &mut [u8]) {
        let ((sin, cos), (rise, level)) = (self.camera.azimuth, self.camera.elevation);
        let centre = SIDE as f64 / 2.0;
        let floor = floor - AIM[1];
        let shadow = |row: usize| {
            // All rays through one image row meet the floor at the same depth.
            let up = (centre - row as f64 - 0.5) / SCALE;
            let slope = (rise - level * up / DISTANCE).max(LEAST_SLOPE);
            let along = (rise - floor / DISTANCE) / slope;
            let z = level * DISTANCE * (1.0 - along) - rise * up * along;
            std::array::from_fn(|column| {
                let x = (column as f64 + 0.5 - centre) / SCALE * along;
                let (x, z) = ((cos * x - sin * z) / wide, (sin * x + cos * z) / deep);
                let fade = (1.0 - x * x - z * z).max(0.0);
                DARKEST * fade * (2.0 - fade)
            })
        };
        self.samples.resolve(shadow, image);
    }
}

/// Sine and cosine of the camera's azimuth and elevation.
#[derive(Clone, Copy, Debug)]
struct Camera {
    azimuth: (f64, f64),
    elevation: (f64, f64),
}

impl Camera {
    fn turn(&self, [x, y, z]: Point) -> Point {
        let ((sin, cos), (rise, level)) = (self.azimuth, self.elevation);
        let (x, z) = (cos * x + sin * z, cos * z - sin * x);
        [x, level * y - rise * z, rise * y + level * z]
    }

    fn project(&self, point: Point) -> Corner {
        let [x, y, z] = self.turn(minus(point, AIM));
        let near = DISTANCE / (DISTANCE - z);
        let centre = SIDE as f64 / 2.0;
        let [far, close] = [-REACH, REACH].map(|z| DISTANCE / (DISTANCE - z));
        Corner {
            x: (centre + SCALE * x * near) * SAMPLES as f64,
            y: (centre - SCALE * y * near) * SAMPLES as f64,
            depth: ((near - far) / (close - far)).clamp(0.0, 1.0),
        }
    }
}

/// Shade of a surface: ambient light, diffuse light and specular highlight. `normal` is in camera
/// coordinates; `up` is the normal's vertical component in world coordinates.
fn shade(normal: Point, up: f64, Material { albedo, gloss }: Material) -> f64 {
    let lamp = dot(normal, LIGHT).max(0.0);
    let half = unit([LIGHT[0], LIGHT[1], LIGHT[2] + 1.0]);
    let shine = dot(normal, half).max(0.0);
    let shine = shine * shine * shine;
    let shine = shine * shine;
    let shine = shine * shine;
    (albedo * (0.42 + 0.16 * up + 0.52 * lamp) + gloss * shine).clamp(0.0, 1.0)
}
