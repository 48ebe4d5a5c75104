//! Pictures from files that are opened, dropped or pasted.

use js_sys::Reflect;
use model::ImageShape;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{
    Blob, ClipboardEvent, DragEvent, File, FileList, HtmlCanvasElement, HtmlInputElement, ImageBitmap,
};

use super::App;
use crate::dom::context;
use crate::panels::Action;
use crate::state::{Event, PictureEdit, View};

/// Maximum size of a picture file in bytes.
const MAX_BYTES: f64 = 64e6;

/// Listens for pictures that are opened, dropped or pasted.
pub(super) fn listen(app: &App) -> Result<(), JsValue> {
    app.on(&["change", "dragover", "drop", "paste"], App::on_picture_file)
}

impl App {
    /// Takes the first picture among the files of an event.
    fn on_picture_file(&self, event: &web_sys::Event) {
        let files = match event.type_().as_str() {
            "dragover" | "drop" => event
                .dyn_ref::<DragEvent>()
                .and_then(DragEvent::data_transfer)
                .inspect(|data| {
                    // Otherwise the browser would navigate to the file.
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
                let edit = PictureEdit::Replace(app.pixels(&file).await);
                // Pictures can be dropped and pasted in any view.
                app.send(Event::View(View::Pictures));
                app.send(Event::Edit(edit));
            });
        }
    }

    /// Decodes a file to the picture's size.
    async fn pixels(&self, file: &File) -> Result<Vec<u8>, String> {
        let refuse = |_: JsValue| format!("{} can’t be read as a picture.", file.name());
        if file.size() > MAX_BYTES {
            return Err(format!("{} has more than {} MB.", file.name(), MAX_BYTES / 1e6));
        }
        let shape =
            self.0.state.borrow().own_picture_shape().ok_or("No model is loaded that could see it.")?;
        let bitmap = self.0.dom.window().create_image_bitmap_with_blob(file as &Blob).map_err(refuse)?;
        let bitmap: ImageBitmap = JsFuture::from(bitmap).await.map_err(refuse)?.unchecked_into();
        self.shrunk(&bitmap, shape).map_err(refuse)
    }

    /// Scales a picture to the picture's size, RGBA; crops the middle if its aspect ratio differs.
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

/// Files chosen in the page's dialog.
fn opened(event: &web_sys::Event) -> Option<FileList> {
    let input: HtmlInputElement = event.target()?.dyn_into().ok()?;
    if input.get_attribute("data-act")? != (Action::Open {}).to_string() {
        return None;
    }
    input.files()
}
