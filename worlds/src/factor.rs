//! Factors of variation.

/// How a factor's values relate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FactorKind {
    /// Unordered classes.
    Category,
    /// A quantity between two ends.
    Quantity,
    /// A quantity that comes back to where it began, such as an angle over a whole turn.
    Cycle,
}

/// One factor of variation: its name and its grid.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Factor {
    /// Name in tables, labels and model cards.
    pub name: &'static str,
    /// How its values relate.
    pub kind: FactorKind,
    /// Value of the first class.
    pub low: f64,
    /// Value of the last class.
    pub high: f64,
    /// Number of grid values, evenly spaced from `low` to `high`, both included.
    pub count: usize,
    /// Names of the classes of a category; empty for quantities.
    pub labels: &'static [&'static str],
}

impl Factor {
    /// A quantity from `low` to `high` with `count` grid values.
    pub(crate) const fn quantity(name: &'static str, low: f64, high: f64, count: usize) -> Self {
        Self { name, kind: FactorKind::Quantity, low, high, count, labels: &[] }
    }

    /// A category with one class a label.
    pub(crate) const fn category(name: &'static str, labels: &'static [&'static str]) -> Self {
        let count = labels.len();
        Self { name, kind: FactorKind::Category, low: 0.0, high: (count - 1) as f64, count, labels }
    }

    /// The nearest value that can be drawn: a quantity's within its range, a category's whole class, a
    /// cycle's as it is; of what is no number, or endless, the lowest.
    pub(crate) fn nearest(&self, value: f64) -> f64 {
        match self.kind {
            FactorKind::Cycle if value.is_finite() => value,
            FactorKind::Cycle => self.low,
            FactorKind::Quantity => value.max(self.low).min(self.high),
            FactorKind::Category => value.max(self.low).min(self.high).round(),
        }
    }

    /// The value of a class.
    pub fn value(&self, class: usize) -> f64 {
        if self.count < 2 {
            return self.low;
        }
        self.low + (self.high - self.low) * class as f64 / (self.count - 1) as f64
    }
}
