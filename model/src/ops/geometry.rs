//! Sizes of a k4 s2 p1 convolution, and memory layout of its images.

/// Zeros behind an image with a border: tiles of vectors may read (but never use) values that far beyond
/// it.
const SLACK: usize = 32;

/// Sizes of one convolution: a fine image of 2h × 2w × F and a coarse image of h × w × C.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Geometry {
    pub(super) height: usize,
    pub(super) width: usize,
    pub(super) fine: usize,
    pub(super) coarse: usize,
}

impl Geometry {
    /// Shape of the fine image, `[2h, 2w, F]`.
    pub(super) fn fine_image(&self) -> Image {
        Image { height: 2 * self.height, width: 2 * self.width, channels: self.fine }
    }

    /// Shape of the coarse image, `[h, w, C]`.
    pub(super) fn coarse_image(&self) -> Image {
        Image { height: self.height, width: self.width, channels: self.coarse }
    }

    /// Number of values in the kernel.
    pub(super) fn kernel_len(&self) -> usize {
        16 * self.fine * self.coarse
    }
}

/// Shape of an image, channels last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Image {
    pub(super) height: usize,
    pub(super) width: usize,
    pub(super) channels: usize,
}

impl Image {
    /// Number of values without a border.
    pub(super) fn len(&self) -> usize {
        self.height * self.width * self.channels
    }

    /// Number of values with a border of one pixel and the slack behind it.
    pub(super) fn bordered_len(&self) -> usize {
        (self.height + 2) * (self.width + 2) * self.channels + SLACK
    }

    /// Values per row with a border of `border` pixels.
    pub(super) fn row(&self, border: usize) -> usize {
        (self.width + 2 * border) * self.channels
    }

    /// Index of pixel (y, x) in an image with a border of `border` pixels.
    pub(super) fn at(&self, border: usize, y: usize, x: usize) -> usize {
        (y + border) * self.row(border) + (x + border) * self.channels
    }

    /// Appends the interior of an image with a border to `values`.
    pub(super) fn take_inside(&self, bordered: &[f32], values: &mut Vec<f32>) {
        for y in 0..self.height {
            values.extend_from_slice(&bordered[self.at(1, y, 0)..][..self.row(0)]);
        }
    }

    /// Copies an image into the inside of one with a border.
    pub(super) fn copy_inside(&self, image: &[f32], bordered: &mut [f32]) {
        for (y, line) in image.chunks_exact(self.row(0)).enumerate() {
            bordered[self.at(1, y, 0)..][..line.len()].copy_from_slice(line);
        }
    }
}
