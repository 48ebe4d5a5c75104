//! Codes of images with their factors.

/// Codes `[N, D]` with the classes of their factors `[N, K]`. Codes are finite, and each factor has at
/// least two classes.
#[derive(Clone, Debug, PartialEq)]
pub struct Representation {
    codes: Vec<f64>,
    latent: usize,
    circles: usize,
    classes: Vec<u32>,
    sizes: Vec<usize>,
}

/// Why codes and factors can't be scored.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RepresentationError {
    /// The codes have no units.
    #[error("the codes have no units; give every row at least 1")]
    Units,
    /// There are fewer than two factors.
    #[error("the number of factors is {0}; disentanglement needs at least 2")]
    Factors(usize),
    /// Codes and factors have different numbers of rows, or an incomplete row.
    #[error("the codes have {codes} rows and the factors {factors}; give each code its factors")]
    Rows {
        /// Rows of codes.
        codes: usize,
        /// Rows of factors.
        factors: usize,
    },
    /// There are too few rows to fit on some and score on others.
    #[error("the number of rows is {0}; at least {MIN_ROWS} are needed")]
    Few(usize),
    /// A code is NaN or infinite.
    #[error("the code of row {row} is not finite in unit {unit}; encode again or drop the row")]
    NotFinite {
        /// Row, counted from 0.
        row: usize,
        /// Unit, counted from 0.
        unit: usize,
    },
    /// All rows have the same value of a factor.
    #[error("factor {0} has the same value in every row; drop the column, nothing can be told of it")]
    Constant(usize),
}

/// Minimum number of rows: with fewer, most bins and classes are empty and scores mean nothing.
const MIN_ROWS: usize = 30;

/// Largest code that is not rescaled.
const EXTREME: f64 = 1e30;

/// Divides the codes by a power of two if their largest is very large or very small.
fn rescaled(mut codes: Vec<f64>) -> Vec<f64> {
    let largest = codes.iter().fold(0.0, |largest: f64, code| largest.max(code.abs()));
    if largest > EXTREME || (largest > 0.0 && largest < 1.0 / EXTREME) {
        let unit = power_of_two(largest);
        codes.iter_mut().for_each(|code| *code /= unit);
    }
    codes
}

/// The largest power of two not above a positive number; dividing by it is exact.
pub(crate) fn power_of_two(value: f64) -> f64 {
    let exponent = (value.to_bits() >> 52) & 0x7ff;
    if exponent == 0 { f64::MIN_POSITIVE } else { f64::from_bits(exponent << 52) }
}

impl Representation {
    /// Creates a representation from codes `[N, latent]` and factors `[N, count]`, both row-major. A
    /// factor's classes are its distinct values in ascending order. If the largest code is above 10³⁰ or
    /// below 10⁻³⁰, all codes are divided by the same power of two, so that sums of squares stay finite.
    ///
    /// # Errors
    /// Fails if there are no units, fewer than two factors, too few rows, a code that is not finite, or a
    /// factor with a single value. The error says what is wrong and where.
    pub fn new(
        codes: Vec<f64>,
        latent: usize,
        factors: &[i64],
        count: usize,
    ) -> Result<Self, RepresentationError> {
        if latent == 0 {
            return Err(RepresentationError::Units);
        }
        if count < 2 {
            return Err(RepresentationError::Factors(count));
        }
        let rows = codes.len() / latent;
        if rows * latent != codes.len() || rows * count != factors.len() {
            return Err(RepresentationError::Rows { codes: rows, factors: factors.len() / count });
        }
        if rows < MIN_ROWS {
            return Err(RepresentationError::Few(rows));
        }
        if let Some(place) = codes.iter().position(|value| !value.is_finite()) {
            return Err(RepresentationError::NotFinite { row: place / latent, unit: place % latent });
        }
        let mut classes = vec![0; factors.len()];
        let mut sizes = Vec::with_capacity(count);
        for factor in 0..count {
            let column = || factors.iter().skip(factor).step_by(count);
            let mut values: Vec<i64> = column().copied().collect();
            values.sort_unstable();
            values.dedup();
            if values.len() < 2 {
                return Err(RepresentationError::Constant(factor));
            }
            for (class, value) in classes.iter_mut().skip(factor).step_by(count).zip(column()) {
                *class = values.partition_point(|other| other < value) as u32;
            }
            sizes.push(values.len());
        }
        Ok(Self { codes: rescaled(codes), latent, circles: 0, classes, sizes })
    }

