//! Head, neck and shoulders.

use super::Face;
use super::canvas::{Canvas, Colour, mix, rise};
use super::palette::lit;

/// Half the width of the head.
pub(super) const WIDE: f32 = 0.46;

/// Heights of crown, cheekbones and chin.
pub(super) const CROWN: f32 = -0.66;
const CHEEK: f32 = 0.0;
pub(super) const CHIN: f32 = 0.64;

impl Face {
    /// Projected x of a point `side` of the head's centre and `front` of its axis.
    pub(super) fn x(&self, side: f32, front: f32) -> f32 {
        side * self.turn_cos + 0.8 * front * self.turn_sin
    }

    /// Centre of the head's outline at height `y`: the chin is in front of the axis, the crown behind.
    pub(super) fn middle(&self, y: f32) -> f32 {
        let down = ((y - CROWN) / (CHIN - CROWN)).clamp(0.0, 1.0);
        self.turn_sin * (0.02 + 0.22 * down * down)
    }

    /// Half the width of the outline at height `y`.
    pub(super) fn half_width(&self, y: f32) -> f32 {
        if y < CHEEK {
            let t = (CHEEK - y) / (CHEEK - CROWN);
            return WIDE * (1.0 - t * t).max(0.0).sqrt();
        }
        let t = ((y - CHEEK) / (CHIN - CHEEK)).min(1.0);
        let soft = (1.0 - t * t).max(0.0).sqrt() * (1.0 - 0.16 * t);
        let square = (1.0 - t * t * t * t * t * t).max(0.0).sqrt() * (1.0 - 0.26 * t * t);
        WIDE * (soft + (square - soft) * self.jaw())
    }

    fn jaw(&self) -> f32 {
        0.12 + 0.8 * self.gender
    }

    /// Skin colour of the face at a point.
    pub(super) fn skin_at(&self, x: f32, y: f32) -> Colour {
        lit(self.skin, self.lamp.on((x - self.middle(y)) / 0.5, (y + 0.02) / 0.74))
    }
}

/// Draws shoulders and neck.
pub(super) fn body(canvas: &mut Canvas, face: &Face) {
    let broad = 0.62 + 0.2 * face.gender;
    let slope = |u: f32| [0.74 + (0.16 - 0.04 * face.gender) * u * u, 1.0];
    let cloth = mix([0.30, 0.34, 0.46], [0.36, 0.36, 0.38], face.gender);
    canvas.columns([-broad, broad], slope, |x, y| lit(cloth, face.lamp.on(x * 1.1, y - 0.7)), 1.0);
    let neck = 0.20 + 0.08 * face.gender;
    let middle = face.turn_sin * 0.03;
    let sides = |y: f32| {
        let flare = 0.5 * rise(y, 0.62, 0.84) * 0.2;
        [middle - neck - flare, middle + neck + flare]
    };
    let under = |x: f32, y: f32| {
        // The head's shadow falls on the neck.
        let shade = 0.70 + 0.22 * rise(y, 0.58, 0.8);
        lit(face.skin, shade * face.lamp.on((x - middle) / (neck + 0.1), 0.1))
    };
    canvas.rows([0.3, 0.78], sides, under);
    let collar = |u: f32| [0.74, 0.74 + 0.11 * (1.0 - u * u).max(0.0).sqrt()];
    canvas.columns([middle - neck - 0.05, middle + neck + 0.05], collar, under, 1.0);
}

/// Draws the ears that show beside the head.
pub(super) fn ears(canvas: &mut Canvas, face: &Face) {
    for side in [-1.0, 1.0] {
        ear(canvas, face, face.x(side * 0.46, -0.04), 1.0);
    }
}

/// Draws the ear that shows within the outline of a turned head.
pub(super) fn near_ear(canvas: &mut Canvas, face: &Face) {
    let seen = rise(face.turn_sin.abs(), 0.12, 0.4);
    ear(canvas, face, face.x(-face.turn_sin.signum() * 0.46, -0.1), seen);
}

fn ear(canvas: &mut Canvas, face: &Face, x: f32, strength: f32) {
    let skin = lit(face.skin, 0.94 * face.lamp.on(x / 0.52, 0.0));
    canvas.ellipse([x, 0.05], [0.065, 0.13], skin, strength);
    canvas.glow([x, 0.06], [0.05, 0.1], lit(skin, 0.72), 0.7 * strength);
}

/// Draws the head, bald and without features.
pub(super) fn head(canvas: &mut Canvas, face: &Face) {
    let edges = |y: f32| {
        let (middle, half) = (face.middle(y), face.half_width(y));
        [middle - half, middle + half]
    };
    canvas.rows([CROWN, CHIN], edges, |x, y| face.skin_at(x, y));
    // Cheeks: a blush, and the fold that a smile raises.
    let flush = mix(face.skin, [0.86, 0.36, 0.32], 0.5);
    for side in [-1.0, 1.0] {
        let x = face.x(side * 0.28, 0.34);
        let y = 0.2 - 0.04 * face.smile;
        let strength = 0.22 + 0.26 * face.glad() - 0.08 * face.gender;
        canvas.glow([x, y], [0.2, 0.15], flush, strength);
    }
}

/// Draws stubble and, on more masculine faces, a beard.
pub(super) fn beard(canvas: &mut Canvas, face: &Face) {
    let grown = rise(face.gender, 0.5, 1.0);
    if grown <= 0.0 {
        return;
    }
    let colour = mix(face.skin_at(face.middle(0.5), 0.5), face.hair, 0.55 + 0.3 * grown);
    let middle = |y: f32| face.middle(y) + 0.06 * face.turn_sin;
    let edges = |u: f32| {
        let side = u * u;
        // Up to the ears at both sides, below the lip in the middle.
        [0.47 - 0.40 * side * side, 0.70 - 0.36 * side]
    };
    let inside = |x: f32, y: f32| lit(colour, face.lamp.on((x - middle(y)) / 0.5, y / 0.8));
    let (centre, half) = (middle(0.4), face.half_width(0.3) - 0.005);
    canvas.columns([centre - half, centre + half], edges, inside, 0.82 * grown);
    let lip = face.x(0.0, 0.46);
    let moustache = |u: f32| [0.275 + 0.05 * u * u, 0.325 + 0.05 * u * u - 0.015 * face.smile * u * u];
    canvas.columns([lip - 0.17, lip + 0.17], moustache, |_, _| colour, 0.75 * grown);
}
