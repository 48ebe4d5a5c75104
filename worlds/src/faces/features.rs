//! Eyes, brows, nose, mouth and glasses.

use super::Face;
use super::canvas::{Canvas, Colour, mix, rise};
use super::palette::lit;

/// Height of the eyes, and their distance from the centre.
const EYES: f32 = -0.01;
const APART: f32 = 0.19;

/// Height of the mouth.
const MOUTH: f32 = 0.375;

const DARK: Colour = [0.12, 0.08, 0.08];
const WHITE: Colour = [0.96, 0.95, 0.93];

/// Draws both eyes and brows.
pub(super) fn eyes(canvas: &mut Canvas, face: &Face) {
    for side in [-1.0, 1.0] {
        let inner = face.x(side * (APART - 0.105), 0.42);
        let outer = face.x(side * (APART + 0.105), 0.35);
        let ends = [inner.min(outer), inner.max(outer)];
        // `u` is −1 at the left; `out` is −1 at the inner corner.
        let out = |u: f32| u * side;
        eye(canvas, face, ends, out);
        brow(canvas, face, side, out);
    }
}

fn eye(canvas: &mut Canvas, face: &Face, [left, right]: [f32; 2], out: impl Fn(f32) -> f32) {
    let (middle, half) = ((left + right) / 2.0, (right - left) / 2.0);
    let shadow = lit(face.skin, 0.62);
    canvas.glow([middle, EYES - 0.045], [half * 1.7, 0.14], shadow, 0.5 + 0.15 * face.gender);
    // A smile narrows the eye from below; sadness lowers the outer corner.
    let open = 0.072 - 0.012 * face.gender;
    let squint = 0.04 * face.glad();
    let droop = 0.03 * face.sad();
    let upper = |u: f32| EYES - open * (1.0 - u * u) + droop * out(u) - 0.006 * out(u);
    let lower = |u: f32| EYES + (open * 0.72 - squint) * (1.0 - u * u) + droop * out(u) - 0.006 * out(u);
    canvas.columns([left, right], |u| [upper(u), lower(u)], |_, _| lit(WHITE, 0.97), 1.0);
    let gaze = middle + 0.025 * face.turn_sin;
    let iris = mix([0.24, 0.40, 0.52], [0.25, 0.14, 0.09], rise(face.skin_tone, 0.1, 0.6));
    let within = |centre: f32, radius: f32| {
        move |u: f32| {
            let bulge = radius * (1.0 - u * u).max(0.0).sqrt();
            let place = ((centre + u * radius - middle) / half).clamp(-1.0, 1.0);
            [(EYES - 0.012 - bulge).max(upper(place)), (EYES - 0.012 + bulge).min(lower(place))]
        }
    };
    for (radius, colour) in [(0.062, iris), (0.032, DARK)] {
        canvas.columns([gaze - radius, gaze + radius], within(gaze, radius), |_, _| colour, 1.0);
    }
    let spark = gaze + 0.022 * face.lamp.side();
    canvas.glow([spark, EYES - 0.034], [0.03, 0.03], [1.0; 3], 0.9);
    // Edge of the upper lid; lashes make it heavier, and longer at the outer corner.
    let lashes = 1.0 - face.gender;
    let lid = |u: f32| {
        let flick = 0.022 * lashes * rise(out(u), 0.5, 1.0);
        let edge = upper(u) - flick;
        [edge - 0.016 - 0.022 * lashes, edge + 0.008]
    };
    let reach = 0.012 + 0.02 * lashes;
    canvas.columns([left - reach, right + reach], lid, |_, _| DARK, 0.72 + 0.26 * lashes);
    canvas.columns([left, right], |u| [lower(u) - 0.004, lower(u) + 0.014], |_, _| lit(face.skin, 0.5), 0.45);
}

fn brow(canvas: &mut Canvas, face: &Face, side: f32, out: impl Fn(f32) -> f32) {
    let inner = face.x(side * (APART - 0.13), 0.45);
    let outer = face.x(side * (APART + 0.15), 0.34);
    let thick = 0.018 + 0.024 * face.gender;
    let height = EYES - 0.175 + 0.035 * face.gender - 0.03 * face.glad();
    let edges = |u: f32| {
        let out = out(u);
        let arch = (0.035 - 0.02 * face.gender) * (1.0 - (out - 0.25) * (out - 0.25));
        // Sad brows rise in the middle of the face; happy ones are level.
        let tilt = 0.08 * face.sad() * out;
        let taper = 0.55 + 0.45 * (1.0 - rise(out, 0.1, 1.0));
        let y = height - arch + tilt;
        [y - thick * taper, y + thick * taper]
    };
    let colour = mix(face.hair, DARK, 0.45);
    canvas.columns([inner.min(outer), inner.max(outer)], edges, |_, _| colour, 0.9);
}

/// Draws the nose as shadows and highlights.
pub(super) fn nose(canvas: &mut Canvas, face: &Face) {
    let tip = face.x(0.0, 0.56);
    let bridge = face.x(0.0, 0.44);
    let wide = 0.085 + 0.02 * face.gender;
    let dark = lit(face.skin, 0.62);
    // The side of the nose away from the lamp or the viewer.
    let away = -face.lamp.side() + 1.2 * face.turn_sin;
    let side = away.clamp(-1.0, 1.0);
    canvas.glow([bridge + (tip - bridge) * 0.6 + 0.075 * side, 0.1], [0.075, 0.22], dark, 0.5 * side.abs());
    canvas.glow([tip, 0.262], [wide * 1.5, 0.065], dark, 0.75);
    for nostril in [-1.0, 1.0] {
        let x = tip + nostril * wide * 0.55 * face.turn_cos;
        canvas.ellipse([x, 0.25], [0.026, 0.014], lit(face.skin, 0.34), 0.75);
    }
    let light = mix(face.skin, [1.0; 3], 0.45);
    canvas.glow([tip - 0.02 * side, 0.18], [0.06, 0.07], light, 0.45);
    canvas.glow([bridge - 0.02 * side, 0.0], [0.045, 0.2], light, 0.3);
}