    /// Marks the last `circles` units as circular: their values are angles in radians.
    #[must_use]
    pub fn with_circles(self, circles: usize) -> Self {
        Self { circles: circles.min(self.latent), ..self }
    }

    /// Number of circular units, which are the last ones.
    pub fn circles(&self) -> usize {
        self.circles
    }

    /// Number of codes, N.
    pub fn rows(&self) -> usize {
        self.codes.len() / self.latent
    }

    /// Units per code, D.
    pub fn latent(&self) -> usize {
        self.latent
    }

    /// Number of classes of each factor.
    pub fn sizes(&self) -> &[usize] {
        &self.sizes
    }

    /// Returns the code of a row, `[D]`.
    pub fn code(&self, row: usize) -> &[f64] {
        &self.codes[row * self.latent..][..self.latent]
    }

    /// Returns the class of each factor in a row, `[K]`.
    pub fn classes(&self, row: usize) -> &[u32] {
        &self.classes[row * self.sizes.len()..][..self.sizes.len()]
    }

    /// Returns the value of a unit in each row, `[N]`.
    pub fn unit(&self, unit: usize) -> Vec<f64> {
        self.codes.iter().skip(unit).step_by(self.latent).copied().collect()
    }

    /// Returns the class of a factor in each row, `[N]`.
    pub fn factor(&self, factor: usize) -> Vec<usize> {
        self.classes.iter().skip(factor).step_by(self.sizes.len()).map(|&class| class as usize).collect()
    }

    /// Returns the given rows, with the same numbers of classes.
    pub fn select(&self, rows: &[usize]) -> Self {
        Self {
            codes: rows.iter().flat_map(|&row| self.code(row)).copied().collect(),
            latent: self.latent,
            circles: self.circles,
            classes: rows.iter().flat_map(|&row| self.classes(row)).copied().collect(),
            sizes: self.sizes.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn factors() -> Vec<i64> {
        (0..40).flat_map(|row| [row % 4 * 10 - 7, row % 2]).collect()
    }

    #[test]
    fn values_of_a_factor_become_classes_in_their_order() -> Result<(), RepresentationError> {
        let codes: Vec<f64> = (0..120).map(f64::from).collect();
        let whole = Representation::new(codes, 3, &factors(), 2)?;
        assert_eq!((whole.rows(), whole.latent(), whole.sizes()), (40, 3, &[4, 2][..]));
        assert_eq!(whole.factor(0)[..5], [0, 1, 2, 3, 0]);
        assert_eq!((whole.code(2), whole.classes(2)), (&[6.0, 7.0, 8.0][..], &[2, 0][..]));
        let part = whole.select(&[2, 2, 5]);
        assert_eq!((part.unit(1), part.factor(1)), (vec![7.0, 7.0, 16.0], vec![0, 0, 1]));
        Ok(())
    }

    #[test]
    fn what_can_not_be_measured_is_named() {
        let problem = |codes: Vec<f64>, latent, factors: &[i64], count| {
            Representation::new(codes, latent, factors, count).expect_err("it was taken")
        };
        let good = vec![1.0; 120];
        assert_eq!(problem(Vec::new(), 0, &factors(), 2), RepresentationError::Units);
        assert_eq!(problem(good.clone(), 3, &factors(), 1), RepresentationError::Factors(1));
        assert_eq!(
            problem(vec![1.0; 117], 3, &factors(), 2),
            RepresentationError::Rows { codes: 39, factors: 40 }
        );
        assert_eq!(problem(vec![1.0; 6], 3, &[1, 2, 3, 4], 2), RepresentationError::Few(2));
        assert_eq!(problem(Vec::new(), 3, &[], 2), RepresentationError::Few(0));
        for bad in [f64::NAN, f64::INFINITY] {
            let mut codes = good.clone();
            codes[7] = bad;
            assert_eq!(problem(codes, 3, &factors(), 2), RepresentationError::NotFinite { row: 2, unit: 1 });
        }
        let constant: Vec<i64> = (0..80).map(|place| if place % 2 == 0 { place } else { 5 }).collect();
        assert_eq!(problem(good, 3, &constant, 2), RepresentationError::Constant(1));
    }
}
