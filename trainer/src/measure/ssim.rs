//! Structural similarity (Wang et al. 2004, "Image quality assessment: from error visibility to
//! structural similarity", eq. 13): the mean over windows of
//!
//! (2 μ₁ μ₂ + C₁)(2 σ₁₂ + C₂) / ((μ₁² + μ₂² + C₁)(σ₁² + σ₂² + C₂)),
//!
//! with C₁ = 0.01² and C₂ = 0.03² for intensities in `[0, 1]`. Moments are weighted by a Gaussian window
//! of 11×11 pixels, σ = 1.5, at all positions inside the image. 1 for equal images.

use model::ImageShape;
use rayon::prelude::*;

const C1: f32 = 0.01 * 0.01;
const C2: f32 = 0.03 * 0.03;
/// Pixels from the centre of the window to its edge.
const REACH: usize = 5;
const SIGMA: f32 = 1.5;

/// Returns the SSIM of each pair of images, `[N, H, W, C]` in `[0, 1]`, averaged over channels. Images
/// smaller than the window use the largest odd window that fits.
pub(super) fn ssim(shape: ImageShape, first: &[f32], second: &[f32]) -> Vec<f32> {
    let reach = REACH.min((shape.height.min(shape.width).max(1) - 1) / 2);
    let window = window(reach);
    let pairs = first.par_chunks_exact(shape.len()).zip(second.par_chunks_exact(shape.len()));
    pairs
        .map(|(first, second)| {
            let plane =
                |image: &[f32], c: usize| image.iter().skip(c).step_by(shape.channels).copied().collect();
            let channel = |c: usize| of_planes(shape.width, &window, &plane(first, c), &plane(second, c));
            (0..shape.channels).map(channel).sum::<f32>() / shape.channels as f32
        })
        .collect()
}

fn window(reach: usize) -> Vec<f32> {
    let weight = |place: usize| {
        let distance = place as f32 - reach as f32;
        (-0.5 * (distance / SIGMA).powi(2)).exp()
    };
    let weights: Vec<f32> = (0..=2 * reach).map(weight).collect();
    let sum: f32 = weights.iter().sum();
    weights.iter().map(|weight| weight / sum).collect()
}

fn of_planes(width: usize, window: &[f32], first: &Vec<f32>, second: &Vec<f32>) -> f32 {
    let product = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).collect::<Vec<f32>>();
    let [mean1, mean2, square1, square2, both] =
        [first, second, &product(first, first), &product(second, second), &product(first, second)]
            .map(|plane| weighted(width, window, plane));
    let moments = mean1.iter().zip(&mean2).zip(square1.iter().zip(&square2)).zip(&both);
    let similarity = moments.map(|(((m1, m2), (s1, s2)), both)| {
        let (var1, var2, cov) = (s1 - m1 * m1, s2 - m2 * m2, both - m1 * m2);
        (2.0 * m1 * m2 + C1) * (2.0 * cov + C2) / ((m1 * m1 + m2 * m2 + C1) * (var1 + var2 + C2))
    });
    let sum: f64 = similarity.map(f64::from).sum();
    (sum / mean1.len() as f64) as f32
}

/// Weighted means of a plane, at all positions of the window inside it.
fn weighted(width: usize, window: &[f32], plane: &[f32]) -> Vec<f32> {
    let inner = width + 1 - window.len();
    let mut rows = Vec::with_capacity(plane.len() / width * inner);
    for row in plane.chunks_exact(width) {
        rows.extend(
            row.windows(window.len()).map(|part| part.iter().zip(window).map(|(v, w)| v * w).sum::<f32>()),
        );
    }
    let height = plane.len() / width + 1 - window.len();
    let mut means = vec![0.0; height * inner];
    for (top, means) in means.chunks_exact_mut(inner).enumerate() {
        for (weight, row) in window.iter().zip(rows[top * inner..].chunks_exact(inner)) {
            for (mean, value) in means.iter_mut().zip(row) {
                *mean += weight * value;
            }
        }
    }
    means
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The images of golden/ssim.py, whose scikit-image computed the values below.
    fn images(height: usize, width: usize) -> [Vec<f32>; 2] {
        let place = |f: &dyn Fn(usize, usize) -> f32| {
            (0..height * width).map(|at| f(at / width, at % width)).collect()
        };
        let disc = |y: usize, x: usize| f32::from((y * y + x * x) % 97 < 40);
        let blurred = |y: usize, x: usize| ((3 * y + 5 * x) % 17) as f32 / 16.0 * 0.5 + 0.25 * disc(y, x);
        [place(&disc), place(&blurred)]
    }

    #[test]
    fn values_are_those_of_scikit_image() {
        for (height, width, expected) in GOLDEN {
            let shape = ImageShape { height, width, channels: 1 };
            let [first, second] = images(height, width);
            let got = ssim(shape, &first, &second);
            assert!((got[0] - expected).abs() < 1e-5, "{} is not {expected}", got[0]);
        }
    }

    /// Height, width and SSIM from golden/ssim.py.
    const GOLDEN: [(usize, usize, f32); 3] =
        [(64, 64, 0.422_922_24), (16, 32, 0.465_406_7), (11, 11, 0.492_219_73)];

    #[test]
    fn equal_images_are_alike_whatever_their_size_and_channels() {
        let shape = ImageShape { height: 8, width: 4, channels: 3 };
        let images: Vec<f32> = (0..2 * shape.len()).map(|place| (place % 7) as f32 / 6.0).collect();
        assert!(ssim(shape, &images, &images).iter().all(|value| (value - 1.0).abs() < 1e-6));
        let other: Vec<f32> = images.iter().map(|value| 1.0 - value).collect();
        assert!(ssim(shape, &images, &other).iter().all(|value| *value < 0.1));
    }
}
