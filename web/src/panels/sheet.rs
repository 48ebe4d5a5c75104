//! A side's rows as one picture, for slides and papers: on white, with a title and the names of the
//! units.

use wasm_bindgen::prelude::*;
use wasm_bindgen::{Clamped, JsCast};
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement, ImageData};

use super::paint::strip;
use super::words::unit as name;
use crate::dom::{Dom, context};
use crate::state::{COLUMNS, Loaded, State, ranked};

/// Pixels around and between rows.
const GAP: usize = 8;
/// Height of the title in pixels.
const TITLE: usize = 48;
/// Fonts of the title, and of other text.
const BOLD: &str = "600 16px system-ui, sans-serif";
const PLAIN: &str = "14px system-ui, sans-serif";

/// The visible rows of a side, for saving.
#[derive(Clone, Debug)]
pub struct SavedRows {
    /// Title of the model, with its data set.
    pub title: String,
    /// The model.
    pub model: Loaded,
    /// Units of the rows, from top to bottom.
    pub units: Vec<usize>,
}

impl SavedRows {
    /// Returns the rows of a side, or `None` before it shows a model.
    pub fn of(state: &State, side: usize) -> Option<Self> {
        let model = state.sides.get(side)?.model()?.clone();
        let entry = state.sides[side].entry.and_then(|entry| state.entries.get(entry));
        let set = entry.map_or(&model.card.training.dataset, |entry| &entry.set);
        let title = format!("{set} · {}", state.title(side));
        Some(Self { title, units: ranked(state, side), model })
    }
}

/// Draws `pictures`, `[rows, COLUMNS, H, W, C]`.
///
/// # Errors
/// Fails if the number of pictures is wrong, or the browser provides no canvas.
pub fn sheet(dom: &Dom, rows: &SavedRows, pictures: &[u8]) -> Result<HtmlCanvasElement, JsValue> {
    let SavedRows { title, model, units } = rows;
    let shape = model.card.model.image;
    let row = COLUMNS * shape.len();
    if pictures.len() != units.len() * row {
        return Err(JsValue::from_str("another number of pictures"));
    }
    let canvas: HtmlCanvasElement = dom.create("canvas", &[])?.unchecked_into();
    let pen = context(&canvas)?;
    pen.set_font(PLAIN);
    let names: Vec<String> = units.iter().map(|&unit| name(&model.card, unit)).collect();
    let mut longest = 0.0_f64;
    for name in &names {
        longest = longest.max(pen.measure_text(name)?.width());
    }
    let left = longest.ceil() as usize + 2 * GAP;
    canvas.set_width((left + COLUMNS * shape.width + GAP) as u32);
    canvas.set_height((TITLE + units.len() * (shape.height + GAP)) as u32);
    background(&pen, &canvas);
    let room = f64::from(canvas.width()) - 2.0 * GAP as f64;
    pen.set_font(BOLD);
    pen.fill_text_with_max_width(title, GAP as f64, 20.0, room)?;
    pen.set_font(PLAIN);
    let text = "Each row turns one number over its range and holds the others.";
    pen.fill_text_with_max_width(text, GAP as f64, 39.0, room)?;
    for ((name, row), i) in names.iter().zip(pictures.chunks_exact(row)).zip(0..) {
        let top = (TITLE + i * (shape.height + GAP)) as f64;
        pen.fill_text(name, GAP as f64, top + shape.height as f64 / 2.0 + 5.0)?;
        let (width, height) = ((COLUMNS * shape.width) as u32, shape.height as u32);
        let rgba = strip(row, shape);
        let data = ImageData::new_with_u8_clamped_array_and_sh(Clamped(&rgba), width, height)?;
        pen.put_image_data(&data, left as f64, top)?;
    }
    Ok(canvas)
}

/// Fills a canvas with white and sets a dark grey pen, so that animations of grey pictures need few
/// colours.
pub(super) fn background(pen: &CanvasRenderingContext2d, canvas: &HtmlCanvasElement) {
    pen.set_fill_style_str("#fff");
    pen.fill_rect(0.0, 0.0, canvas.width().into(), canvas.height().into());
    pen.set_fill_style_str("#1b1b1b");
}
