//! The prior p(z) of a unit that a model was trained with, from its card.
//!
//! | in the card | p(z) |
//! |---|---|
//! | none of the below | N(0, 1) |
//! | `laplace` | exp(−\|z\|/b) / 2b |
//! | `spike-slab` | N(0, 1) with probability α, otherwise 0 |
//! | `mixture` | s·N(0, t²) + (1 − s)·N(0, 1) |
//!
//! Priors with learnt variances count as N(0, 1), because the card doesn't contain the variances.

use std::f64::consts::{FRAC_1_SQRT_2, TAU};

use model::Card;
use worlds::sin_cos;

use crate::dice::Dice;

/// Prior of a unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Prior {
    /// N(0, 1).
    Gaussian,
    /// Laplace(0, b).
    Laplace {
        /// b.
        scale: f64,
    },
    /// N(0, 1) with probability α, otherwise 0.
    SpikeSlab {
        /// α.
        active: f64,
    },
    /// Mixture of a narrow and a wide normal distribution.
    Mixture {
        /// s.
        share: f64,
        /// t.
        narrow: f64,
    },
}

impl Prior {
    /// Returns the prior of a model.
    pub fn of(card: &Card) -> Self {
        let objective = &card.objective;
        let positive = |name: &str, default: f64| {
            let value = objective.parameters.get(name).copied();
            value.filter(|value| value.is_finite() && *value > 0.0).unwrap_or(default)
        };
        let mut parts = objective.name.split(" + ");
        parts
            .find_map(|part| {
                Some(match part {
                    "laplace" => Self::Laplace { scale: positive("scale", FRAC_1_SQRT_2) },
                    "spike-slab" => Self::SpikeSlab { active: positive("active", 1.0).min(1.0) },
                    "mixture" => {
                        let [share, narrow] = [("share", 0.5), ("narrow", 1.0)].map(|(k, v)| positive(k, v));
                        Self::Mixture { share: share.min(1.0), narrow }
                    }
                    _ => return None,
                })
            })
            .unwrap_or(Self::Gaussian)
    }

    /// Density p(z), without the spike.
    pub fn density(self, z: f64) -> f64 {
        let normal = |std: f64| (-0.5 * (z / std).powi(2)).exp() / (std * TAU.sqrt());
        match self {
            Self::Gaussian => normal(1.0),
            Self::Laplace { scale } => (-z.abs() / scale).exp() / (2.0 * scale),
            Self::SpikeSlab { active } => active * normal(1.0),
            Self::Mixture { share, narrow } => share * normal(narrow) + (1.0 - share) * normal(1.0),
        }
    }

    /// Draws a value.
    pub(super) fn sample(self, dice: &mut Dice) -> f64 {
        match self {
            Self::Gaussian => normal(dice),
            Self::Laplace { scale } => {
                let [side, depth] = [dice.unit(), 1.0 - dice.unit()];
                scale * depth.ln() * if side < 0.5 { 1.0 } else { -1.0 }
            }
            Self::SpikeSlab { active } => {
                let value = normal(dice);
                if dice.unit() < active { value } else { 0.0 }
            }
            Self::Mixture { share, narrow } => {
                let value = normal(dice);
                if dice.unit() < share { narrow * value } else { value }
            }
        }
    }
}

/// Draws a value from N(0, 1) (Box & Muller 1958).
fn normal(dice: &mut Dice) -> f64 {
    let radius = (-2.0 * (1.0 - dice.unit()).ln()).sqrt();
    radius * sin_cos(TAU * dice.unit()).1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples;

    fn named(name: &str, parameters: &[(&str, f64)]) -> Prior {
        let mut card = samples::card(1, 2);
        card.objective.name = name.into();
        card.objective.parameters = parameters.iter().map(|(k, v)| ((*k).to_owned(), *v)).collect();
        Prior::of(&card)
    }

    const ALL: [Prior; 4] = [
        Prior::Gaussian,
        Prior::Laplace { scale: 0.5 },
        Prior::SpikeSlab { active: 0.2 },
        Prior::Mixture { share: 0.8, narrow: 0.1 },
    ];

    #[test]
    fn a_card_tells_its_prior() {
        assert_eq!(named("vae", &[]), Prior::Gaussian);
        assert_eq!(named("beta + laplace + sparsity", &[("scale", 0.5)]), ALL[1]);
        assert_eq!(named("vae + spike-slab", &[("active", 0.2)]), ALL[2]);
        assert_eq!(named("vae + mixture", &[("share", 0.8), ("narrow", 0.1)]), ALL[3]);
        assert_eq!(named("vae + laplace", &[("scale", -1.0)]), Prior::Laplace { scale: FRAC_1_SQRT_2 });
        assert_eq!(named("tc + relevance", &[("strength", 1.0)]), Prior::Gaussian);
    }

    #[test]
    fn a_density_is_what_samples_follow() {
        for prior in ALL {
            let mut dice = Dice::new(7);
            let samples: Vec<f64> = (0..20_000).map(|_| prior.sample(&mut dice)).collect();
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
