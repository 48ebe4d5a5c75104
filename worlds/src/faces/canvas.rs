//! Soft shapes in colour, antialiased by the fraction of each pixel that they cover.
//!
//! Coordinates are in units: the image spans −[`VIEW`] to [`VIEW`] on both axes, x to the right and y
//! down. The code uses only additions, multiplications, divisions and square roots in a fixed order, so
//! the pixels are the same on every platform.

use super::SIDE;

/// Red, green and blue, 0 to 1 each.
pub(super) type Colour = [f32; 3];

/// Units from the centre of the image to its border.
pub(super) const VIEW: f32 = 0.875;

/// Pixels per unit.
const SCALE: f32 = SIDE as f32 / 2.0 / VIEW;

/// Lines per pixel at which a shape's edges are evaluated.
const LINES: usize = 2;

/// An image to draw on.
pub(super) struct Canvas {
    pixels: Vec<Colour>,
}

impl Canvas {
    /// An image that has the colour `colour(x, y)` at each point.
    pub(super) fn new(colour: impl Fn(f32, f32) -> Colour) -> Self {
        let place = |pixel: usize| centre(pixel);
        Self { pixels: (0..SIDE * SIDE).map(|i| colour(place(i % SIDE), place(i / SIDE))).collect() }
    }

    /// Fills a shape row by row. `edges` maps y to the left and right edge.
    pub(super) fn rows(
        &mut self,
        [top, bottom]: [f32; 2],
        edges: impl Fn(f32) -> [f32; 2],
        colour: impl Fn(f32, f32) -> Colour,
    ) {
        for row in pixels([top, bottom]) {
            let lines = lines(row, [top, bottom], &edges);
            let y = centre(row);
            for column in pixels(hull(lines)) {
                let share = covered(&lines, column);
                self.blend(row * SIDE + column, share, || colour(centre(column), y));
            }
        }
    }

    /// Fills a shape column by column. `edges` maps a position from −1 (left end) to 1 (right end) to the
    /// heights of the upper and lower edge.
    pub(super) fn columns(
        &mut self,
        [left, right]: [f32; 2],
        edges: impl Fn(f32) -> [f32; 2],
        colour: impl Fn(f32, f32) -> Colour,
        strength: f32,
    ) {
        let (middle, half) = ((left + right) / 2.0, ((right - left) / 2.0).max(1e-3));
        let edges = |x: f32| edges(((x - middle) / half).clamp(-1.0, 1.0));
        for column in pixels([left, right]) {
            let lines = lines(column, [left, right], edges);
            let x = centre(column);
            for row in pixels(hull(lines)) {
                let share = covered(&lines, row) * strength;
                self.blend(row * SIDE + column, share, || colour(x, centre(row)));
            }
        }
    }

    /// Fills an ellipse with half axes `a` and `b`.
    pub(super) fn ellipse(&mut self, [x, y]: [f32; 2], [a, b]: [f32; 2], colour: Colour, strength: f32) {
        let edges = |u: f32| {
            let bulge = b * (1.0 - u * u).max(0.0).sqrt();
            [y - bulge, y + bulge]
        };
        self.columns([x - a, x + a], edges, |_, _| colour, strength);
    }

    /// Blends in a round patch of colour that fades out towards the half axes `a` and `b`.
    pub(super) fn glow(&mut self, [x, y]: [f32; 2], [a, b]: [f32; 2], colour: Colour, strength: f32) {
        for row in pixels([y - b, y + b]) {
            let down = (centre(row) - y) / b;
            for column in pixels([x - a, x + a]) {
                let across = (centre(column) - x) / a;
                let fade = (1.0 - across * across - down * down).max(0.0);
                self.blend(row * SIDE + column, strength * fade * fade, || colour);
            }
        }
    }

    fn blend(&mut self, pixel: usize, share: f32, colour: impl FnOnce() -> Colour) {
        if share > 0.0 {
            self.pixels[pixel] = mix(self.pixels[pixel], colour(), share);
        }
    }

    /// Writes the image as bytes, `[H, W, 3]`.
    pub(super) fn bytes(&self, image: &mut [u8]) {
        for (bytes, colour) in image.as_chunks_mut::<3>().0.iter_mut().zip(&self.pixels) {
            *bytes = colour.map(|value| (value.clamp(0.0, 1.0) * 255.0 + 0.5) as u8);
        }
    }
}

/// Interpolates from `a` (`share` 0) to `b` (`share` 1).
pub(super) fn mix(a: Colour, b: Colour, share: f32) -> Colour {
    [0, 1, 2].map(|channel| a[channel] + (b[channel] - a[channel]) * share)
}

