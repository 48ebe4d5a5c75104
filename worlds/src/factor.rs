//! Factors of variation.

/// How a factor's values relate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FactorKind {
    /// Unordered classes.
    Category,
    /// A quantity between two ends.
    Quantity,
    /// A quantity whose two ends are the same, such as an angle.
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
    /// The value of a class.
    pub fn value(&self, class: usize) -> f64 {
        if self.count < 2 {
            return self.low;
        }
        self.low + (self.high - self.low) * class as f64 / (self.count - 1) as f64
    }
}
