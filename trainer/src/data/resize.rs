//! Crops and resizes pictures with a triangle filter, which is as wide as a new pixel or an old pixel,
//! whichever is wider: shrinking averages, enlarging interpolates.
//!
//! Own code: runs and cards hold the checksum of their images, which the rounding of a library would change.

use super::picture::{Crop, Picture};

/// The old pixels that contribute to a new pixel: the index of the first, and their weights.
struct Taps {
    first: usize,
    weights: Vec<f32>,
}

/// Resizes the kept part of a picture to `[side, side, 3]`.
pub(super) fn resize(picture: &Picture, crop: Crop, side: usize) -> Vec<u8> {
    let (width, height) = match crop {
        Crop::Square(share) => {
            let shorter = picture.width.min(picture.height);
            let kept = ((shorter as f64 * share).round() as usize).clamp(1, shorter);
            (kept, kept)
        }
        Crop::Whole => (picture.width, picture.height),
    };
    let (left, top) = ((picture.width - width) / 2, (picture.height - height) / 2);
    let taps = |from: usize| (0..side).map(|place| taps(place, from, side)).collect::<Vec<Taps>>();
    let (across, down) = (taps(width), taps(height));
    let mut columns = vec![0.0f32; height * side * 3];
    for (y, line) in columns.chunks_exact_mut(side * 3).enumerate() {
        let from = &picture.pixels[((top + y) * picture.width + left) * 3..][..width * 3];
        for (pixel, taps) in line.as_chunks_mut::<3>().0.iter_mut().zip(&across) {
            for (weight, from) in taps.weights.iter().zip(&from.as_chunks::<3>().0[taps.first..]) {
                *pixel = [0, 1, 2].map(|channel| pixel[channel] + weight * f32::from(from[channel]));
            }
        }
    }
    let mut image = Vec::with_capacity(side * side * 3);
    let mut sums = vec![0.0f32; side * 3];
    for taps in &down {
        sums.fill(0.0);
        for (weight, line) in taps.weights.iter().zip(columns.chunks_exact(side * 3).skip(taps.first)) {
            for (sum, value) in sums.iter_mut().zip(line) {
                *sum += weight * value;
            }
        }
        image.extend(sums.iter().map(|sum| (sum + 0.5) as u8));
    }
    image
}

fn taps(place: usize, from: usize, to: usize) -> Taps {
    let step = from as f32 / to as f32;
    let centre = (place as f32 + 0.5) * step;
    let reach = step.max(1.0);
    let first = (centre - reach).max(0.0) as usize;
    let end = ((centre + reach).ceil() as usize).min(from);
    let weight = |pixel: usize| (1.0 - (pixel as f32 + 0.5 - centre).abs() / reach).max(0.0);
    let mut weights: Vec<f32> = (first..end).map(weight).collect();
    let sum: f32 = weights.iter().sum();
    weights.iter_mut().for_each(|weight| *weight /= sum);
    Taps { first, weights }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(width: usize, height: usize, value: impl Fn(usize, usize) -> u8) -> Picture {
        let pixels = (0..width * height).flat_map(|i| [value(i % width, i / width); 3]).collect();
        Picture { width, height, pixels, orientation: image::metadata::Orientation::NoTransforms }
    }

    #[test]
    fn the_same_size_changes_nothing() {
        let noise = picture(9, 9, |x, y| (x * 31 + y * 97) as u8);
        assert_eq!(resize(&noise, Crop::Square(1.0), 9), noise.pixels);
    }

    #[test]
    fn one_colour_stays_one_colour_at_any_size() {
        for (width, height, side) in [(1, 1, 64), (178, 218, 64), (640, 7, 64), (63, 65, 64)] {
            let image = resize(&picture(width, height, |_, _| 77), Crop::Square(1.0), side);
            assert!(image.len() == side * side * 3 && image.iter().all(|&value| value == 77));
        }
    }

    #[test]
    fn shrinking_averages_and_does_not_drop_pixels() {
        let stripes =
            resize(&picture(256, 256, |x, _| if x % 2 == 0 { 0 } else { 200 }), Crop::Square(1.0), 16);
        assert!(stripes.iter().all(|&value| value.abs_diff(100) <= 2), "{:?}", &stripes[..9]);
    }

    #[test]
    fn the_square_is_the_middle_one() {
        // White within columns 40 to 59 and rows 30 to 49, a quarter of the shorter side.
        let inside = |x: usize, y: usize| (40..60).contains(&x) && (30..50).contains(&y);
        let image =
            resize(&picture(100, 80, |x, y| if inside(x, y) { 255 } else { 0 }), Crop::Square(0.25), 20);
        assert!(image.iter().all(|&value| value == 255));
    }

    #[test]
    fn a_whole_picture_is_stretched_to_the_square() {
        // Left half black, right half white; top quarter black.
        let image = resize(&picture(20, 40, |x, y| if x < 10 || y < 10 { 0 } else { 255 }), Crop::Whole, 8);
        let white = |row: usize, column: usize| image[(row * 8 + column) * 3];
        // An eighth of the triangle of a pixel next to an edge lies beyond the edge.
        let near = |values: [u8; 4], expected: [u8; 4]| {
            assert!(
                values.iter().zip(expected).all(|(a, b)| a.abs_diff(b) <= 2),
                "{values:?}, not {expected:?}"
            );
        };
        near([0, 1, 2, 7].map(|row| white(row, 7)), [0, 32, 223, 255]);
        near([0, 3, 4, 7].map(|column| white(7, column)), [0, 32, 223, 255]);
    }
}
