//! How a model is scored on a world. The trainer and the page share this and differ only in how they encode
//! images.

use worlds::{Lattice, World, varying_classes};

use crate::{
    Grid, GridError, Representation, RepresentationError, Score, drawn_rows, few_of_drawn, of_drawn,
    of_images,
};

/// The images of a world on which a model is scored.
#[allow(missing_debug_implementations, reason = "a world has no text form")]
pub struct WorldSample {
    world: &'static dyn World,
    rows: Vec<usize>,
    lattice: Lattice,
    seed: u64,
}

/// Posterior means that can't be scored.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WorldError {
    /// They are no representation.
    #[error(transparent)]
    Representation(#[from] RepresentationError),
    /// They are no grid.
    #[error(transparent)]
    Grid(#[from] GridError),
}

impl WorldSample {
    /// Draws `codes` images of the whole world with `seed`, for metrics that don't choose their images, and
    /// takes a lattice of at most `grid` images for those that do.
    pub fn new(world: &'static dyn World, codes: usize, grid: u64, seed: u64) -> Self {
        let rows = drawn_rows(world.len() as usize, codes, seed);
        Self { world, rows, lattice: Lattice::of(world, grid), seed }
    }

    /// World indices of the drawn images.
    pub fn drawn(&self) -> Vec<u64> {
        self.rows.iter().map(|&row| row as u64).collect()
    }

    /// World indices of the lattice.
    pub fn lattice(&self) -> Vec<u64> {
        self.lattice.indices()
    }

    /// Scores posterior means of the [`drawn`](Self::drawn) images, row-major `[N, latent]`, of which the last
    /// units are `circles`. A `quick` check has MIG and DCI only.
    ///
    /// # Errors
    /// Fails if the means are no representation.
    pub fn of_drawn(
        &self,
        means: Vec<f64>,
        latent: usize,
        circles: usize,
        quick: bool,
    ) -> Result<Vec<Score>, WorldError> {
        let classes = varying_classes(self.world, &self.drawn());
        let drawn = self.representation(means, &classes, latent, circles)?;
        Ok(if quick { few_of_drawn(&drawn, self.seed) } else { of_drawn(&drawn, &self.rows, self.seed) })
    }

    /// Scores posterior means of the [`lattice`](Self::lattice), row-major `[N, latent]`, of which the last units
    /// are `circles`.
    ///
    /// # Errors
    /// Fails if the means are no representation of the lattice.
    pub fn of_lattice(
        &self,
        means: Vec<f64>,
        latent: usize,
        circles: usize,
    ) -> Result<Vec<Score>, WorldError> {
        let grid = self.representation(means, &self.lattice.classes(), latent, circles)?;
        let Ok(scores) = of_images(&Grid::new(grid)?, self.seed);
        let images = self.lattice.len();
        let told = |Score { metric, value, protocol }| {
            Score::new(metric, value, format!("{protocol}; from a grid of {images} images"))
        };
        Ok(scores.into_iter().map(told).collect())
    }

    fn representation(
        &self,
        means: Vec<f64>,
        classes: &[i64],
        latent: usize,
        circles: usize,
    ) -> Result<Representation, RepresentationError> {
        Ok(Representation::new(means, latent, classes, self.lattice.factors())?.with_circles(circles))
    }
}
