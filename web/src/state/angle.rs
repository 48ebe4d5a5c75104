//! Angles of circular units.

use std::f32::consts::{PI, TAU};

/// Wraps an angle to (−π, π].
pub(crate) fn wrapped(angle: f32) -> f32 {
    let turned = (angle + PI).rem_euclid(TAU) - PI;
    if turned <= -PI { PI } else { turned }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_angle_goes_around() {
        for (angle, expected) in [(0.5, 0.5), (PI + 0.5, 0.5 - PI), (-PI - 0.5, PI - 0.5), (3.0 * PI, PI)] {
            assert!((wrapped(angle) - expected).abs() < 1e-5, "{angle}: {}", wrapped(angle));
        }
    }
}
