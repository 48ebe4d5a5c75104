//! Weights files from the visitor: dropped on a column, or opened at its foot.

use js_sys::Uint8Array;
use model::weights::MAX_FILE;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{DragEvent, Element, File, FileList, HtmlInputElement};

use super::{App, log};
use crate::panels::Action;
use crate::state::Event;

/// Marks the column under a dragged file.
const OVER: &str = "data-over";

/// Listens for weights files.
pub(super) fn listen(app: &App) -> Result<(), JsValue> {
    app.on(&["change", "dragover", "dragleave", "drop"], App::on_weights_file)
}

impl App {
    /// Loads the first file that is not a picture as the model of its column.
    fn on_weights_file(&self, event: &web_sys::Event) {
        let Some(target) = event.target().and_then(|target| target.dyn_into::<Element>().ok()) else {
            return;
        };
        let files = match event.dyn_ref::<DragEvent>().and_then(DragEvent::data_transfer) {
            Some(data) => data.types().includes(&"Files".into(), 0).then(|| data.files()).flatten(),
            None => chosen(&target),
        };
        let column = target.closest(".model").ok().flatten();
        let side = column.as_ref().and_then(|column| {
            (0..)
                .take(crate::worker::SIDES)
                .find(|side| column.class_list().contains(&format!("side-{side}")))
        });
        let (Some(column), Some(side), Some(files)) = (column, side, files) else { return };
        let over = event.type_() == "dragover";
        log("marking a column", column.toggle_attribute_with_force(OVER, over).map(drop));
        if over || event.type_() == "dragleave" {
            return;
        }
        let picture = |file: &File| file.type_().starts_with("image/");
        // Pictures dropped here are shown to both models instead.
        let file = (0..files.length()).filter_map(|i| files.get(i)).find(|file| !picture(file));
        if let Some(file) = file {
            let app = self.clone();
            spawn_local(async move {
                let name = file.name();
                let file = read(&file).await;
                app.send(Event::Bring { side, name, file });
            });
        }
    }
}

/// Files chosen at a column's foot.
fn chosen(target: &Element) -> Option<FileList> {
    let input: &HtmlInputElement = target.dyn_ref()?;
    let action = Action::parse(&input.get_attribute("data-act")?)?;
    matches!(action, Action::Bring { .. }).then(|| input.files()).flatten()
}

async fn read(file: &File) -> Result<Vec<u8>, String> {
    if file.size() > MAX_FILE as f64 {
        return Err(format!("it has more than {MAX_FILE} bytes"));
    }
    let buffer = JsFuture::from(file.array_buffer()).await;
    let buffer = buffer.map_err(|_| "it can’t be read; is it a folder, or gone?".to_owned())?;
    Ok(Uint8Array::new(&buffer).to_vec())
}
