//! A side's rows as an animation, for slides and chats: one picture per unit, with its name, all moving
//! over their ranges and back together.

use model::ImageShape;
use wasm_bindgen::prelude::*;
use web_sys::HtmlCanvasElement;

use super::paint::strip;
use super::sheet::{SavedRows, background};
use super::words::unit as name;
use crate::dom::{Dom, context};
use crate::gif::{CompressedPicture, Palette, encode};
use crate::state::COLUMNS;

/// Positions along a range: those of the rows, and one between each pair.
pub const POSITIONS: usize = 2 * COLUMNS - 1;
/// Maximum bytes of pictures, because a visitor's own model may have larger ones than a browser can hold.
const MOST: usize = 64 << 20;
/// Pixels around and between pictures, for a name, and for the title.
const GAP: usize = 8;
const NAME: usize = 18;
const TITLE: usize = 24;
/// Minimum width of a picture in pixels.
const WIDE: usize = 128;
/// Maximum number of pictures in a line.
const LINE: usize = 4;
/// Display time of a still, and of one at an end of the ranges, in hundredths of a second.
const PACE: u16 = 6;
const PAUSE: u16 = 40;

/// Layout of an animation.
#[derive(Clone, Copy, Debug)]
pub struct Animation {
    shape: ImageShape,
    units: usize,
    scale: usize,
}

impl Animation {
    /// Creates the layout for a side's rows.
    ///
    /// # Errors
    /// Fails if there are no rows, or the animation would be too large.
    pub fn of(rows: &SavedRows) -> Result<Self, JsValue> {
        let (shape, units) = (rows.model.card.model.image, rows.units.len());
        let scale = WIDE.div_ceil(shape.width).max(1);
        let bytes = units * shape.len() * POSITIONS;
        if units == 0 || bytes.max(units * shape.height * shape.width * scale * scale) > MOST {
            return Err(JsValue::from_str("an animation needs a unit, and not too many of them"));
        }
        Ok(Self { shape, units, scale })
    }

    /// Width and height in pixels.
    fn size(self) -> [usize; 2] {
        let (across, down) = (self.units.min(LINE), self.units.div_ceil(LINE));
        [GAP + across * (self.scale * self.shape.width + GAP), TITLE + GAP + down * self.step()]
    }

    /// Distance between two lines of pictures.
    fn step(self) -> usize {
        self.scale * self.shape.height + NAME + GAP
    }

    /// Top left corner of a unit's picture.
    fn corner(self, rank: usize) -> [usize; 2] {
        let (across, down) = (rank % LINE, rank / LINE);
        [GAP + across * (self.scale * self.shape.width + GAP), TITLE + GAP + NAME + down * self.step()]
    }

    /// Encodes `pictures`, `[POSITIONS, units, H, W, C]`, as a GIF.
    ///
    /// # Errors
    /// Fails if the browser provides no canvas.
    pub fn file(self, dom: &Dom, rows: &SavedRows, pictures: &[u8]) -> Result<Vec<u8>, JsValue> {
        let [width, height] = self.size();
        let names = self.names(dom, rows)?;
        let palette = Palette::of(&[&strip(pictures, self.shape), &names]);
        let mut still: Vec<u8> = names.chunks_exact(4).map(|pixel| palette.index(pixel)).collect();
        let stills: Vec<CompressedPicture> = pictures
            .chunks_exact(self.units * self.shape.len())
            .map(|pictures| {
                for (rank, picture) in pictures.chunks_exact(self.shape.len()).enumerate() {
                    self.paint(&mut still, rank, &strip(picture, self.shape), &palette);
                }
                CompressedPicture::of(&still)
            })
            .collect();
        let last = POSITIONS - 1;
        let order = (0..=last).chain((1..last).rev());
        let shown = order.map(|i| (&stills[i], if i % last == 0 { PAUSE } else { PACE }));
        Ok(encode([width as u16, height as u16], &palette, shown))
    }

    /// Draws a unit's picture (RGBA) into a still.
    fn paint(self, still: &mut [u8], rank: usize, rgba: &[u8], palette: &Palette) {
        let ([width, _], [left, top]) = (self.size(), self.corner(rank));
        for (y, line) in rgba.chunks_exact(4 * self.shape.width).enumerate() {
            let indices: Vec<u8> = line
                .chunks_exact(4)
                .flat_map(|pixel| std::iter::repeat_n(palette.index(pixel), self.scale))
                .collect();
            for row in 0..self.scale {
                let start = (top + y * self.scale + row) * width + left;
                still[start..start + indices.len()].copy_from_slice(&indices);
            }
        }
    }

    /// A still with names only, RGBA.
    fn names(self, dom: &Dom, rows: &SavedRows) -> Result<Vec<u8>, JsValue> {
        let [width, height] = self.size().map(|side| side as f64);
        let canvas: HtmlCanvasElement = dom.create("canvas", &[])?.unchecked_into();
        canvas.set_width(width as u32);
        canvas.set_height(height as u32);
        let pen = context(&canvas)?;
        background(&pen, &canvas);
        pen.set_font("600 14px system-ui, sans-serif");
        pen.fill_text_with_max_width(&rows.title, GAP as f64, 20.0, width - 2.0 * GAP as f64)?;
        pen.set_font("12px system-ui, sans-serif");
        for (rank, &unit) in rows.units.iter().enumerate() {
            let [left, top] = self.corner(rank).map(|at| at as f64);
            let room = (self.scale * self.shape.width) as f64;
            pen.fill_text_with_max_width(&name(&rows.model.card, unit), left, top - 5.0, room)?;
        }
        Ok(pen.get_image_data(0.0, 0.0, width, height)?.data().0)
    }
}
