//! A square picture with coordinates in 64ths of its side.

/// Row-major colours in `[0, 1]`.
pub(super) struct Pixels<'a> {
    values: &'a mut [f32],
    side: usize,
    /// Pixels per 64th.
    scale: f32,
}

/// Red, green and blue.
pub(super) type Colour = [f32; 3];

impl<'a> Pixels<'a> {
    /// Wraps `values`, `[side, side, 3]`.
    pub(super) fn new(values: &'a mut [f32], side: usize) -> Self {
        Self { values, side, scale: side as f32 / 64.0 }
    }

    /// Calls `change` with the position and colour of each pixel.
    pub(super) fn each(&mut self, mut change: impl FnMut([f32; 2], &mut Colour)) {
        for (number, pixel) in self.values.as_chunks_mut::<3>().0.iter_mut().enumerate() {
            let centre = |pixel: usize| (pixel as f32 + 0.5) / self.scale;
            change([centre(number % self.side), centre(number / self.side)], pixel);
        }
    }

    /// Returns a copy to read from.
    pub(super) fn copy(&self) -> Copied {
        Copied { values: self.values.to_vec(), side: self.side, scale: self.scale }
    }

    /// Clamps values to `[0, 1]`.
    pub(super) fn clamp(&mut self) {
        self.values.iter_mut().for_each(|value| *value = value.clamp(0.0, 1.0));
    }
}

/// A copy of a picture.
pub(super) struct Copied {
    values: Vec<f32>,
    side: usize,
    scale: f32,
}

impl Copied {
    /// Returns the colour at a point with bilinear interpolation; beyond the border, that of the border.
    pub(super) fn at(&self, [x, y]: [f32; 2]) -> Colour {
        let last = self.side as f32 - 1.0;
        let [x, y] = [x, y].map(|place| (place * self.scale - 0.5).clamp(0.0, last));
        let (left, top) = (x as usize, y as usize);
        let (right, low) = ((left + 1).min(self.side - 1), (top + 1).min(self.side - 1));
        let (across, down) = (x - left as f32, y - top as f32);
        std::array::from_fn(|channel| {
            let value = |column: usize, row: usize| self.values[(row * self.side + column) * 3 + channel];
            let upper = value(left, top) + (value(right, top) - value(left, top)) * across;
            let lower = value(left, low) + (value(right, low) - value(left, low)) * across;
            upper + (lower - upper) * down
        })
    }

    /// Returns the mean colour of the box from (`left`, `top`) to (`right`, `low`).
    pub(super) fn mean(&self, [left, top, right, low]: [f32; 4]) -> Colour {
        const STEPS: usize = 8;
        let between = |a: f32, b: f32, step: usize| a + (b - a) * (step as f32 + 0.5) / STEPS as f32;
        let mut sum = [0.0; 3];
        for place in 0..STEPS * STEPS {
            let colour = self.at([between(left, right, place % STEPS), between(top, low, place / STEPS)]);
            sum.iter_mut().zip(colour).for_each(|(sum, value)| *sum += value);
        }
        sum.map(|value| value / (STEPS * STEPS) as f32)
    }
}

/// exp(−(x − x₀)²/2a² − (y − y₀)²/2b²), from 0 to 1.
pub(super) fn bell([x, y]: [f32; 2], [centre, height]: [f32; 2], [a, b]: [f32; 2]) -> f32 {
    let (across, down) = ((x - centre) / a, (y - height) / b);
    (-0.5 * (across * across + down * down)).exp()
}

/// Smooth step across an edge of the given `width`: 0 far outside, 1 far `inside`.
pub(super) fn edge(inside: f32, width: f32) -> f32 {
    1.0 / (1.0 + (-2.0 * inside / width).exp())
}

/// Blends a colour into a pixel.
pub(super) fn lay(pixel: &mut Colour, colour: Colour, share: f32) {
    pixel.iter_mut().zip(colour).for_each(|(value, new)| *value += (new - *value) * share);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_read_between_its_pixels() {
        let mut values: Vec<f32> = (0..32 * 32 * 3).map(|i| (i / 3 % 32) as f32).collect();
        let pixels = Pixels::new(&mut values, 32);
        let copy = pixels.copy();
        // 32 pixels span 64 units: the first centre is at 1, the next at 3.
        assert_eq!(copy.at([2.0, 40.0]), [0.5; 3]);
        assert_eq!(copy.at([-9.0, 99.0]), [0.0; 3]);
        assert!((copy.mean([20.0, 0.0, 28.0, 64.0])[1] - 11.5).abs() < 1e-4);
    }

    #[test]
    fn colours_are_laid_within_soft_edges() {
        let mut values = vec![0.0; 64 * 64 * 3];
        Pixels::new(&mut values, 64).each(|[x, _], pixel| lay(pixel, [1.0, 0.5, 0.0], edge(20.0 - x, 2.0)));
        let at = |x: usize| values[x * 3];
        assert!(at(5) > 0.99 && at(35) < 0.01 && (at(19) + at(20) - 1.0).abs() < 1e-5);
        assert_eq!(values[5 * 3 + 2], 0.0);
    }
}
