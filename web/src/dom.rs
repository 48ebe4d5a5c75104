//! The document, with the few ways in which it is changed.

use crate::engine::Kind;
use crate::pictures::Slot;
use wasm_bindgen::prelude::*;
use wasm_bindgen::{Clamped, JsCast};
use web_sys::{
    CanvasRenderingContext2d, Document, Element, HtmlCanvasElement, HtmlElement, ImageData, Window,
};

/// Marks canvases that the GPU draws to.
const ON_GPU: &str = "data-gpu";

/// What drawing returns; it fails if the page lacks what is drawn on.
pub type Drawn = Result<(), JsValue>;

/// The document.
#[derive(Clone, Debug)]
pub struct Dom {
    window: Window,
    document: Document,
}

impl Dom {
    /// The window's document.
    ///
    /// # Errors
    /// Fails outside of a window.
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

    /// Whether a media query holds.
    pub fn prefers(&self, query: &str) -> bool {
        self.window.match_media(query).ok().flatten().is_some_and(|list| list.matches())
    }

    /// The element of that id.
    ///
    /// # Errors
    /// Fails if there is none, or it is of another type.
    pub fn get<T: JsCast>(&self, id: &str) -> Result<T, JsValue> {
        let element = self.document.get_element_by_id(id).ok_or_else(|| JsValue::from_str(id))?;
        element.dyn_into().map_err(JsValue::from)
    }

    /// All elements that a selector names.
    ///
    /// # Errors
    /// Fails if it is no selector.
    pub fn all(&self, selector: &str) -> Result<Vec<Element>, JsValue> {
        let nodes = self.document.query_selector_all(selector)?;
        Ok((0..nodes.length()).filter_map(|i| nodes.get(i)?.dyn_into().ok()).collect())
    }

    /// The canvases of a place for pictures.
    ///
    /// # Errors
    /// Fails if the browser can't look for them.
    pub fn canvases(&self, slot: Slot) -> Result<Vec<HtmlCanvasElement>, JsValue> {
        let canvases = self.all(&format!("[data-slot=\"{slot}\"]"))?;
        Ok(canvases.into_iter().filter_map(|canvas| canvas.dyn_into().ok()).collect())
    }

    /// Whether a canvas shows what the GPU draws.
    pub fn is_gpus(canvas: &HtmlCanvasElement) -> bool {
        canvas.has_attribute(ON_GPU)
    }

    /// Gives a canvas as many pixels as it has on the screen, and returns how many a pixel of the style has,
    /// and its width and height.
    pub fn fit(&self, canvas: &HtmlCanvasElement) -> (f64, [f64; 2]) {
        let scale = self.window.device_pixel_ratio();
        let size = [canvas.client_width(), canvas.client_height()]
            .map(|side| (f64::from(side) * scale).round().max(1.0));
        canvas.set_width(size[0] as u32);
        canvas.set_height(size[1] as u32);
        (scale, size)
    }

    /// Scrolls an element's parent sideways, so that the element is in sight.
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

    /// A canvas for an engine's pictures, and whether it is new: one that has shown another engine's can't
    /// show this one's, and gives its place to a copy.
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

    /// A new element with attributes.
    ///
    /// # Errors
    /// Fails if a name is not allowed.
    pub fn create(&self, tag: &str, attributes: &[(&str, &str)]) -> Result<Element, JsValue> {
        let element = self.document.create_element(tag)?;
        for (name, value) in attributes {
            element.set_attribute(name, value)?;
        }
        Ok(element)
    }

    /// A new element with attributes and text, at the end of `parent`.
    ///
    /// # Errors
    /// Fails if a name is not allowed.
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

    /// Sets the text of the element of that id.
    ///
    /// # Errors
    /// Fails if there is none.
    pub fn set_text(&self, id: &str, text: &str) -> Drawn {
        self.get::<Element>(id)?.set_text_content(Some(text));
        Ok(())
    }

    /// Sets a property of the style of the element of that id.
    ///
    /// # Errors
    /// Fails if there is none.
    pub fn set_style(&self, id: &str, property: &str, value: &str) -> Drawn {
        self.get::<HtmlElement>(id)?.style().set_property(property, value)
    }

    /// Shows or hides the element of that id.
    ///
    /// # Errors
    /// Fails if there is none.
    pub fn show(&self, id: &str, shown: bool) -> Drawn {
        self.get::<Element>(id)?.toggle_attribute_with_force("hidden", !shown)?;
        Ok(())
    }
}

/// A canvas's context.
///
/// # Errors
/// Fails if the browser has none to give.
pub fn context(canvas: &HtmlCanvasElement) -> Result<CanvasRenderingContext2d, JsValue> {
    let context = canvas.get_context("2d")?.ok_or("no 2d context")?;
    context.dyn_into().map_err(JsValue::from)
}

/// Puts an RGBA picture onto a canvas, a pixel a pixel.
///
/// # Errors
/// Fails if the size is not the picture's.
pub fn put(canvas: &HtmlCanvasElement, rgba: &[u8], width: u32, height: u32) -> Drawn {
    if canvas.width() != width || canvas.height() != height {
        canvas.set_width(width);
        canvas.set_height(height);
    }
    let data = ImageData::new_with_u8_clamped_array_and_sh(Clamped(rgba), width, height)?;
    context(canvas)?.put_image_data(&data, 0.0, 0.0)
}
