//! The document, and helpers to change it.

use crate::engine::Kind;
use crate::pictures::Slot;
use wasm_bindgen::prelude::*;
use wasm_bindgen::{Clamped, JsCast};
use web_sys::{
    CanvasRenderingContext2d, Document, Element, HtmlCanvasElement, HtmlElement, ImageData, Window,
};

/// Marks canvases that the GPU draws to.
const ON_GPU: &str = "data-gpu";

/// Result of drawing; an error if an element is missing.
pub type Drawn = Result<(), JsValue>;

/// The document.
#[derive(Clone, Debug)]
pub struct Dom {
    window: Window,
    document: Document,
}

impl Dom {
    /// Returns the window's document.
    ///
    /// # Errors
    /// Fails outside a window.
    pub fn of_window() -> Result<Self, JsValue> {
        let window = web_sys::window().ok_or("no window")?;
        let document = window.document().ok_or("no document")?;
        Ok(Self { window, document })
    }

    /// The window.
    pub fn window(&self) -> &Window {
        &self.window
    }

    /// The document.
    pub fn document(&self) -> &Document {
        &self.document
    }

    /// Whether a media query matches.
    pub fn prefers(&self, query: &str) -> bool {
        self.window.match_media(query).ok().flatten().is_some_and(|list| list.matches())
    }

    /// Returns the element with an id.
    ///
    /// # Errors
    /// Fails if there is none, or it has another type.
    pub fn get<T: JsCast>(&self, id: &str) -> Result<T, JsValue> {
        let element = self.document.get_element_by_id(id).ok_or_else(|| JsValue::from_str(id))?;
        element.dyn_into().map_err(JsValue::from)
    }

    /// Returns all elements that match a selector.
    ///
    /// # Errors
    /// Fails if the selector is invalid.
    pub fn all(&self, selector: &str) -> Result<Vec<Element>, JsValue> {
        let nodes = self.document.query_selector_all(selector)?;
        Ok((0..nodes.length()).filter_map(|i| nodes.get(i)?.dyn_into().ok()).collect())
    }

    /// Returns the canvases of a slot.
    ///
    /// # Errors
    /// Fails if the query fails.
    pub fn canvases(&self, slot: Slot) -> Result<Vec<HtmlCanvasElement>, JsValue> {
        let canvases = self.all(&format!("[data-slot=\"{slot}\"]"))?;
        Ok(canvases.into_iter().filter_map(|canvas| canvas.dyn_into().ok()).collect())
    }

    /// Whether the GPU draws to a canvas.
    pub fn is_gpus(canvas: &HtmlCanvasElement) -> bool {
        canvas.has_attribute(ON_GPU)
    }

    /// Sets a canvas to its resolution on the screen. Returns the number of device pixels per CSS pixel,
    /// and width and height in CSS pixels.
    pub fn fit(&self, canvas: &HtmlCanvasElement) -> (f64, [f64; 2]) {
        let scale = self.window.device_pixel_ratio();
        let size = [canvas.client_width(), canvas.client_height()]
            .map(|side| (f64::from(side) * scale).round().max(1.0));
        canvas.set_width(size[0] as u32);
        canvas.set_height(size[1] as u32);
        (scale, size)
    }

    /// Scrolls an element's parent horizontally until the element is visible.
    ///
    /// # Errors
    /// Fails if it has no parent.
    pub fn scroll_along(&self, element: &Element) -> Drawn {
        let parent = element.parent_element().ok_or("no parent")?;
        let [outer, inner] = [&parent, element].map(Element::get_bounding_client_rect);
        let off = inner.left() - outer.left() - (outer.width() - inner.width()) / 2.0;
        parent.set_scroll_left(parent.scroll_left() + off as i32);
        Ok(())
    }

    /// Returns a canvas for an engine's pictures, and whether it is new. A canvas that was used by the
    /// other engine is replaced by a copy.
    ///
    /// # Errors
    /// Fails if the document can't be changed.
    pub fn canvas(
        &self,
        canvas: HtmlCanvasElement,
        engine: Kind,
    ) -> Result<(HtmlCanvasElement, bool), JsValue> {
        if canvas.has_attribute(ON_GPU) == (engine == Kind::Gpu) {
            return Ok((canvas, false));
        }
        let copy: HtmlCanvasElement = canvas.clone_node()?.dyn_into()?;
        copy.toggle_attribute_with_force(ON_GPU, engine == Kind::Gpu)?;
        canvas.replace_with_with_node_1(&copy)?;
        Ok((copy, true))
    }

    /// Creates an element with attributes.
    ///
    /// # Errors
    /// Fails if a name is invalid.
    pub fn create(&self, tag: &str, attributes: &[(&str, &str)]) -> Result<Element, JsValue> {
        let element = self.document.create_element(tag)?;
        for (name, value) in attributes {
            element.set_attribute(name, value)?;
        }
        Ok(element)
    }

    /// Appends a new element with attributes and text to `parent`.
    ///
    /// # Errors
    /// Fails if a name is invalid.
    pub fn add(
        &self,
        parent: &Element,
        tag: &str,
        attributes: &[(&str, &str)],
        text: &str,
    ) -> Result<Element, JsValue> {
        let element = self.create(tag, attributes)?;
        if !text.is_empty() {
            element.set_text_content(Some(text));
        }
        parent.append_child(&element)?;
        Ok(element)
    }

    /// Sets the text of the element with an id.
    ///
    /// # Errors
    /// Fails if there is none.
    pub fn set_text(&self, id: &str, text: &str) -> Drawn {
        self.get::<Element>(id)?.set_text_content(Some(text));
        Ok(())
    }

    /// Sets a style property of the element with an id.
    ///
    /// # Errors
    /// Fails if there is none.
    pub fn set_style(&self, id: &str, property: &str, value: &str) -> Drawn {
        self.get::<HtmlElement>(id)?.style().set_property(property, value)
    }

    /// Shows or hides the element with an id.
    ///
    /// # Errors
    /// Fails if there is none.
    pub fn show(&self, id: &str, shown: bool) -> Drawn {
        self.get::<Element>(id)?.toggle_attribute_with_force("hidden", !shown)?;
        Ok(())
    }
}

/// Returns the 2D context of a canvas.
///
/// # Errors
/// Fails if the browser provides none.
pub fn context(canvas: &HtmlCanvasElement) -> Result<CanvasRenderingContext2d, JsValue> {
    let context = canvas.get_context("2d")?.ok_or("no 2d context")?;
    context.dyn_into().map_err(JsValue::from)
}

/// Draws an RGBA picture on a canvas, pixel by pixel.
///
/// # Errors
/// Fails if the size doesn't match the picture.
pub fn put(canvas: &HtmlCanvasElement, rgba: &[u8], width: u32, height: u32) -> Drawn {
    if canvas.width() != width || canvas.height() != height {
        canvas.set_width(width);
        canvas.set_height(height);
    }
    let data = ImageData::new_with_u8_clamped_array_and_sh(Clamped(rgba), width, height)?;
    context(canvas)?.put_image_data(&data, 0.0, 0.0)
}
