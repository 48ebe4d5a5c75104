//! Drawing on the original by pointer and keys, and pictures from files: opened, dropped or pasted.

use js_sys::Reflect;
use model::ImageShape;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{
    Blob, ClipboardEvent, DragEvent, Element, File, FileList, HtmlCanvasElement, HtmlInputElement,
    ImageBitmap, KeyboardEvent, PointerEvent,
};

use super::part::within;
use super::{App, context};
use crate::state::{Event, Hand};

/// Pixels that an arrow key moves the pen.
const NUDGE: f32 = 2.0;

/// Most bytes of a picture's file.
const MAX_BYTES: f64 = 64e6;

/// Listens for pictures that are opened, dropped or pasted.
pub(super) fn listen(app: &App) -> Result<(), JsValue> {
    app.on(&["change", "dragover", "drop", "paste"], App::offered)
}

impl App {
    /// The pointer or a key is on the original.
    pub(super) fn paper(&self, kind: &str, event: &web_sys::Event, canvas: &Element) {
        if !self.0.state.borrow().own {
            if kind == "pointerdown" {
                self.send(Event::Touch);
            }
            return;
        }
        let at = || within(canvas, event).map(|at| at.map(|v| v as f32));
        let hand = match kind {
            "pointerdown" => {
                if let Some(pointer) = event.dyn_ref::<PointerEvent>() {
                    // Without capture a stroke ends at the paper's edge.
                    canvas.set_pointer_capture(pointer.pointer_id()).ok();
                }
                at().map(Hand::Begin)
            }
            "pointermove" => at().map(Hand::Go),
            "pointerup" | "pointercancel" => Some(Hand::End),
            "keydown" => event.dyn_ref::<KeyboardEvent>().and_then(|key| pen_key(&key.key())),
            _ => None,
        };
        if let Some(hand) = hand {
            if kind == "keydown" {
                event.prevent_default();
            }
            self.send(Event::Hand(hand));
        }
    }

    /// Takes the first picture among what the visitor offers.
    fn offered(&self, event: &web_sys::Event) {
        let files = match event.type_().as_str() {
            "dragover" | "drop" => event
                .dyn_ref::<DragEvent>()
                .and_then(DragEvent::data_transfer)
                .inspect(|data| {
                    // The browser would leave the page for the file.
                    if data.types().includes(&"Files".into(), 0) {
                        event.prevent_default();
                    }
                })
                .and_then(|data| data.files()),
            "paste" => event
                .dyn_ref::<ClipboardEvent>()
                .and_then(ClipboardEvent::clipboard_data)
                .and_then(|data| data.files()),
            _ => opened(event),
        };
        let Some(files) = files else { return };
        let picture =
            (0..files.length()).filter_map(|i| files.get(i)).find(|file| file.type_().starts_with("image/"));
        if let Some(file) = picture {
            self.close_camera();
            let app = self.clone();
            spawn_local(async move {
                let hand = Hand::Give(app.pixels(&file).await);
                app.send(Event::Hand(hand));
                app.look_at_the_original();
            });
        }
    }

    /// Scrolls to the original if it is out of sight: a picture can be dropped and pasted anywhere.
    fn look_at_the_original(&self) {
        let Ok(original) = self.0.dom.get::<Element>("original") else { return };
        let bounds = original.get_bounding_client_rect();
        let height = self.0.dom.window().inner_height().ok().and_then(|height| height.as_f64());
        if bounds.bottom() < 0.0 || height.is_some_and(|height| bounds.top() > height) {
            original.scroll_into_view();
        }
    }

    /// The file's picture in the paper's size.
    async fn pixels(&self, file: &File) -> Result<Vec<u8>, String> {
        let refuse = |_: JsValue| format!("{} can’t be read as a picture.", file.name());
        if file.size() > MAX_BYTES {
            return Err(format!("{} has more than {} MB.", file.name(), MAX_BYTES / 1e6));
        }
        let shape = self.0.state.borrow().paper_shape().ok_or("No model is loaded that could see it.")?;
        let bitmap = self.0.dom.window().create_image_bitmap_with_blob(file as &Blob).map_err(refuse)?;
        let bitmap: ImageBitmap = JsFuture::from(bitmap).await.map_err(refuse)?.unchecked_into();
        self.shrunk(&bitmap, shape).map_err(refuse)
    }

    /// A picture in the paper's size, RGBA: its middle, if it is of another form.
    pub(super) fn shrunk(&self, bitmap: &ImageBitmap, shape: ImageShape) -> Result<Vec<u8>, JsValue> {
        let canvas: HtmlCanvasElement = self.0.dom.create("canvas", &[])?.unchecked_into();
        canvas.set_width(shape.width as u32);
        canvas.set_height(shape.height as u32);
        let [width, height] = [shape.width, shape.height].map(|side| side as f64);
        let context = context(&canvas)?;
        context.fill_rect(0.0, 0.0, width, height);
        Reflect::set(&context, &"imageSmoothingQuality".into(), &"high".into())?;
        let given = [bitmap.width(), bitmap.height()].map(f64::from);
        let scale = (width / given[0]).max(height / given[1]);
        let [across, down] = given.map(|side| side * scale);
        context.draw_image_with_image_bitmap_and_dw_and_dh(
            bitmap,
            (width - across) / 2.0,
            (height - down) / 2.0,
            across,
            down,
        )?;
        Ok(context.get_image_data(0.0, 0.0, width, height)?.data().0)
    }
}

/// The files that were chosen in the page's own dialogue.
fn opened(event: &web_sys::Event) -> Option<FileList> {
    let input: HtmlInputElement = event.target()?.dyn_into().ok()?;
    if input.get_attribute("data-action").as_deref() != Some("open") {
        return None;
    }
    input.files()
}

/// What a key does with the pen.
fn pen_key(key: &str) -> Option<Hand> {
    Some(match key {
        "ArrowLeft" => Hand::Nudge([-NUDGE, 0.0]),
        "ArrowRight" => Hand::Nudge([NUDGE, 0.0]),
        "ArrowUp" => Hand::Nudge([0.0, -NUDGE]),
        "ArrowDown" => Hand::Nudge([0.0, NUDGE]),
        " " | "Enter" => Hand::Press,
        _ => return None,
    })
}
