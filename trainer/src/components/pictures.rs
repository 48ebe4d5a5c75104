//! Pictures as the windows read them.

use model::ImageShape;

use super::windows::Window;
use crate::data::{DataError, Dataset};

/// Largest smaller side of a picture in cells.
const MAX_SIDE: usize = 32;
/// Added to pixel values, so that their logarithm is finite.
const DARKEST: f32 = 0.05;
/// Number of images that are read at a time.
const CHUNK: u64 = 256;

/// The logarithms of pictures, in cells of one or more pixels. Light multiplies pixel values, so it is added to
/// their logarithms.
pub(super) struct Pictures {
    /// `[N, H, W, C]`.
    cells: Vec<f32>,
    pub(super) height: usize,
    pub(super) width: usize,
    pub(super) channels: usize,
    /// Whether the pictures are the left halves of means of images and mirror images.
    pub(super) mirrored: bool,
}

impl Pictures {
    /// Reads all images.
    pub(super) fn read(dataset: &dyn Dataset, mirror: bool) -> Result<Self, DataError> {
        let shape = dataset.image_shape();
        let cell = shape.height.min(shape.width).div_ceil(MAX_SIDE);
        let [height, whole] = [shape.height, shape.width].map(|side| side / cell);
        let width = if mirror { whole.div_ceil(2) } else { whole };
        let mut pictures =
            Self { cells: Vec::new(), height, width, channels: shape.channels, mirrored: mirror };
        for first in (0..dataset.len()).step_by(CHUNK as usize) {
            let indices: Vec<u64> = (first..dataset.len().min(first + CHUNK)).collect();
            let mut images = vec![0.0; indices.len() * shape.len()];
            dataset.read(&indices, &mut images)?;
            for image in images.chunks_exact(shape.len()) {
                let cells = pooled(image, shape, cell);
                pictures.cells.extend(if mirror { left_half(&cells, whole, shape.channels) } else { cells });
            }
        }
        pictures.cells.iter_mut().for_each(|value| *value = (*value + DARKEST).ln());
        Ok(pictures)
    }

    /// Number of pictures.
    pub(super) fn len(&self) -> usize {
        self.cells.len() / (self.height * self.width * self.channels)
    }

    /// Copies the cells of a window in picture `number`, `[h, w, C]`.
    pub(super) fn window(&self, number: usize, window: &Window) -> Vec<f32> {
        let picture = number * self.height * self.width * self.channels;
        let rows = window.top..window.top + window.height;
        rows.flat_map(|row| {
            let first = picture + (row * self.width + window.left) * self.channels;
            self.cells[first..first + window.width * self.channels].iter().copied()
        })
        .collect()
    }
}

/// Means of the pixels of an image in cells of `cell`×`cell` pixels, `[H, W, C]`.
fn pooled(image: &[f32], shape: ImageShape, cell: usize) -> Vec<f32> {
    let ImageShape { height, width, channels } = shape;
    let mut cells = Vec::with_capacity(height / cell * (width / cell) * channels);
    for (row, column) in (0..height / cell).flat_map(|row| (0..width / cell).map(move |column| (row, column)))
    {
        for channel in 0..channels {
            let pixels = (0..cell * cell).map(|place| {
                let (y, x) = (row * cell + place / cell, column * cell + place % cell);
                image[(y * width + x) * channels + channel]
            });
            cells.push(pixels.sum::<f32>() / (cell * cell) as f32);
        }
    }
    cells
}

/// The left half, middle included, of the mean of `cells`, `[H, width, C]`, and their mirror image.
fn left_half(cells: &[f32], width: usize, channels: usize) -> Vec<f32> {
    let row = |row: &[f32]| {
        let half = width.div_ceil(2) * channels;
        let mirrored = row.chunks_exact(channels).rev().flatten();
        row.iter().zip(mirrored).take(half).map(|(here, there)| 0.5 * (here + there)).collect::<Vec<f32>>()
    };
    cells.chunks_exact(width * channels).flat_map(row).collect()
}
