//! Tiles of pixels: eight or four in a row, four in each of two rows, or one.

/// Tiles of `M` pixels that cover an image. The last ones of a row or column overlap their neighbours.
#[derive(Clone, Copy)]
pub(super) struct Pixels<const M: usize> {
    height: usize,
    width: usize,
    /// Rows and columns per tile.
    tile: (usize, usize),
}

impl<const M: usize> Pixels<M> {
    /// Tiles an image that is at least as large as a tile.
    #[inline(always)]
    pub(super) fn new(height: usize, width: usize, tile: (usize, usize)) -> Self {
        Self { height, width, tile }
    }

    /// First row of each tile.
    #[inline(always)]
    pub(super) fn rows(self) -> impl Iterator<Item = usize> {
        starts(self.height, self.tile.0)
    }

    /// First column of each tile.
    #[inline(always)]
    pub(super) fn columns(self) -> impl Iterator<Item = usize> {
        starts(self.width, self.tile.1)
    }

    /// Distances in memory between a tile's pixels 0 and 1, and 0 and 4, given those between neighbouring
    /// pixels and rows.
    #[inline(always)]
    pub(super) fn strides(self, pixel: usize, row: usize) -> (usize, usize) {
        (pixel, if self.tile.0 > 1 { row } else { 4 * pixel })
    }

    /// Row and column of pixel `m` within a tile.
    #[inline(always)]
    pub(super) fn place(self, m: usize) -> (usize, usize) {
        (m / self.tile.1, m % self.tile.1)
    }
}

#[inline(always)]
fn starts(size: usize, tile: usize) -> impl Iterator<Item = usize> {
    (0..size).step_by(tile).map(move |start| start.min(size - tile))
}

/// Runs `$work` with the tiles that suit the image and the processor's registers.
macro_rules! with_pixels {
    ($simd:ty, $height:expr, $width:expr, |$pixels:ident| $work:expr) => {{
        let (height, width) = ($height, $width);
        let many = <$simd>::F32_LANES >= 16;
        if many && width >= 8 {
            let $pixels = $crate::ops::pixels::Pixels::<8>::new(height, width, (1, 8));
            $work
        } else if many && width >= 4 && height >= 2 {
            let $pixels = $crate::ops::pixels::Pixels::<8>::new(height, width, (2, 4));
            $work
        } else if width >= 4 {
            let $pixels = $crate::ops::pixels::Pixels::<4>::new(height, width, (1, 4));
            $work
        } else {
            let $pixels = $crate::ops::pixels::Pixels::<1>::new(height, width, (1, 1));
            $work
        }
    }};
}
pub(super) use with_pixels;
