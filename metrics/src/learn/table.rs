//! Points for a classifier.

use crate::Representation;

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

/// Mean and standard deviation of every unit of a sample; 1 for a unit that doesn't vary.
pub(crate) struct Standard {
    moments: Vec<(f64, f64)>,
}

impl Standard {
    /// Those of `sample`.
    pub(crate) fn of(sample: &Representation) -> Self {
        let moments = |unit: usize| {
            let values = sample.unit(unit);
            let mean = values.iter().map(|&value| f64::from(value)).sum::<f64>() / values.len() as f64;
            let squares: f64 = values.iter().map(|&value| (f64::from(value) - mean).powi(2)).sum();
            let std = (squares / values.len() as f64).sqrt();
            (mean, if std > 0.0 { std } else { 1.0 })
        };
        Self { moments: (0..sample.latent()).map(moments).collect() }
    }

    /// The codes, each unit less its mean and over its standard deviation.
    pub(crate) fn table(&self, sample: &Representation) -> Table {
        let codes = (0..sample.rows()).flat_map(|row| sample.code(row).iter().zip(&self.moments));
        let values = codes.map(|(&value, (mean, std))| (f64::from(value) - mean) / std);
        Table::new(values.collect(), sample.latent())
    }
}
