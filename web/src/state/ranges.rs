//! Range of each unit's values since the current factor started to move.

/// Lowest and highest value of each unit.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ranges(Vec<[f32; 2]>);

impl Ranges {
    /// Starts the ranges at a code; empty ones start at the next code.
    pub fn from(code: &[f32]) -> Self {
        Self(code.iter().map(|&value| [value; 2]).collect())
    }

    /// Extends the ranges to a code.
    pub fn follow(&mut self, code: &[f32]) {
        if self.0.len() != code.len() {
            *self = Self::from(code);
        }
        for ([low, high], &value) in self.0.iter_mut().zip(code) {
            *low = low.min(value);
            *high = high.max(value);
        }
    }

    /// Lowest and highest value of a unit.
    pub fn of(&self, unit: usize) -> Option<[f32; 2]> {
        self.0.get(unit).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_span_all_that_it_followed() {
        let mut ranges = Ranges::default();
        ranges.follow(&[1.0, 2.0]);
        ranges.follow(&[0.5, 2.0]);
        assert_eq!([ranges.of(0), ranges.of(1), ranges.of(2)], [Some([0.5, 1.0]), Some([2.0, 2.0]), None]);
        assert_eq!(Ranges::from(&[3.0]).of(0), Some([3.0, 3.0]));
    }
}
