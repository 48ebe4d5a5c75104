//! Weights that may change during training.

use serde::{Deserialize, Serialize};

/// A constant weight, `4.0`, or one that changes geometrically, `{ from = 60.0, to = 4.0, over = 20000 }`.
///
/// A KL weight that starts high and decreases first allows only the factors that explain most, each on an
/// axis of its own, and later the details (Shao et al. 2021, "Rethinking controllable variational
/// autoencoders", section 4).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Weight {
    /// The same weight at every step.
    Constant(f64),
    /// A weight that changes from one value to another.
    Schedule(Schedule),
}

/// How a weight changes from one value to another, up or down.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Schedule {
    /// Value at the first step.
    pub from: f64,
    /// Value from step `hold + over` on.
    pub to: f64,
    /// Steps before it starts to change.
    #[serde(default)]
    pub hold: u64,
    /// Steps that the change takes.
    pub over: u64,
}

impl Weight {
    /// The constant 0, which turns a part of the loss off.
    pub const NONE: Self = Self::Constant(0.0);

    /// Whether the weight is the constant 0.
    pub fn is_none(self) -> bool {
        self == Self::NONE
    }

    /// Value at `step`, counted from 1.
    pub fn at(self, step: u64) -> f64 {
        match self {
            Self::Constant(value) => value,
            Self::Schedule(Schedule { from, to, hold, over }) => {
                let progress = (step.saturating_sub(hold) as f64 / over.max(1) as f64).min(1.0);
                from * (to / from).powf(progress)
            }
        }
    }

    /// Final value.
    pub fn last(self) -> f64 {
        self.at(u64::MAX)
    }

    /// Whether all values are finite and above 0.
    pub(crate) fn is_positive(self) -> bool {
        let values = match self {
            Self::Constant(value) => [value; 2],
            Self::Schedule(schedule) => [schedule.from, schedule.to],
        };
        values.iter().all(|value| value.is_finite() && *value > 0.0)
    }
}

impl std::fmt::Display for Weight {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        match self {
            Self::Constant(value) => write!(f, "{value}"),
            Self::Schedule(schedule) => write!(f, "{} → {}", schedule.from, schedule.to),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_weight_stays_then_moves_by_equal_factors() {
        let weight = Weight::Schedule(Schedule { from: 64.0, to: 1.0, hold: 10, over: 60 });
        for (step, expected) in [(1, 64.0), (10, 64.0), (20, 32.0), (40, 8.0), (70, 1.0), (900, 1.0)] {
            assert!((weight.at(step) - expected).abs() < 1e-9, "{} at {step}", weight.at(step));
        }
        assert!((weight.last() - 1.0).abs() < 1e-9);
    }

    #[test]
    fn both_forms_are_read() -> Result<(), toml::de::Error> {
        #[derive(Deserialize)]
        struct Both {
            a: Weight,
            b: Weight,
        }
        let both: Both = toml::from_str("a = 4\nb = { from = 8.0, to = 2.0, over = 5 }")?;
        assert_eq!(both.a, Weight::Constant(4.0));
        assert_eq!(both.b, Weight::Schedule(Schedule { from: 8.0, to: 2.0, hold: 0, over: 5 }));
        Ok(())
    }
}
