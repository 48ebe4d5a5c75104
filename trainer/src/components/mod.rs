//! Finds factors of variation that several parts of an aligned picture show, such as the gender and the smile
//! of a face. No label is used.
//!
//! Parts of one picture have in common what changes them all. A draw takes random parts of the pictures and
//! finds what they have in common, as independent components. A component that returns in many draws is a
//! factor:
//!
//! 1. A draw cuts 5 to 9 random [windows] out of each picture. The pixels of a window have mean 0 and variance
//!    1 in each picture, so that light and exposure are left out. Principal components shorten them.
//! 2. Generalised canonical correlation analysis finds the directions about which the windows agree most
//!    (Kettenring 1971, "Canonical analysis of several sets of variables", MAXVAR).
//! 3. FastICA turns them to independent [components](independent) (Hyvärinen 1999, "Fast and robust fixed-point
//!    algorithms for independent component analysis").
//! 4. The components of all draws are [grouped](mod@groups) by their correlation (Himberg et al. 2004, "Validating
//!    the independent components of neuroimaging time series via clustering and visualization"). The mean of a
//!    group is a factor; large groups come first.

mod groups;
mod independent;
mod pictures;
mod whitening;
mod windows;

use model::random::{Purpose, stream};
use nalgebra::DMatrix;
use rand::{Rng, RngCore};
use rayon::prelude::*;

use crate::data::{DataError, Dataset};
use groups::groups;
use pictures::Pictures;
use windows::Pixels;

/// Smallest number of images whose components mean something: a draw estimates up to 144² correlations.
pub const FEWEST: u64 = 500;
/// Largest number of images: memory grows with it.
pub const MOST: u64 = 200_000;
/// Smallest side of an image, in pixels.
const SMALLEST: usize = 16;

/// Options of [`components`].
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Number of components to return.
    pub count: usize,
    /// Number of draws.
    pub draws: u64,
    /// Number of images at the end of the data set that are not used to find the components.
    pub hold_out: u64,
    /// Whether an image and its mirror image have the same factors: their mean is used.
    pub mirror: bool,
    /// Seed of windows and rotations.
    pub seed: u64,
}

/// Factors that parts of pictures have in common.
#[derive(Clone, Debug, PartialEq)]
pub struct Components {
    /// Values `[N, C]`, a row for each image. Each column has mean 0 and variance 1 over the images that are not
    /// held out, and is skewed to the right.
    pub values: Vec<f32>,
    /// The groups, largest first.
    pub groups: Vec<Group>,
    /// Number of components of all draws.
    pub drawn: usize,
}

/// A group of components of different draws.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Group {
    /// Number of components in the group.
    pub size: usize,
    /// Mean absolute correlation between two of them, 0 to 1.
    pub agreement: f64,
}

/// Why no components were found.
#[derive(Debug, thiserror::Error)]
pub enum ComponentsError {
    /// An image can't be read.
    #[error(transparent)]
    Data(#[from] DataError),
    /// There are too few images.
    #[error(
        "`{name}` has {images} images without those that are held out; components need at least {FEWEST}"
    )]
    Few {
        /// Name of the data set.
        name: String,
        /// Number of images.
        images: u64,
    },
    /// There are too many images.
    #[error("`{name}` has {images} images; components can be found in at most {MOST}, so choose fewer")]
    Many {
        /// Name of the data set.
        name: String,
        /// Number of images.
        images: u64,
    },
    /// The images are too small.
    #[error("the images of `{name}` are {height}×{width}; components need at least {SMALLEST}×{SMALLEST}")]
    Small {
        /// Name of the data set.
        name: String,
        /// Rows.
        height: usize,
        /// Columns.
        width: usize,
    },
    /// The images don't differ.
    #[error("parts of the images of `{0}` have nothing in common: they hardly differ between images")]
    Alike(String),
}

/// Finds the components of the images of `dataset`. `drawn` is called after each draw.
///
/// # Errors
/// Fails if an image can't be read, and if the images are too few, too small or alike.
pub fn components(
    dataset: &dyn Dataset,
    options: &Options,
    drawn: &(dyn Fn() + Sync),
) -> Result<Components, ComponentsError> {
    let name = dataset.name().to_owned();
    let (shape, kept) = (dataset.image_shape(), dataset.len().saturating_sub(options.hold_out));
    if kept < FEWEST {
        return Err(ComponentsError::Few { name, images: kept });
    }
    if dataset.len() > MOST {
        return Err(ComponentsError::Many { name, images: dataset.len() });
    }
    if shape.height.min(shape.width) < SMALLEST {
        return Err(ComponentsError::Small { name, height: shape.height, width: shape.width });
    }
    let pictures = Pictures::read(dataset, options.mirror)?;
    let draws: Vec<Vec<Vec<f32>>> = (0..options.draws)
        .into_par_iter()
        .map(|number| {
            let rng = &mut stream(options.seed, Purpose::Evaluation, number);
            let found = draw(&pictures, kept as usize, rng).as_ref().map(columns);
            drawn();
            found.unwrap_or_default()
        })
        .collect();
    let columns: Vec<Vec<f32>> = draws.into_iter().flatten().collect();
    let count = columns.len();
    let (groups, means) = groups(columns, kept as usize, options.count);
    if groups.is_empty() {
        return Err(ComponentsError::Alike(name));
    }
    let rows = 0..dataset.len() as usize;
    let values = rows.flat_map(|row| means.iter().map(move |mean| mean[row])).collect();
    Ok(Components { values, groups, drawn: count })
}

fn columns(matrix: &DMatrix<f64>) -> Vec<Vec<f32>> {
    matrix.column_iter().map(|column| column.iter().map(|&value| value as f32).collect()).collect()
}

/// Finds what random windows of the `pictures` have in common, from the first `kept` pictures: `[N, K]`, with a
/// row for each picture. Returns `None` if the pictures don't differ in two windows.
fn draw(pictures: &Pictures, kept: usize, rng: &mut dyn RngCore) -> Option<DMatrix<f64>> {
    let pixels = Pixels::draw(pictures.channels, rng);
    let (keep, common) = (rng.random_range(8..=16), rng.random_range(4..=10));
    let parts: Vec<DMatrix<f64>> = windows::draw(pictures.height, pictures.width, pictures.mirrored, rng)
        .iter()
        .filter_map(|window| whitening::whiten(window.read(pictures, pixels), kept, keep))
        .collect();
    if parts.len() < 2 {
        return None;
    }
    let agreed = whitening::whiten(side_by_side(&parts), kept, common)?;
    Some(independent::turn(&agreed, kept, rng))
}

/// Puts the columns of matrices with equal numbers of rows side by side.
fn side_by_side(parts: &[DMatrix<f64>]) -> DMatrix<f64> {
    let columns: Vec<_> = parts.iter().flat_map(|part| part.column_iter()).collect();
    DMatrix::from_columns(&columns)
}

#[cfg(test)]
mod tests;
