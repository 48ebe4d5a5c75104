//! Draws from the prior p(z) of a unit, from the model's card.

use std::f64::consts::TAU;

use model::card::Prior;
use worlds::sin_cos;

use crate::random::Random;

/// Draws a value from `prior`.
pub(super) fn sample(prior: &Prior, random: &mut Random) -> f64 {
    match prior {
        Prior::Gaussian | Prior::Relevance { .. } => normal(random),
        Prior::Laplace { scale } => {
            let [side, depth] = [random.unit(), 1.0 - random.unit()];
            scale * depth.ln() * if side < 0.5 { 1.0 } else { -1.0 }
        }
        Prior::SpikeSlab { active } => {
            let value = normal(random);
            if random.unit() < *active { value } else { 0.0 }
        }
        Prior::Mixture { share, narrow, .. } => {
            let value = normal(random);
            if random.unit() < *share { narrow * value } else { value }
        }
    }
}

/// Draws a value from N(0, 1) (Box & Muller 1958).
fn normal(random: &mut Random) -> f64 {
    let radius = (-2.0 * (1.0 - random.unit()).ln()).sqrt();
    radius * sin_cos(TAU * random.unit()).1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_follow_the_density() {
        for prior in [
            Prior::Gaussian,
            Prior::Laplace { scale: 0.5 },
            Prior::SpikeSlab { active: 0.2 },
            Prior::Mixture { share: 0.8, narrow: 0.1, alignment: 0.0 },
            Prior::Relevance { strength: 0.5, variances: vec![4.0] },
        ] {
            let mut random = Random::new(7);
            let samples: Vec<f64> = (0..20_000).map(|_| sample(&prior, &mut random)).collect();
            for low in [-1.5, -0.5, 0.05, 1.0] {
                let high = low + 0.4;
                let steps = (0..400).map(|i| low + 0.4 * (f64::from(i) + 0.5) / 400.0);
                let share: f64 = steps.map(|z| prior.density(z) * 0.001).sum();
                let count = samples.iter().filter(|z| (low..high).contains(*z)).count();
                let found = count as f64 / 20_000.0;
                assert!((found - share).abs() < 0.015, "{prior:?} from {low}: {found} is not {share}");
            }
        }
    }
}
