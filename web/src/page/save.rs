//! A side's rows as a PNG file.

use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::HtmlElement;

use super::App;
use crate::engine::{Cpu, Engine};
use crate::view;

impl App {
    /// Saves the rows that a side shows.
    pub(super) fn save(&self, side: usize) {
        let app = self.clone();
        spawn_local(async move {
            let words = match app.download(side).await {
                Ok(()) => "Saved",
                Err(_) => "This browser can’t save it",
            };
            app.0.dom.set_text(&format!("save-{side}"), words).ok();
        });
    }

    /// Pictures on the GPU can't be read back from their canvases: the CPU draws them once more.
    async fn download(&self, side: usize) -> Result<(), JsValue> {
        let model = self.0.state.borrow().sides.get(side).and_then(|side| side.model().cloned());
        let model = model.ok_or("no model is shown")?;
        let words = |error: crate::engine::EngineError| JsValue::from_str(&error.to_string());
        let cpu = Cpu::load(&model.file).map_err(words)?;
        let codes: Vec<f32> = model.shown().iter().flat_map(|&unit| model.row_codes(unit)).collect();
        let values = cpu.decode(&codes).await.map_err(words)?;
        let pictures: Vec<u8> = values.iter().map(|value| (value * 255.0).round() as u8).collect();
        let address = view::sheet(&self.0.dom, &model, &pictures)?.to_data_url()?;
        let name = format!("{}.png", self.0.state.borrow().title(side));
        let link = self.0.dom.create("a", &[("href", &address), ("download", &name)])?;
        link.unchecked_into::<HtmlElement>().click();
        Ok(())
    }
}
