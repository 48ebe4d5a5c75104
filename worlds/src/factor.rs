//! Factors of variation.

/// How the values of a factor relate to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FactorKind {
    /// Unordered classes.
    Category,
    /// A number between two bounds.
    Quantity,
    /// A number that wraps around, such as an angle over a full turn.
    Cycle,
}

/// A factor of variation: its name and its grid of values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Factor {
    /// Name shown in tables, labels and model cards.
    pub name: &'static str,
    /// How the values relate to each other.
    pub kind: FactorKind,
    /// Value of class 0.
    pub low: f64,
    /// Value of class `count - 1`.
    pub high: f64,
    /// Number of grid values, evenly spaced from `low` to `high` inclusive.
    pub count: usize,
    /// Class names of a category; empty otherwise.
    pub labels: &'static [&'static str],
}

impl Factor {
    /// A quantity with `count` grid values from `low` to `high`.
    pub const fn quantity(name: &'static str, low: f64, high: f64, count: usize) -> Self {
        Self { name, kind: FactorKind::Quantity, low, high, count, labels: &[] }
    }

    /// A category with one class per label.
    pub const fn category(name: &'static str, labels: &'static [&'static str]) -> Self {
        let count = labels.len();
        Self { name, kind: FactorKind::Category, low: 0.0, high: (count - 1) as f64, count, labels }
    }

    /// Returns the nearest value that can be drawn: quantities are clamped to their range, categories are
    /// clamped and rounded to a class, cycles stay as they are. NaN becomes `low`, and so does an
    /// infinite cycle.
    pub(crate) fn nearest(&self, value: f64) -> f64 {
        match self.kind {
            FactorKind::Cycle if value.is_finite() => value,
            FactorKind::Cycle => self.low,
            FactorKind::Quantity => value.max(self.low).min(self.high),
            FactorKind::Category => value.max(self.low).min(self.high).round(),
        }
    }

    /// Returns the grid value of `class`.
    pub fn value(&self, class: usize) -> f64 {
        if self.count < 2 {
            return self.low;
        }
        self.low + (self.high - self.low) * class as f64 / (self.count - 1) as f64
    }
}
