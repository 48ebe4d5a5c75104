//! Distances, means and variances of units. Units may be circular: their values are angles in radians.

use std::f64::consts::{PI, TAU};

/// Returns |a − b|, or the shorter arc between two angles, 0 to π.
pub(crate) fn distance(a: f64, b: f64, circle: bool) -> f64 {
    if !circle {
        return (a - b).abs();
    }
    let way = (a - b).rem_euclid(TAU);
    if way > PI { TAU - way } else { way }
}

/// Returns the mean, or the direction of the mean of the angles' points on the unit circle.
pub(crate) fn mean(values: impl Iterator<Item = f64> + Clone, circle: bool) -> f64 {
    let count = values.clone().count() as f64;
    if !circle {
        return values.sum::<f64>() / count;
    }
    let (sin, cos) = values.map(f64::sin_cos).fold((0.0, 0.0), |sum, of| (sum.0 + of.0, sum.1 + of.1));
    sin.atan2(cos)
}

/// Returns the sample variance (N − 1 degrees of freedom), or for angles the variance of their points on
/// the unit circle, Var(cos θ) + Var(sin θ). The latter is close to Var(θ) for angles that lie close
/// together, and 1 for angles spread evenly (Mardia & Jupp 2000, "Directional statistics", section 2.3).
pub(crate) fn variance(values: impl Iterator<Item = f64> + Clone, circle: bool) -> f64 {
    if circle {
        return linear_variance(values.clone().map(f64::cos)) + linear_variance(values.map(f64::sin));
    }
    linear_variance(values)
}

fn linear_variance(values: impl Iterator<Item = f64> + Clone) -> f64 {
    let count = values.clone().count() as f64;
    let mean = values.clone().sum::<f64>() / count;
    values.map(|value| (value - mean).powi(2)).sum::<f64>() / (count - 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn angles_are_close_across_the_jump_at_pi() {
        assert!((distance(3.0, -3.0, true) - (TAU - 6.0)).abs() < 1e-12);
        assert!((distance(0.5, 2.0, true) - 1.5).abs() < 1e-12);
        assert_eq!(distance(3.0, -3.0, false), 6.0);
        let across = [PI - 0.1, 0.2 - PI, PI];
        assert!(distance(mean(across.into_iter(), true), 0.1 / 3.0 - PI, true) < 1e-3);
        assert!((variance(across.into_iter(), true) - 0.07 / 3.0).abs() < 1e-3);
        assert_eq!(mean([1.0, 5.0].into_iter(), false), 3.0);
        assert_eq!(variance([1.0, 5.0].into_iter(), false), 8.0);
    }

    #[test]
    fn evenly_spread_angles_have_variance_1() {
        let round = |count: u32| variance((0..count).map(|i| TAU * f64::from(i) / f64::from(count)), true);
        assert!((round(1000) - 1.0).abs() < 2e-3, "{}", round(1000));
    }
}
