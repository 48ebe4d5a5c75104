//! The visitor's own picture: drawn by hand, or from a file.

use model::ImageShape;

/// Distance between dabs along a stroke, in pixels.
const STEP: f32 = 0.5;
/// Width of the pen at first, in pixels. Thinner lines are so unlike the sprites that a model may draw nothing.
const PEN: f32 = 8.0;

/// The visitor's own picture and the pen.
#[derive(Clone, Debug, PartialEq)]
pub struct OwnPicture {
    /// Shape of the picture.
    pub shape: ImageShape,
    /// `[H, W, C]`, 0 to 255.
    pub pixels: Vec<u8>,
    /// Width of the pen in pixels.
    pub pen: f32,
    /// Whether the pen erases.
    pub erases: bool,
    /// Position of the pen, x and y from 0 to 1; `None` if it hasn't been on the picture.
    pub tip: Option<[f32; 2]>,
    /// Whether the pen is down.
    pub down: bool,
    /// Whether the picture is from a file or the camera.
    pub given: bool,
}

impl OwnPicture {
    /// Creates the visitor's own picture from pixels.
    pub(super) fn of(pixels: Vec<u8>, shape: ImageShape) -> Self {
        Self { shape, pixels, pen: PEN, erases: false, tip: None, down: false, given: false }
    }

    /// Converts the picture to another number of channels: to grey, or grey in all channels.
    pub(super) fn recolour(&mut self, channels: usize) {
        let from = std::mem::replace(&mut self.shape.channels, channels).max(1);
        let pixels = self.pixels.chunks_exact(from);
        let grey = |pixel: &[u8]| match *pixel {
            [red, green, blue, ..] => luma([red, green, blue]),
            _ => pixel[0],
        };
        self.pixels = pixels.flat_map(|pixel| std::iter::repeat_n(grey(pixel), channels)).collect();
    }

    /// Clears the drawing.
    pub(super) fn clear(&mut self) {
        self.pixels.fill(0);
        self.given = false;
    }

    /// Puts the pen down at a position.
    pub(super) fn begin(&mut self, at: [f32; 2]) {
        self.down = true;
        self.tip = Some(at);
        self.stamp(at);
    }

    /// Moves the pen to a position in a straight line.
    pub(super) fn go(&mut self, to: [f32; 2]) {
        let from = self.tip.replace(to).unwrap_or(to);
        if !self.down {
            return;
        }
        let size = [self.shape.width, self.shape.height].map(|side| side as f32);
        let way = [0, 1].map(|axis| to[axis] - from[axis]);
        let length = ((way[0] * size[0]).powi(2) + (way[1] * size[1]).powi(2)).sqrt();
        let steps = (length / STEP).ceil().min(4096.0) as usize;
        for step in 1..=steps {
            let share = step as f32 / steps as f32;
            self.stamp([0, 1].map(|axis| from[axis] + share * way[axis]));
        }
    }

    /// Moves the pen by pixels, within the picture; starts in the middle.
    pub(super) fn nudge(&mut self, by: [f32; 2]) {
        let at = self.tip.unwrap_or([0.5; 2]);
        let size = [self.shape.width, self.shape.height].map(|side| side.max(1) as f32);
        self.go([0, 1].map(|axis| (at[axis] + by[axis] / size[axis]).clamp(0.0, 1.0)));
    }

    /// Inks or erases the pixels whose centres are under the pen, and the pixel at its tip.
    fn stamp(&mut self, at: [f32; 2]) {
        let ink = if self.erases { 0 } else { 255 };
        let ImageShape { height, width, channels } = self.shape;
        let [x, y] = [at[0] * width as f32, at[1] * height as f32];
        let radius = self.pen / 2.0;
        let span = |middle: f32, side: usize| {
            let [low, high] = [middle - radius, middle + radius].map(|v| v.floor().max(0.0) as usize);
            low..(high + 1).min(side)
        };
        for row in span(y, height) {
            for column in span(x, width) {
                let apart = (column as f32 + 0.5 - x).powi(2) + (row as f32 + 0.5 - y).powi(2);
                let tip = [x.floor(), y.floor()] == [column as f32, row as f32];
                if apart <= radius * radius || tip {
                    let start = (row * width + column) * channels;
                    self.pixels[start..start + channels].fill(ink);
                }
            }
        }
    }

    /// Shows an opaque RGBA picture, `[H, W, 4]`, of the picture's size: in colour if the picture has
    /// colours, otherwise as luma.
    pub(super) fn show(&mut self, rgba: &[u8]) {
        self.given = true;
        let channels = self.shape.channels.max(1);
        for (pixel, rgba) in self.pixels.chunks_exact_mut(channels).zip(rgba.chunks_exact(4)) {
            if channels < 3 {
                pixel.fill(luma([rgba[0], rgba[1], rgba[2]]));
            } else {
                pixel.copy_from_slice(&rgba[..channels.min(4)]);
            }
        }
    }
}

/// The luma of a colour (ITU-R BT.601).
fn luma(rgb: [u8; 3]) -> u8 {
    let [red, green, blue] = rgb.map(u32::from);
    ((299 * red + 587 * green + 114 * blue + 500) / 1000) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blank() -> OwnPicture {
        OwnPicture::of(vec![0; 64], ImageShape { height: 8, width: 8, channels: 1 })
    }

    fn inked(own: &OwnPicture) -> Vec<usize> {
        (0..64).filter(|&i| own.pixels[i] == 255).collect()
    }

    #[test]
    fn a_fast_stroke_leaves_no_gap_and_the_eraser_takes_it_away() {
        let mut own = blank();
        own.pen = 1.0;
        own.begin([0.0, 0.5]);
        own.go([0.999, 0.5]);
        assert_eq!(inked(&own), (32..40).collect::<Vec<_>>());
        own.erases = true;
        own.begin([0.999, 0.5]);
        own.go([0.5, 0.5]);
        assert_eq!(inked(&own), (32..36).collect::<Vec<_>>());
        own.clear();
        assert!(inked(&own).is_empty());
    }

    #[test]
    fn a_pen_is_round_and_as_wide_as_it_says() {
        let mut own = blank();
        own.pen = 4.0;
        own.begin([0.5, 0.5]);
        assert_eq!(inked(&own).len(), 12);
    }

    #[test]
    fn a_pen_beyond_the_paper_draws_nothing_there() {
        let mut own = blank();
        own.begin([-3.0, 7.0]);
        own.go([f32::NAN, 0.5]);
        assert!(inked(&own).is_empty());
    }

    #[test]
    fn a_raised_pen_moves_and_draws_nothing() {
        let mut own = blank();
        own.nudge([1.0, -20.0]);
        assert_eq!((own.tip, inked(&own).len()), (Some([0.625, 0.0]), 0));
    }

    #[test]
    fn a_given_picture_is_shown_in_the_papers_colours() {
        let rgba: Vec<u8> = [255, 0, 0, 255].repeat(64);
        let mut own = blank();
        own.show(&rgba);
        assert_eq!(own.pixels, [76; 64]);
        let mut colour = OwnPicture::of(vec![0; 192], ImageShape { height: 8, width: 8, channels: 3 });
        colour.show(&rgba);
        assert_eq!(colour.pixels, [255, 0, 0].repeat(64));
    }
}
