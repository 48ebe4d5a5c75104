//! Codes of images with chosen factors, for metrics that choose their images.

use std::convert::Infallible;

use rand::Rng;

use crate::Representation;

/// A source of codes for given factors: a trained model, or a table of all codes.
pub trait Sampler {
    /// Error if codes can't be produced.
    type Error;

    /// Number of classes of each factor, K of them.
    fn sizes(&self) -> &[usize];

    /// Units per code, D.
    fn latent(&self) -> usize;

    /// Number of circular units, which are the last ones; their values are angles in radians.
    fn circles(&self) -> usize {
        0
    }

    /// Returns the codes `[N, D]` of images with the given classes `[N, K]`, each below its factor's
    /// size.
    ///
    /// # Errors
    /// Fails if the images can't be encoded.
    fn codes(&self, classes: &[usize]) -> Result<Vec<f64>, Self::Error>;
}

/// Draws classes `[count, K]` uniformly.
pub(crate) fn draw(sizes: &[usize], count: usize, rng: &mut impl Rng) -> Vec<usize> {
    (0..count).flat_map(|_| sizes).map(|&size| rng.random_range(0..size)).collect()
}

/// Codes of a full grid of factors: one row per combination of classes; the last factor varies fastest.
#[derive(Clone, Debug)]
pub struct Grid {
    rows: Representation,
}

/// Why rows are not a full grid.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GridError {
    /// The number of rows differs from the number of combinations.
    #[error(
        "there are {rows} rows, but factors of {sizes:?} classes have {grid} combinations; a grid has a row for each"
    )]
    Count {
        /// Number of rows.
        rows: usize,
        /// Classes of each factor.
        sizes: Vec<usize>,
        /// Rows of the full grid.
        grid: u128,
    },
    /// A combination is in the wrong place.
    #[error(
        "row {row} is out of the grid's order: its classes are {found:?} and should be {expected:?}; the last factor changes fastest"
    )]
    Order {
        /// Row, counted from 0.
        row: usize,
        /// Classes of the row.
        found: Vec<u32>,
        /// Classes that belong there.
        expected: Vec<u32>,
    },
}

impl Grid {
    /// Creates a grid from the rows of a full grid, in order.
    ///
    /// # Errors
    /// Fails if rows are missing or additional, or names the first row out of order.
    pub fn new(rows: Representation) -> Result<Self, GridError> {
        let sizes = rows.sizes();
        let grid = sizes.iter().fold(1u128, |grid, &size| grid.saturating_mul(size as u128));
        if grid != rows.rows() as u128 {
            return Err(GridError::Count { rows: rows.rows(), sizes: sizes.to_vec(), grid });
        }
        let mut expected = vec![0; sizes.len()];
        for row in 0..rows.rows() {
            if rows.classes(row) != expected {
                return Err(GridError::Order { row, found: rows.classes(row).to_vec(), expected });
            }
            advance(&mut expected, sizes);
        }
        Ok(Self { rows })
    }

    /// Returns all rows.
    pub fn rows(&self) -> &Representation {
        &self.rows
    }
}

/// Changes `classes` to those of the next row of a grid.
fn advance(classes: &mut [u32], sizes: &[usize]) {
    for (class, &size) in classes.iter_mut().zip(sizes).rev() {
        *class += 1;
        if (*class as usize) < size {
            return;
        }
        *class = 0;
    }
}

impl Sampler for Grid {
    type Error = Infallible;

    fn sizes(&self) -> &[usize] {
        self.rows.sizes()
    }

    fn latent(&self) -> usize {
        self.rows.latent()
    }

    fn circles(&self) -> usize {
        self.rows.circles()
    }

    fn codes(&self, classes: &[usize]) -> Result<Vec<f64>, Infallible> {
        let sizes = self.rows.sizes();
        let row = |classes: &[usize]| classes.iter().zip(sizes).fold(0, |row, (c, size)| row * size + c);
        Ok(classes
            .chunks_exact(sizes.len())
            .flat_map(|classes| self.rows.code(row(classes)))
            .copied()
            .collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn representation(factors: &[i64]) -> Representation {
        let codes = (0..factors.len()).map(|v| v as f64).collect();
        Representation::new(codes, 2, factors, 2).expect("a representation")
    }

    #[test]
    fn a_grid_gives_the_code_of_any_classes() -> Result<(), Box<dyn std::error::Error>> {
        let factors: Vec<i64> = (0..40).flat_map(|row| [row / 8, row % 8]).collect();
        let grid = Grid::new(representation(&factors))?;
        assert_eq!(grid.codes(&[0, 0, 4, 7, 1, 2])?, [0.0, 1.0, 78.0, 79.0, 20.0, 21.0]);
        Ok(())
    }

    #[test]
    fn rows_that_are_no_grid_are_named() {
        let mut factors: Vec<i64> = (0..40).flat_map(|row| [row / 8, row % 8]).collect();
        let missing = Grid::new(representation(&factors[..78])).expect_err("it was taken");
        assert_eq!(missing, GridError::Count { rows: 39, sizes: vec![5, 8], grid: 40 });
        factors.swap(7, 5);
        let order = Grid::new(representation(&factors)).expect_err("it was taken");
        assert_eq!(order, GridError::Order { row: 2, found: vec![0, 3], expected: vec![0, 2] });
    }
}