/// Smoothstep from 0 at or below `low` to 1 at or above `high`.
pub(super) fn rise(value: f32, low: f32, high: f32) -> f32 {
    let share = ((value - low) / (high - low)).clamp(0.0, 1.0);
    share * share * (3.0 - 2.0 * share)
}

fn centre(pixel: usize) -> f32 {
    (pixel as f32 + 0.5) / SCALE - VIEW
}

/// Range of pixels that the interval touches.
fn pixels([low, high]: [f32; 2]) -> std::ops::Range<usize> {
    let end = |place: f32| ((place + VIEW) * SCALE).clamp(0.0, SIDE as f32);
    end(low) as usize..end(high).ceil() as usize
}

/// Edges of a shape, in pixels, along each line of a row or column; empty outside `ends`.
fn lines(pixel: usize, ends: [f32; 2], edges: impl Fn(f32) -> [f32; 2]) -> [[f32; 2]; LINES] {
    std::array::from_fn(|line| {
        let place = (pixel as f32 + (line as f32 + 0.5) / LINES as f32) / SCALE - VIEW;
        if place < ends[0] || place > ends[1] {
            return [0.0; 2];
        }
        edges(place).map(|edge| (edge + VIEW) * SCALE)
    })
}

fn hull(lines: [[f32; 2]; LINES]) -> [f32; 2] {
    let full = lines.iter().filter(|[low, high]| low < high);
    let [low, high] = full.fold([SIDE as f32, 0.0], |[a, b], line| [a.min(line[0]), b.max(line[1])]);
    [low / SCALE - VIEW, high / SCALE - VIEW]
}

/// Fraction of a pixel between a shape's edges.
fn covered(lines: &[[f32; 2]; LINES], pixel: usize) -> f32 {
    let near = pixel as f32;
    let share = |[low, high]: &[f32; 2]| (high.min(near + 1.0) - low.max(near)).max(0.0);
    lines.iter().map(share).sum::<f32>() / LINES as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHITE: Colour = [1.0; 3];

    fn painted(paint: impl Fn(&mut Canvas)) -> Vec<u8> {
        let mut canvas = Canvas::new(|_, _| [0.0; 3]);
        paint(&mut canvas);
        let mut image = vec![0; SIDE * SIDE * 3];
        canvas.bytes(&mut image);
        image.chunks(3).map(|pixel| pixel[1]).collect()
    }

    /// Area in pixels of the parts drawn in white.
    fn area(image: &[u8]) -> f32 {
        image.iter().map(|&value| f32::from(value) / 255.0).sum()
    }

    #[test]
    fn pixels_are_mixed_by_what_is_covered_along_both_axes() {
        let at = |pixels: f32| pixels / SCALE - VIEW;
        let (ends, edges) = ([at(0.0), at(8.0)], [at(0.0), at(3.5)]);
        let by_rows = painted(|canvas| canvas.rows(ends, |_| edges, |_, _| WHITE));
        assert_eq!([0, 1, 2, 3, 4].map(|x| by_rows[7 * SIDE + x]), [255, 255, 255, 128, 0]);
        assert_eq!(by_rows[8 * SIDE], 0);
        let by_columns = painted(|canvas| canvas.columns(ends, |_| edges, |_, _| WHITE, 1.0));
        for (place, value) in by_columns.iter().enumerate() {
            assert_eq!(*value, by_rows[place % SIDE * SIDE + place / SIDE]);
        }
    }

    #[test]
    fn an_ellipse_covers_its_area() {
        let image = painted(|canvas| canvas.ellipse([0.1, -0.2], [0.6, 0.3], WHITE, 1.0));
        let expected = std::f32::consts::PI * 0.6 * 0.3 * SCALE * SCALE;
        assert!((area(&image) / expected - 1.0).abs() < 0.01, "{} {expected}", area(&image));
    }

    #[test]
    fn what_reaches_beyond_the_picture_is_cut() {
        let image = painted(|canvas| canvas.ellipse([-1.0, -1.0], [9.0, 9.0], WHITE, 1.0));
        assert_eq!(area(&image), (SIDE * SIDE) as f32);
        let image = painted(|canvas| canvas.glow([-3.0, 5.0], [1.0, 1.0], WHITE, 1.0));
        assert_eq!(area(&image), 0.0);
    }

    #[test]
    fn a_glow_fades_to_its_edge() {
        let image = painted(|canvas| canvas.glow([0.0, 0.0], [0.5, 0.5], WHITE, 1.0));
        let line: Vec<u8> = (32..52).map(|x| image[32 * SIDE + x]).collect();
        assert!(line[0] > 250 && line[19..].iter().all(|&value| value == 0));
        assert!(line.windows(2).all(|pair| pair[0] >= pair[1]));
    }
}
