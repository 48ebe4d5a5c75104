//! A side's rows as one picture, for slides and papers: on white, each with its unit's name.

use js_sys::Reflect;
use wasm_bindgen::prelude::*;
use wasm_bindgen::{Clamped, JsCast};
use web_sys::{HtmlCanvasElement, ImageData};

use super::paint::strip;
use super::words::unit as name;
use crate::dom::{Dom, context};
use crate::state::{COLUMNS, Loaded};

/// Pixels around and between rows.
const GAP: usize = 8;
/// Pixels for the names.
const NAMES: usize = 180;

/// Draws `pictures`, `[rows, COLUMNS, H, W, C]` of the rows that are shown.
///
/// # Errors
/// Fails if the pictures are of another number, or the browser has no canvas to give.
pub fn sheet(dom: &Dom, model: &Loaded, pictures: &[u8]) -> Result<HtmlCanvasElement, JsValue> {
    let shape = model.card.model.image;
    let (units, row) = (model.used(), COLUMNS * shape.len());
    if pictures.len() != units.len() * row {
        return Err(JsValue::from_str("another number of pictures"));
    }
    let canvas: HtmlCanvasElement = dom.create("canvas", &[])?.unchecked_into();
    canvas.set_width((NAMES + COLUMNS * shape.width + GAP) as u32);
    canvas.set_height((units.len() * (shape.height + GAP) + GAP) as u32);
    let context = context(&canvas)?;
    let style = |name: &str, value: &str| Reflect::set(&context, &name.into(), &value.into());
    style("fillStyle", "#fff")?;
    context.fill_rect(0.0, 0.0, canvas.width().into(), canvas.height().into());
    style("fillStyle", "#1b1b20")?;
    style("font", "14px system-ui, sans-serif")?;
    style("textBaseline", "middle")?;
    for (i, (&unit, row)) in units.iter().zip(pictures.chunks_exact(row)).enumerate() {
        let top = (GAP + i * (shape.height + GAP)) as f64;
        context.fill_text(&name(&model.card, unit), GAP as f64, top + shape.height as f64 / 2.0)?;
        let (width, height) = ((COLUMNS * shape.width) as u32, shape.height as u32);
        let rgba = strip(row, shape);
        let data = ImageData::new_with_u8_clamped_array_and_sh(Clamped(&rgba), width, height)?;
        context.put_image_data(&data, NAMES as f64, top)?;
    }
    Ok(canvas)
}