/// Draws the mouth, from sad through neutral to a laugh that shows teeth.
pub(super) fn mouth(canvas: &mut Canvas, face: &Face) {
    let half = 0.16 + 0.075 * face.glad() + 0.01 * face.gender - 0.02 * face.sad();
    let left = face.x(-half, 0.38);
    let right = face.x(half, 0.38);
    let lift = 0.1 * face.smile + 0.004;
    let open = 0.122 * rise(face.smile, 0.1, 1.0);
    // The line where the lips meet: corners go up for a smile, down for a frown.
    let line = |u: f32| MOUTH + 0.2 * lift - lift * u * u;
    // A smile thins the lips.
    let full = (1.0 - 0.5 * face.gender) * (1.0 - 0.4 * face.glad());
    let natural = mix(lit(face.skin, 0.86), [0.62, 0.22, 0.22], 0.38);
    let colour = mix(natural, [0.78, 0.18, 0.24], 0.72 * (1.0 - face.gender));
    let round = |u: f32| 1.0 - u * u;
    let upper = |u: f32| {
        let bow = 0.012 * (1.0 - rise(u.abs(), 0.0, 0.35));
        line(u) - (0.03 + 0.03 * full) * round(u) + bow * full
    };
    let lower = |u: f32| line(u) + (open + 0.034 + 0.036 * full) * round(u);
    canvas.glow([(left + right) / 2.0, lower(0.0) + 0.035], [0.13, 0.05], lit(face.skin, 0.6), 0.55);
    canvas.columns([left, right], |u| [upper(u), line(u)], |_, _| lit(colour, 0.86), 1.0);
    canvas.columns([left, right], |u| [line(u), lower(u)], |_, _| colour, 1.0);
    let shine = mix(colour, [1.0; 3], 0.4);
    canvas.glow(
        [(left + right) / 2.0, (line(0.0) + open + lower(0.0)) / 2.0],
        [0.08, 0.025],
        shine,
        0.7 * full,
    );
    let gap = |u: f32| [line(u) - 0.008, line(u) + 0.008 + open * round(u)];
    canvas.columns([left - 0.012, right + 0.012], gap, |_, _| [0.26, 0.08, 0.09], 0.92);
    let teeth = |u: f32| [line(u) + 0.002, line(u) + 0.72 * open * round(u)];
    canvas.columns([left + 0.03, right - 0.03], teeth, |_, _| WHITE, rise(open, 0.0, 0.02));
    // The folds from nose to mouth.
    for side in [-1.0, 1.0] {
        let x = face.x(side * (half + 0.055), 0.36);
        let strength = 0.5 * face.smile.abs();
        canvas.glow([x, MOUTH - 0.05 - 0.4 * lift], [0.045, 0.13], lit(face.skin, 0.6), strength);
    }
}

/// Draws glasses: rims, bridge and temples.
pub(super) fn glasses(canvas: &mut Canvas, face: &Face) {
    const FRAME: Colour = [0.10, 0.10, 0.13];
    let rim = 0.026;
    let (high, low) = (EYES - 0.125, EYES + 0.135);
    for side in [-1.0, 1.0] {
        let inner = face.x(side * (APART - 0.145), 0.48);
        let outer = face.x(side * (APART + 0.155), 0.40);
        let ends = [inner.min(outer), inner.max(outer)];
        let (middle, half) = ((high + low) / 2.0, (low - high) / 2.0);
        let bulge = |u: f32, half: f32| half * (1.0 - u * u * u * u).max(0.0).sqrt();
        canvas.columns(
            ends,
            |u| [middle - bulge(u, half), middle + bulge(u, half)],
            |_, _| [0.85, 0.92, 0.96],
            0.16,
        );
        let thick = |u: f32| rim * (1.0 + 1.6 * u * u * u * u * u * u);
        let top = |u: f32| middle - bulge(u, half);
        let bottom = |u: f32| middle + bulge(u, half);
        canvas.columns(ends, |u| [top(u) - rim * 0.3, (top(u) + thick(u)).min(middle)], |_, _| FRAME, 0.95);
        canvas.columns(ends, |u| [(bottom(u) - thick(u)).max(middle), bottom(u)], |_, _| FRAME, 0.9);
        for end in ends {
            canvas.rows(
                [middle - half * 0.6, middle + half * 0.6],
                |_| [end - rim / 2.0, end + rim / 2.0],
                |_, _| FRAME,
            );
        }
        let temple = face.x(side * 0.44, 0.0);
        let arm = [outer.min(temple), outer.max(temple)];
        canvas.columns(arm, |_| [EYES - 0.075, EYES - 0.045], |_, _| FRAME, 0.85);
    }
    let bridge = [face.x(-(APART - 0.145), 0.48), face.x(APART - 0.145, 0.48)];
    canvas.columns(bridge, |u| [EYES - 0.06 + 0.02 * u * u, EYES - 0.032 + 0.02 * u * u], |_, _| FRAME, 0.95);
}
