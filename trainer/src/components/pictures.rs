//! Pictures as the windows read them.

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
                let mean = |row: usize, column: usize, channel: usize| {
                    let pixels = (0..cell * cell).map(|place| {
                        let (y, x) = (row * cell + place / cell, column * cell + place % cell);
                        image[(y * shape.width + x) * shape.channels + channel]
                    });
                    pixels.sum::<f32>() / (cell * cell) as f32
                };
                for row in 0..height {
                    for column in 0..width {
                        for channel in 0..shape.channels {
                            let here = mean(row, column, channel);
                            let value = if mirror {
                                0.5 * (here + mean(row, whole - 1 - column, channel))
                            } else {
                                here
                            };
                            pictures.cells.push((value + DARKEST).ln());
                        }
                    }
                }
            }
        }
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
