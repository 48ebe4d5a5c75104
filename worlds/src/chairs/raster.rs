//! Draws shaded triangles into a grey image with a z-buffer.
//!
//! Each sample is one word: depth in the upper 24 bits, shade in the lower 8. The nearest surface has the
//! largest word, so an integer maximum over many samples at once hides what is behind it. Depth and shade
//! advance along a row in integers, so the pixels are the same on every platform.

use super::SIDE;

/// Samples per pixel along each axis.
pub(super) const SAMPLES: usize = 4;

/// Samples per row.
const WIDTH: usize = SIDE * SAMPLES;

/// Triangles with a smaller area, in samples, are edge-on and invisible.
const EDGE_ON: f64 = 1e-3;

/// A corner in samples from the top left, with its depth from 0 (far) to 1 (near).
#[derive(Clone, Copy, Debug)]
pub(super) struct Corner {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) depth: f64,
}

/// All samples of an image.
pub(super) struct Samples {
    words: Vec<u32>,
}

impl Samples {
    /// Background only, at full brightness.
    pub(super) fn new() -> Self {
        Self { words: vec![0xff; WIDTH * WIDTH] }
    }

    /// Draws a triangle with one shade per corner. Its corners run counterclockwise on the screen; other
    /// triangles face away and are skipped.
    pub(super) fn triangle(&mut self, corners: [Corner; 3], shades: impl FnOnce() -> [f64; 3]) {
        let [a, b, c] = corners;
        let area = (c.x - a.x) * (b.y - a.y) - (b.x - a.x) * (c.y - a.y);
        if area < EDGE_ON {
            return;
        }
        let shades = shades();
        let plane = |[p, q, r]: [f64; 3], [offset, scale]: [f64; 2]| {
            let scale = scale / area;
            let right = scale * ((r - p) * (b.y - a.y) - (q - p) * (c.y - a.y));
            let down = scale * ((q - p) * (c.x - a.x) - (r - p) * (b.x - a.x));
            Plane { at: offset + p * scale * area - right * a.x - down * a.y, right, down }
        };
        let depth = plane(corners.map(|corner| corner.depth), DEPTH);
        let shade = plane(shades, SHADE);
        let top = a.y.min(b.y).min(c.y);
        let bottom = a.y.max(b.y).max(c.y);
        let edges = [(a, b), (b, c), (c, a)].map(|(from, to)| (from, to, (to.x - from.x) / (to.y - from.y)));
        for row in first_centre(top)..first_centre(bottom) {
            let y = row as f64 + 0.5;
            let (mut left, mut right) = (WIDTH as f64, 0.0f64);
            for (from, to, slope) in &edges {
                if (from.y <= y) != (to.y <= y) {
                    let x = from.x + slope * (y - from.y);
                    (left, right) = (left.min(x), right.max(x));
                }
            }
            let (start, end) = (first_centre(left), first_centre(right));
            if start < end {
                let words = &mut self.words[row * WIDTH..][start..end];
                span(words, depth.line(start, y), shade.line(start, y));
            }
        }
    }

    /// Writes the mean of each pixel's samples. `shadow` gives the darkening of a row's pixels where the
    /// floor is visible.
    pub(super) fn resolve(&self, shadow: impl Fn(usize) -> [f64; SIDE], image: &mut [u8]) {
        for (y, line) in image.chunks_exact_mut(SIDE).enumerate() {
            let rows = &self.words[y * SAMPLES * WIDTH..][..SAMPLES * WIDTH];
            let mut sums = [0u32; SIDE];
            let mut empty = [0u32; SIDE];
            for row in rows.chunks_exact(WIDTH) {
                for ((sum, empty), words) in sums.iter_mut().zip(&mut empty).zip(row.as_chunks::<SAMPLES>().0)
                {
                    for word in words {
                        *sum += word & 0xff;
                        *empty += u32::from(*word == 0xff);
                    }
                }
            }
            let shadow = shadow(y);
            for (x, pixel) in line.iter_mut().enumerate() {
                let sum = f64::from(sums[x]) - 255.0 * f64::from(empty[x]) * shadow[x];
                *pixel = (sum / (SAMPLES * SAMPLES) as f64 + 0.5) as u8;
            }
        }
    }
}

/// Offset and scale of depth 0 to 1 in the upper 24 bits, with a margin at both ends so that rounding
/// can't wrap.
const DEPTH: [f64; 2] = [16_777_216.0, 4_244_635_648.0];

