//! Hair: the part behind the head, the part on the skull, and the fringe.

use super::Face;
use super::canvas::{Canvas, Colour, mix, rise};
use super::head::{CROWN, WIDE};
use super::palette::lit;

impl Face {
    /// Thickness of the hair on the skull.
    fn volume(&self) -> f32 {
        0.045 + 0.06 * self.length
    }

    /// Height of the ends of the hair.
    fn ends(&self) -> f32 {
        0.02 + 0.82 * self.length
    }

    /// Centre of the hair's outline: like the head's, but further back.
    fn hair_middle(&self, y: f32) -> f32 {
        self.middle(y.min(-0.2)) - 0.06 * self.turn_sin
    }

    /// Half the width of the hair at height `y`.
    fn hair_half(&self, y: f32) -> f32 {
        let crown = CROWN - self.volume();
        let wide = WIDE + self.volume();
        if y < -0.05 {
            let t = (-0.05 - y) / (-0.05 - crown);
            return wide * (1.0 - t * t).max(0.0).sqrt();
        }
        let fall = wide + 0.10 * self.length * rise(y, -0.05, 0.7);
        let left = ((self.ends() - y) / 0.14).clamp(0.0, 1.0);
        fall * (0.72 + 0.28 * (1.0 - (1.0 - left) * (1.0 - left)).sqrt())
    }

    fn hair_at(&self, x: f32, y: f32) -> Colour {
        let (across, down) = ((x - self.hair_middle(y)) / 0.56, (y + 0.05) / 0.8);
        let light = self.lamp.on(across, down);
        // A band of gloss around the crown, on the lamp's side.
        let band = 1.0 - ((down + 0.52 - 0.22 * across * across) / 0.2).abs();
        let shifted = across - 0.55 * self.lamp.side();
        let gloss = band.max(0.0) * (1.0 - shifted * shifted).max(0.0);
        // Strands fall from the crown.
        let strand = (across * (9.0 - 3.0 * down) + 40.0).fract();
        let body = 0.74 + 0.45 * (light - 0.6) + 0.2 * ((strand - 0.5).abs() - 0.25);
        mix(lit(self.hair, body), mix(self.hair, [1.0, 0.96, 0.9], 0.4), 0.5 * gloss)
    }
}

/// Draws the hair behind the head.
pub(super) fn behind(canvas: &mut Canvas, face: &Face) {
    let edges = |y: f32| {
        let (middle, half) = (face.hair_middle(y), face.hair_half(y));
        [middle - half, middle + half]
    };
    canvas.rows([CROWN - face.volume(), face.ends()], edges, |x, y| {
        let inside = rise(y, -0.1, 0.4);
        lit(face.hair_at(x, y), 1.0 - 0.3 * inside)
    });
}

/// Draws the hair in front of the head: the fringe, and locks on both sides if it is long.
pub(super) fn before(canvas: &mut Canvas, face: &Face) {
    let reach = WIDE + 0.5 * face.volume();
    let middle = face.hair_middle(-0.3) + 0.03 * face.turn_sin;
    let ends = [middle - reach, middle + reach];
    let front = face.turn_sin * 0.3 / reach;
    let hairline = |u: f32| {
        // On a turned head, the middle of the fringe moves with the forehead.
        let u = u - front * (1.0 - u * u);
        let side = u * u;
        let bare = -0.49 + 0.06 * u + 0.42 * side * side;
        // Strands: a zigzag along the fringe's edge.
        let strand = (u * 4.5 + 20.0).fract();
        let zigzag = 0.05 * (strand - 0.5).abs();
        let full = -0.215 + zigzag + 0.16 * side * side;
        bare + (full - bare) * face.fringe
    };
    let top = |u: f32| {
        let bulge = (1.0 - u * u).max(0.0).sqrt();
        -0.05 - (-0.05 - CROWN + face.volume()) * bulge
    };
    let shadow = lit(face.skin, 0.5);
    canvas.columns(ends, |u| [top(u), hairline(u) + 0.045], |_, _| shadow, 0.4);
    canvas.columns(ends, |u| [top(u), hairline(u)], |x, y| face.hair_at(x, y), 1.0);
    locks(canvas, face);
}

fn locks(canvas: &mut Canvas, face: &Face) {
    let low = face.ends() - 0.02;
    let start = -0.3;
    for side in [-1.0, 1.0] {
        let edges = |y: f32| {
            let outer = face.hair_middle(y) + side * face.hair_half(y);
            let cover = 0.035 + 0.075 * face.length + 0.05 * rise(face.length, 0.4, 0.9);
            let taper = ((low - y) / (low - start)).clamp(0.0, 1.0);
            let inner = WIDE - cover * (taper * (2.0 - taper)) + 0.03 * (1.0 - taper);
            let inner = face.x(side * inner, 0.12);
            [outer.min(inner), outer.max(inner)]
        };
        canvas.rows([start, low], edges, |x, y| face.hair_at(x, y));
    }
}
