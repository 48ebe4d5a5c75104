//! Sine and cosine from additions and multiplications only.
//!
//! The standard library calls each platform's maths library, and results may differ in the last bit.
//! Worlds must draw the same pixels natively and in the browser, so they use these functions: IEEE
//! arithmetic in a fixed order gives the same bits everywhere.

use std::f64::consts::TAU;

/// Coefficients of the Taylor series of sin r / r in r², exact to 1e-17 for |r| ≤ π/4.
const SIN: [f64; 9] = series(1);

/// Coefficients of the Taylor series of cos r in r².
const COS: [f64; 9] = series(0);

const fn series(first: u32) -> [f64; 9] {
    let mut terms = [1.0; 9];
    let mut k = 1;
    while k < terms.len() {
        let n = (2 * k as u32 + first) as f64;
        terms[k] = -terms[k - 1] / (n * (n - 1.0));
        k += 1;
    }
    terms
}

/// Returns the sine and cosine of `angle` (radians): the same bits on every platform, within 1e-15 of the
/// true values for angles of a few turns. Angles 0 and 2π give equal results.
pub fn sin_cos(angle: f64) -> (f64, f64) {
    let turns = angle / TAU;
    let quarter = (turns * 4.0 + 0.5).floor();
    let r = (turns - quarter / 4.0) * TAU;
    let polynomial = |terms: &[f64; 9]| terms.iter().rev().fold(0.0, |sum, term| sum * r * r + term);
    let (sin, cos) = (r * polynomial(&SIN), polynomial(&COS));
    match quarter.rem_euclid(4.0) as u8 {
        0 => (sin, cos),
        1 => (cos, -sin),
        2 => (-sin, -cos),
        _ => (-cos, sin),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_the_standard_library() {
        for step in -4000..=4000 {
            let angle = f64::from(step) * 0.005;
            let (sin, cos) = sin_cos(angle);
            assert!((sin - angle.sin()).abs() < 1e-14, "sin {angle}");
            assert!((cos - angle.cos()).abs() < 1e-14, "cos {angle}");
        }
    }

    #[test]
    fn a_whole_turn_is_no_turn() {
        assert_eq!(sin_cos(TAU), sin_cos(0.0));
        assert_eq!(sin_cos(0.0), (0.0, 1.0));
    }
}