/// Offset and scale of shade 0 to 1 as a byte with 16 fractional bits, with a margin at both ends.
const SHADE: [f64; 2] = [65_536.0, 253.0 * 65_536.0];

/// A quantity that is linear in screen coordinates.
struct Plane {
    at: f64,
    right: f64,
    down: f64,
}

impl Plane {
    /// Returns the value at a sample of a row, and the step to the next sample.
    fn line(&self, column: usize, y: f64) -> [u32; 2] {
        let at = self.at + self.right * (column as f64 + 0.5) + self.down * y;
        [at as u32, self.right as i64 as u32]
    }
}

fn span(words: &mut [u32], [depth, nearer]: [u32; 2], [shade, lighter]: [u32; 2]) {
    for (step, word) in words.iter_mut().enumerate() {
        let step = step as u32;
        let depth = depth.wrapping_add(nearer.wrapping_mul(step));
        let shade = shade.wrapping_add(lighter.wrapping_mul(step));
        *word = (*word).max(depth & 0xffff_ff00 | shade >> 16 & 0xff);
    }
}

/// Index of the first sample whose centre is at or beyond `place`.
fn first_centre(place: f64) -> usize {
    (place.clamp(0.0, WIDTH as f64) + 0.5) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Draws the rectangle between two corners (in pixels) as two triangles.
    fn rectangle(samples: &mut Samples, [left, top]: [f64; 2], [right, bottom]: [f64; 2], z: f64, s: f64) {
        let corner = |x: f64, y: f64| Corner { x: x * SAMPLES as f64, y: y * SAMPLES as f64, depth: z };
        let corners = [corner(left, top), corner(left, bottom), corner(right, bottom), corner(right, top)];
        samples.triangle([corners[0], corners[1], corners[2]], || [s; 3]);
        samples.triangle([corners[0], corners[2], corners[3]], || [s; 3]);
    }

    fn resolved(samples: &Samples) -> Vec<u8> {
        let mut image = vec![0; SIDE * SIDE];
        samples.resolve(|_| [0.0; SIDE], &mut image);
        image
    }

    #[test]
    fn edges_are_mixed_by_what_they_cover() {
        let mut samples = Samples::new();
        rectangle(&mut samples, [1.0, 2.0], [3.5, 3.25], 0.5, 0.0);
        let image = resolved(&samples);
        let pixel = |x: usize, y: usize| image[y * SIDE + x];
        assert_eq!([pixel(0, 2), pixel(1, 2), pixel(2, 2), pixel(3, 2), pixel(4, 2)], [255, 1, 1, 128, 255]);
        assert_eq!([pixel(1, 1), pixel(1, 3), pixel(1, 4)], [255, 192, 255]);
    }

    #[test]
    fn the_nearest_surface_shows_in_any_order() {
        for order in [[0, 1], [1, 0]] {
            let mut samples = Samples::new();
            for which in order {
                let (depth, shade) = [(0.4, 0.2), (0.6, 0.9)][which];
                rectangle(&mut samples, [0.0, 0.0], [8.0, 8.0], depth, shade);
            }
            assert_eq!(resolved(&samples)[0], (1.0f64 + 0.9 * 253.0) as u8);
        }
    }

    #[test]
    fn what_is_seen_from_behind_or_edge_on_is_not_drawn() {
        let mut samples = Samples::new();
        rectangle(&mut samples, [8.0, 0.0], [1.0, 9.0], 0.5, 0.0);
        rectangle(&mut samples, [3.0, 0.0], [3.0, 9.0], 0.5, 0.0);
        assert!(resolved(&samples).iter().all(|&pixel| pixel == 255));
    }

    #[test]
    fn what_reaches_beyond_the_image_is_cut() {
        let mut samples = Samples::new();
        rectangle(&mut samples, [-1e6, -1e6], [1e6, 1e6], 1.0, 1.0);
        assert!(resolved(&samples).iter().all(|&pixel| pixel == 254));
    }

    #[test]
    fn shadows_fall_on_the_background_alone() {
        let mut samples = Samples::new();
        rectangle(&mut samples, [0.0, 0.0], [1.0, 1.0], 0.0, 0.5);
        let mut image = vec![0; SIDE * SIDE];
        samples.resolve(|_| [0.2; SIDE], &mut image);
        assert_eq!(image[..2], [127, 204]);
    }
}
