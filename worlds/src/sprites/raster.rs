//! Fills polygons like the graphics card that drew dSprites.
//!
//! Corners are rounded to 1/256 of a pixel. A pixel is on if its centre lies inside, or exactly on a left
//! or top edge. After rounding, all arithmetic is on integers, so every platform gives the same pixels.

use super::SIDE;

/// Sub-pixel steps to which corners are rounded.
const STEPS: i32 = 256;

/// Corners are clamped to this many steps from the origin, so that products of two coordinates fit; the
/// bound is far outside the image.
const FAR: f64 = (1 << 20) as f64;

/// A black and white image of 64×64 pixels, one bit per pixel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bitmap {
    /// Rows from the top; the highest bit is the leftmost pixel.
    rows: [u64; SIDE],
}

impl Bitmap {
    /// Bytes of a packed image.
    pub const PACKED: usize = SIDE * SIDE / 8;

    /// Fills a polygon by the even-odd rule; `corners` are in pixels from the image's top left corner.
    pub(super) fn polygon(corners: impl Iterator<Item = [f64; 2]>) -> Self {
        let mut bitmap = Self { rows: [0; SIDE] };
        let mut corners = corners.map(|corner| corner.map(round));
        if let Some(first) = corners.next() {
            let last = corners.fold(first, |from, to| {
                bitmap.edge(from, to);
                to
            });
            bitmap.edge(last, first);
        }
        bitmap
    }

    /// Flips all pixels to the right of an edge, in every row whose centre the edge crosses. After all
    /// edges of a polygon, exactly the pixels inside are on.
    fn edge(&mut self, from: [i32; 2], to: [i32; 2]) {
        let ([x, top], [end, bottom]) = if from[1] < to[1] { (from, to) } else { (to, from) };
        let (dx, dy) = (i64::from(end - x), i64::from(bottom - top));
        for row in first_centre(top)..first_centre(bottom) {
            let down = i64::from(row as i32 * STEPS + STEPS / 2 - top);
            let numerator = i64::from(x - STEPS / 2) * dy + down * dx;
            let denominator = i64::from(STEPS) * dy;
            let column = (numerator + denominator - 1).div_euclid(denominator);
            if column < SIDE as i64 {
                self.rows[row] ^= u64::MAX >> column.max(0);
            }
        }
    }

    /// Writes `on` or `off` for each pixel, row by row from the top left.
    ///
    /// # Panics
    /// If `image` doesn't have 64·64 elements.
    pub fn paint<T: Copy>(&self, off: T, on: T, image: &mut [T]) {
        assert_eq!(image.len(), SIDE * SIDE);
        image.fill(off);
        for (line, &row) in image.chunks_exact_mut(SIDE).zip(&self.rows) {
            let mut rest = row;
            while rest != 0 {
                let first = rest.leading_zeros();
                let end = first + (rest << first).leading_ones();
                line[first as usize..end as usize].fill(on);
                rest &= u64::MAX.checked_shr(end).unwrap_or(0);
            }
        }
    }

    /// Packs the pixels, eight per byte, the leftmost in the highest bit (like `numpy.packbits`).
    pub fn pack(&self, packed: &mut [u8; Self::PACKED]) {
        for (bytes, row) in packed.chunks_exact_mut(8).zip(self.rows) {
            bytes.copy_from_slice(&row.to_be_bytes());
        }
    }

    /// Restores an image that [`Bitmap::pack`] packed.
    pub fn unpack(packed: &[u8; Self::PACKED]) -> Self {
        let (words, _) = packed.as_chunks::<8>();
        Self { rows: std::array::from_fn(|row| u64::from_be_bytes(words[row])) }
    }

    /// Number of pixels that are on.
    pub fn area(&self) -> u32 {
        self.rows.iter().map(|row| row.count_ones()).sum()
    }

    /// Number of pixels that differ from `other`.
    pub fn distance(&self, other: &Self) -> u32 {
        let rows = self.rows.iter().zip(other.rows);
        rows.map(|(ours, theirs)| (ours ^ theirs).count_ones()).sum()
    }
}

/// Rounds to the nearest step, halves up. (For positive numbers, a cast is `floor` without a function
/// call.)
fn round(pixels: f64) -> i32 {
    let steps = (pixels * f64::from(STEPS)).clamp(-FAR, FAR - 1.0);
    (steps + (FAR + 0.5)) as i32 - FAR as i32
}

/// Index of the first row, up to 64, whose centre is at or below `height`.
fn first_centre(height: i32) -> usize {
    let row = (height + STEPS / 2 - 1).div_euclid(STEPS);
    row.clamp(0, SIDE as i32) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rectangle(left: f64, top: f64, right: f64, bottom: f64) -> Bitmap {
        let corners = [[left, top], [right, top], [right, bottom], [left, bottom]];
        Bitmap::polygon(corners.into_iter())
    }

    fn painted(bitmap: &Bitmap) -> Vec<u8> {
        let mut image = vec![7; SIDE * SIDE];
        bitmap.paint(0, 1, &mut image);
        image
    }

    #[test]
    fn a_pixel_is_on_if_its_centre_is_inside() {
        let image = painted(&rectangle(1.4, 2.6, 3.6, 4.6));
        for row in 0..SIDE {
            for column in 0..SIDE {
                let inside = (1..=3).contains(&column) && (3..=4).contains(&row);
                assert_eq!(image[row * SIDE + column], u8::from(inside), "{row} {column}");
            }
        }
    }

    #[test]
    fn left_and_top_edges_own_the_centres_on_them() {
        let bitmap = rectangle(1.5, 2.5, 3.5, 4.5);
        assert_eq!(bitmap, rectangle(1.4, 2.4, 3.4, 4.4));
    }

    #[test]
    fn corners_closer_than_half_a_step_are_the_same() {
        let near = 0.499 / 256.0;
        let moved = rectangle(1.5 + near, 2.5 + near, 3.5 - near, 4.5 - near);
        assert_eq!(moved, rectangle(1.5, 2.5, 3.5, 4.5));
    }

    #[test]
    fn what_reaches_beyond_the_image_is_cut() {
        let all = rectangle(-1e30, -1e30, 1e30, 1e30);
        assert_eq!(all.area(), 64 * 64);
        assert!(painted(&all).iter().all(|&pixel| pixel == 1));
        assert_eq!(rectangle(-9.0, -9.0, -1.0, 99.0).area(), 0);
        assert_eq!(rectangle(64.0, 0.0, 99.0, 64.0).area(), 0);
        assert_eq!(rectangle(f64::NAN, 0.0, f64::NAN, 64.0).area(), 0);
    }

    #[test]
    fn holes_by_the_even_odd_rule_are_painted_as_gaps() {
        let bitmap = rectangle(2.0, 2.0, 10.0, 10.0);
        let hole = rectangle(4.0, 4.0, 6.0, 6.0);
        let mut both = bitmap;
        both.rows = std::array::from_fn(|row| bitmap.rows[row] ^ hole.rows[row]);
        let sum: u32 = painted(&both).iter().map(|&pixel| u32::from(pixel)).sum();
        assert_eq!((sum, both.area()), (60, 60));
        assert_eq!(both.distance(&bitmap), 4);
    }

    #[test]
    fn packing_puts_the_leftmost_pixel_highest_and_comes_back() {
        let bitmap = rectangle(0.0, 0.0, 3.0, 1.0);
        let mut packed = [0; Bitmap::PACKED];
        bitmap.pack(&mut packed);
        assert_eq!((packed[0], packed[1], packed[8]), (0b1110_0000, 0, 0));
        assert_eq!(Bitmap::unpack(&packed), bitmap);
    }
}
