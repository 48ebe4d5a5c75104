//! Points for a classifier.

use crate::Representation;
use crate::representation::power_of_two;

/// Points `[N, D]`, row by row.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    values: Vec<f64>,
    width: usize,
}

impl Table {
    /// Points of `width` values each.
    pub(crate) fn new(values: Vec<f64>, width: usize) -> Self {
        Self { values, width }
    }

    /// Values of a point.
    pub(super) fn width(&self) -> usize {
        self.width
    }

    pub(super) fn rows(&self) -> impl Iterator<Item = &[f64]> {
        self.values.chunks_exact(self.width)
    }
}

/// Mean and standard deviation of values, 1 for values that are all equal.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moments {
    /// Power of two that the values are divided by first, so that no square is lost or infinite.
    unit: f64,
    mean: f64,
    std: f64,
}

impl Moments {
    pub(crate) fn of(values: &[f64]) -> Self {
        let largest = values.iter().fold(0.0, |largest: f64, value| largest.max(value.abs()));
        let unit = power_of_two(largest);
        let mean = values.iter().map(|value| value / unit).sum::<f64>() / values.len() as f64;
        let squares: f64 = values.iter().map(|value| (value / unit - mean).powi(2)).sum();
        let std = (squares / values.len() as f64).sqrt();
        Self { unit, mean, std: if std > 0.0 { std } else { 1.0 } }
    }

    /// A value less the mean and over the standard deviation.
    pub(crate) fn standard(&self, value: f64) -> f64 {
        (value / self.unit - self.mean) / self.std
    }
}

/// Moments of every unit of a sample.
pub(crate) struct Standard {
    moments: Vec<Moments>,
}

impl Standard {
    /// Those of `sample`.
    pub(crate) fn of(sample: &Representation) -> Self {
        Self { moments: (0..sample.latent()).map(|unit| Moments::of(&sample.unit(unit))).collect() }
    }

    /// The codes, each unit less its mean and over its standard deviation.
    pub(crate) fn table(&self, sample: &Representation) -> Table {
        let codes = (0..sample.rows()).flat_map(|row| sample.code(row).iter().zip(&self.moments));
        let values = codes.map(|(&value, moments)| moments.standard(value));
        Table::new(values.collect(), sample.latent())
    }

    /// The same, a list a unit.
    pub(crate) fn columns(&self, sample: &Representation) -> Vec<Vec<f64>> {
        let column = |(unit, moments): (usize, &Moments)| {
            sample.unit(unit).into_iter().map(|value| moments.standard(value)).collect()
        };
        self.moments.iter().enumerate().map(column).collect()
    }
}
