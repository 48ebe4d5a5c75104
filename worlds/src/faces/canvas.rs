//! Soft shapes in colour, antialiased by the share of a pixel that they cover.
//!
//! Places are in units of which the image shows [`VIEW`] to every side of the middle, x to the right and
//! y down. Additions, multiplications,
//! divisions and square roots alone, in a fixed order: the pixels are the same on every platform.

use super::SIDE;

/// Red, green and blue, 0 to 1.
pub(super) type Colour = [f32; 3];

/// Units from the middle of the image to its border.
pub(super) const VIEW: f32 = 0.875;

/// Pixels to a unit.
const SCALE: f32 = SIDE as f32 / 2.0 / VIEW;

/// Lines a pixel along which a shape's edges are found.
const LINES: usize = 2;

/// A picture to paint on.
pub(super) struct Canvas {
    pixels: Vec<Colour>,
}

impl Canvas {
    /// A picture with this colour at each place.
    pub(super) fn new(colour: impl Fn(f32, f32) -> Colour) -> Self {
        let place = |pixel: usize| centre(pixel);
        Self { pixels: (0..SIDE * SIDE).map(|i| colour(place(i % SIDE), place(i / SIDE))).collect() }
    }

    /// Fills what lies, row by row, between the places that `edges` gives for a height.
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

    /// Fills what lies, column by column, between the heights that `edges` gives for a place from −1 at
    /// the left end to 1 at the right.
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

    /// Fills an ellipse with these half axes.
    pub(super) fn ellipse(&mut self, [x, y]: [f32; 2], [a, b]: [f32; 2], colour: Colour, strength: f32) {
        let edges = |u: f32| {
            let bulge = b * (1.0 - u * u).max(0.0).sqrt();
            [y - bulge, y + bulge]
        };
        self.columns([x - a, x + a], edges, |_, _| colour, strength);
    }

    /// Lays a colour over a round place, fading out to these half axes.
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

    /// Writes the picture as bytes, `[H, W, 3]`.
    pub(super) fn bytes(&self, image: &mut [u8]) {
        for (bytes, colour) in image.as_chunks_mut::<3>().0.iter_mut().zip(&self.pixels) {
            *bytes = colour.map(|value| (value.clamp(0.0, 1.0) * 255.0 + 0.5) as u8);
        }
    }
}

/// The colour at `share` of the way from `a` to `b`.
pub(super) fn mix(a: Colour, b: Colour, share: f32) -> Colour {
    [0, 1, 2].map(|channel| a[channel] + (b[channel] - a[channel]) * share)
}

/// From 0 at or below `low` to 1 at or above `high`, smooth at both.
pub(super) fn rise(value: f32, low: f32, high: f32) -> f32 {
    let share = ((value - low) / (high - low)).clamp(0.0, 1.0);
    share * share * (3.0 - 2.0 * share)
}

fn centre(pixel: usize) -> f32 {
    (pixel as f32 + 0.5) / SCALE - VIEW
}

/// The pixels that a stretch touches.
fn pixels([low, high]: [f32; 2]) -> std::ops::Range<usize> {
    let end = |place: f32| ((place + VIEW) * SCALE).clamp(0.0, SIDE as f32);
    end(low) as usize..end(high).ceil() as usize
}

/// A shape's edges, in pixels, along each line of a row or column; nothing outside of `ends`.
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

/// The share of a pixel that lies between a shape's edges.
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

    /// Area in pixels of what is painted white.
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
