//! Random windows and what is read of their pixels.

use nalgebra::DMatrix;
use rand::{Rng, RngCore};
use rayon::prelude::*;

use super::pictures::Pictures;

/// Largest share of a window that lies in earlier windows.
const OVERLAP: f64 = 0.1;
/// Number of attempts to place windows.
const ATTEMPTS: usize = 400;
/// Added to the deviation of a window's pixels, so that even windows stay small.
const EVEN: f32 = 0.02;
/// Factor of differences between channels, which vary less than luminance.
const CHROMA: f32 = 2.0;

/// A rectangle of cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Window {
    pub(super) top: usize,
    pub(super) left: usize,
    pub(super) height: usize,
    pub(super) width: usize,
}

/// What is read of a window's pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pixels {
    /// The mean of the channels.
    Luminance,
    /// The channels.
    Channels,
    /// The mean of the channels, and the differences between neighbouring channels.
    Chroma,
}

impl Pixels {
    pub(super) fn draw(channels: usize, rng: &mut dyn RngCore) -> Self {
        match rng.random_range(0..3) {
            0 if channels > 1 => Self::Channels,
            1 if channels > 1 => Self::Chroma,
            _ => Self::Luminance,
        }
    }

    /// Returns the values of a window's cells, `[h, w, C]`, without their means and with a deviation of almost 1.
    fn of(self, mut cells: Vec<f32>, channels: usize) -> Vec<f32> {
        if self == Self::Luminance {
            cells = cells.chunks_exact(channels).map(mean).collect();
        }
        let channels = if self == Self::Luminance { 1 } else { channels };
        let count = (cells.len() / channels) as f32;
        for channel in 0..channels {
            let mean = cells.iter().skip(channel).step_by(channels).sum::<f32>() / count;
            cells.iter_mut().skip(channel).step_by(channels).for_each(|value| *value -= mean);
        }
        let variance = cells.iter().map(|value| value * value).sum::<f32>() / cells.len() as f32;
        let scale = 1.0 / (variance.sqrt() + EVEN);
        cells.iter_mut().for_each(|value| *value *= scale);
        if self != Self::Chroma {
            return cells;
        }
        let chroma = |pixel: &[f32]| {
            let differences = pixel.windows(2).map(|pair| CHROMA * (pair[0] - pair[1]));
            std::iter::once(mean(pixel)).chain(differences).collect::<Vec<f32>>()
        };
        cells.chunks_exact(channels).flat_map(chroma).collect()
    }
}

fn mean(pixel: &[f32]) -> f32 {
    pixel.iter().sum::<f32>() / pixel.len() as f32
}

impl Window {
    /// Reads the window in all pictures: `[N, values]`.
    pub(super) fn read(&self, pictures: &Pictures, pixels: Pixels) -> DMatrix<f64> {
        let rows: Vec<Vec<f32>> = (0..pictures.len())
            .into_par_iter()
            .map(|number| pixels.of(pictures.window(number, self), pictures.channels))
            .collect();
        let width = rows.first().map_or(0, Vec::len);
        DMatrix::from_row_iterator(rows.len(), width, rows.iter().flatten().map(|&value| value.into()))
    }

    /// Number of cells that lie in both windows.
    fn shared(&self, other: &Self) -> usize {
        let common = |a: usize, a_length: usize, b: usize, b_length: usize| {
            (a + a_length).min(b + b_length).saturating_sub(a.max(b))
        };
        common(self.top, self.height, other.top, other.height)
            * common(self.left, self.width, other.left, other.width)
    }
}

/// Draws 5 to 9 windows that hardly overlap in a picture of `height`×`width` cells; fewer if they find no place.
/// Half of the windows of `mirrored` pictures lie on the axis, at the right edge.
pub(super) fn draw(height: usize, width: usize, mirrored: bool, rng: &mut dyn RngCore) -> Vec<Window> {
    let count = rng.random_range(5..=9);
    let whole = if mirrored { 2 * width } else { width };
    let range = |side: usize, largest: usize| {
        let smallest = (side / 10).max(2);
        smallest..=largest.max(smallest)
    };
    let (heights, widths) = (range(height, height / 3), range(whole, whole / 4));
    let mut windows: Vec<Window> = Vec::new();
    for _ in 0..ATTEMPTS {
        if windows.len() == count {
            break;
        }
        let h = rng.random_range(heights.clone());
        let w = rng.random_range(widths.clone());
        let top = rng.random_range(0..=height - h);
        let on_axis = mirrored && rng.random_bool(0.5);
        let left = if on_axis { width - w } else { rng.random_range(0..=width - w) };
        let window = Window { top, left, height: h, width: w };
        let shared: usize = windows.iter().map(|other| window.shared(other)).sum();
        if shared as f64 <= OVERLAP * (h * w) as f64 {
            windows.push(window);
        }
    }
    windows
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::random::{Purpose, stream};

    #[test]
    fn windows_lie_in_the_picture_and_hardly_overlap() {
        for (number, (height, width, mirrored)) in [
            (32, 16, true),
            (32, 32, false),
            (16, 8, true),
            (16, 16, false),
            (100, 16, false),
            (16, 90, true),
        ]
        .into_iter()
        .enumerate()
        {
            let rng = &mut stream(1, Purpose::Evaluation, number as u64);
            for _ in 0..200 {
                let windows = draw(height, width, mirrored, rng);
                assert!((2..=9).contains(&windows.len()), "{} windows", windows.len());
                for (place, window) in windows.iter().enumerate() {
                    assert!(window.top + window.height <= height && window.left + window.width <= width);
                    let shared: usize = windows[..place].iter().map(|other| window.shared(other)).sum();
                    assert!(shared * 10 <= window.height * window.width);
                }
            }
        }
    }

    #[test]
    fn light_and_exposure_are_left_out() {
        let cells = [0.3, 0.5, 0.2, 0.9, 0.4, 0.1, 0.6, 0.6, 0.7, 0.2, 0.8, 0.3];
        // Light is added to logarithms, a colour of its own to each channel; contrast multiplies them.
        let lit: Vec<f32> = cells
            .iter()
            .enumerate()
            .map(|(place, value)| 3.0 * value + [0.4, -0.2, 1.0][place % 3])
            .collect();
        for pixels in [Pixels::Luminance, Pixels::Channels, Pixels::Chroma] {
            let (plain, lit) = (pixels.of(cells.to_vec(), 3), pixels.of(lit.clone(), 3));
            assert_eq!(plain.len(), if pixels == Pixels::Luminance { 4 } else { 12 });
            assert!(plain.iter().zip(&lit).all(|(a, b)| (a - b).abs() < 0.3), "{plain:?} {lit:?}");
            assert!(plain.iter().any(|value| value.abs() > 0.5));
        }
        assert!(Pixels::Channels.of(vec![0.4; 12], 3).iter().all(|value| *value == 0.0));
    }
}
