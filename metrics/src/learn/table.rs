//! Points for classifiers.

use crate::Representation;
use crate::representation::power_of_two;

/// Points `[N, D]`, row-major.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    values: Vec<f64>,
    width: usize,
}

impl Table {
    /// Creates a table with `width` values per point.
    pub(crate) fn new(values: Vec<f64>, width: usize) -> Self {
        Self { values, width }
    }

    /// Values per point, D.
    pub(super) fn width(&self) -> usize {
        self.width
    }

    pub(super) fn rows(&self) -> impl Iterator<Item = &[f64]> {
        self.values.chunks_exact(self.width)
    }
}

/// Mean and standard deviation of values. The deviation of equal values is set to 1.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moments {
    /// Power of two by which values are divided first, so that squares neither underflow nor overflow.
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

    /// Returns `value` minus the mean, divided by the standard deviation.
    pub(crate) fn standard(&self, value: f64) -> f64 {
        (value / self.unit - self.mean) / self.std
    }
}

/// Moments of each unit of a sample.
pub(crate) struct Standard {
    moments: Vec<Moments>,
}

impl Standard {
    /// Computes the moments of the units of `sample`.
    pub(crate) fn of(sample: &Representation) -> Self {
        Self { moments: (0..sample.latent()).map(|unit| Moments::of(&sample.unit(unit))).collect() }
    }

    /// Returns the standardised codes as points `[N, D]`.
    pub(crate) fn table(&self, sample: &Representation) -> Table {
        let codes = (0..sample.rows()).flat_map(|row| sample.code(row).iter().zip(&self.moments));
        let values = codes.map(|(&value, moments)| moments.standard(value));
        Table::new(values.collect(), sample.latent())
    }

    /// Returns the standardised codes unit by unit, `[D][N]`.
    pub(crate) fn columns(&self, sample: &Representation) -> Vec<Vec<f64>> {
        let column = |(unit, moments): (usize, &Moments)| {
            sample.unit(unit).into_iter().map(|value| moments.standard(value)).collect()
        };
        self.moments.iter().enumerate().map(column).collect()
    }
}
