//! Mutual information of a continuous unit and a discrete factor by nearest neighbours (Ross 2014,
//! "Mutual Information between Discrete and Continuous Data Sets"), as in scikit-learn's
//! `mutual_info_classif`:
//!
//! I = ψ(N) + ⟨ψ(k)⟩ − ⟨ψ(N_class)⟩ − ⟨ψ(m)⟩,
//!
//! m counts the rows, including the row itself, that are nearer than the k-th neighbour of the same
//! class. Rows that are alone in their class are left out.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::learn::Moments;

/// Number of neighbours, k (Hsu et al. 2023).
const NEIGHBOURS: usize = 10;
/// Noise, in standard deviations, that makes equal values distinct.
const NOISE: f64 = 1e-10;

/// Returns I(unit; class) in nats, at least 0.
pub(crate) fn information(values: &[f64], classes: &[usize]) -> f64 {
    let count = classes.iter().max().map_or(0, |last| last + 1);
    let mut by_class = vec![Vec::new(); count];
    for (value, &class) in jittered(values).into_iter().zip(classes) {
        by_class[class].push(value);
    }
    by_class.retain(|values| values.len() > 1);
    by_class.iter_mut().for_each(|values| values.sort_unstable_by(f64::total_cmp));
    let mut all: Vec<f64> = by_class.iter().flatten().copied().collect();
    all.sort_unstable_by(f64::total_cmp);
    let mut sum = 0.0;
    for own in &by_class {
        let k = NEIGHBOURS.min(own.len() - 1);
        let own_part = digamma(k) - digamma(own.len());
        for place in 0..own.len() {
            let radius = radius(own, place, k);
            let near = |&other: &f64| (other - own[place]).abs() < radius;
            // Near values are contiguous in sorted order.
            let below = all.partition_point(|other| *other < own[place] && !near(other));
            let above = all.partition_point(|other| *other <= own[place] || near(other));
            sum += own_part - digamma((above - below).max(1));
        }
    }
    let rows = all.len();
    if rows == 0 { 0.0 } else { (digamma(rows) + sum / rows as f64).max(0.0) }
}

/// Standardises the values and adds noise, so that no two are equal.
fn jittered(values: &[f64]) -> Vec<f64> {
    let moments = Moments::of(values);
    // The noise is far below the values' differences, so the seed doesn't matter.
    let mut rng = ChaCha8Rng::seed_from_u64(0);
    values.iter().map(|&value| moments.standard(value) + NOISE * rng.random_range(-1.0..1.0)).collect()
}

/// Distance from `sorted[place]` to its k-th nearest neighbour.
fn radius(sorted: &[f64], place: usize, k: usize) -> f64 {
    let (mut low, mut high, mut distance) = (place, place, 0.0);
    for _ in 0..k {
        let below = low.checked_sub(1).map_or(f64::INFINITY, |next| sorted[place] - sorted[next]);
        let above = sorted.get(high + 1).map_or(f64::INFINITY, |next| next - sorted[place]);
        if below <= above {
            (low, distance) = (low - 1, below);
        } else {
            (high, distance) = (high + 1, above);
        }
    }
    distance
}

/// ψ(n) for n ≥ 1: the recurrence up to 10, then the asymptotic series.
fn digamma(n: usize) -> f64 {
    let mut x = n as f64;
    let mut sum = 0.0;
    while x < 10.0 {
        sum -= 1.0 / x;
        x += 1.0;
    }
    let square = 1.0 / (x * x);
    sum + x.ln() - 0.5 / x - square * (1.0 / 12.0 - square * (1.0 / 120.0 - square / 252.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digamma_matches_harmonic_numbers() {
        const EULER: f64 = 0.577_215_664_901_532_9;
        for n in [1usize, 2, 5, 10, 300] {
            let harmonic: f64 = (1..n).map(|i| 1.0 / i as f64).sum();
            assert!((digamma(n) - (harmonic - EULER)).abs() < 1e-9, "{n}");
        }
    }

    #[test]
    fn the_kth_neighbour_may_lie_on_either_side() {
        let sorted = [0.0, 1.0, 1.5, 4.0];
        assert_eq!([1, 2, 3].map(|k| radius(&sorted, 1, k)), [0.5, 1.0, 3.0]);
        assert_eq!(radius(&sorted, 3, 2), 3.0);
    }

    #[test]
    fn a_unit_equal_to_the_factor_has_all_information_and_an_independent_one_none() {
        let classes: Vec<usize> = (0..900).map(|row| row % 3).collect();
        let same: Vec<f64> = classes.iter().map(|&class| class as f64).collect();
        assert!((information(&same, &classes) - 3f64.ln()).abs() < 0.01);
        let other: Vec<f64> = (0..900).map(|row| f64::from(row / 3 * 7 % 300)).collect();
        assert!(information(&other, &classes) < 0.05);
    }
}
