//! Saves a side's rows as a PNG file or an animated GIF.

use js_sys::{Array, Promise, Uint8Array};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{Blob, Element, HtmlElement, Url};

use super::{App, log};
use crate::engine::{Cpu, Engine, EngineError};
use crate::panels::{Animation, POSITIONS, SavedRows, sheet};

/// Marks a status while saving is in progress.
const BUSY: &str = "aria-busy";

/// Time for the browser to read a file, in milliseconds.
const TAKEN: i32 = 30_000;

impl App {
    /// Saves the rows of a side, as a picture or animated, unless saving is in progress.
    pub(super) fn save(&self, side: usize, moving: bool) {
        let Ok(status) = self.0.dom.get::<Element>(&format!("saved-{side}")) else { return };
        // Screen readers announce the result, but not each step.
        if status.has_attribute(BUSY) || status.set_attribute(BUSY, "true").is_err() {
            return;
        }
        let app = self.clone();
        spawn_local(async move {
            let outcome = if moving { app.animation(side, &status).await } else { app.picture(side).await };
            log("changing a status", status.remove_attribute(BUSY));
            let words = match outcome {
                Ok(()) => "Saved".to_owned(),
                Err(error) => {
                    let why = error.as_string().unwrap_or_else(|| "this browser can’t".into());
                    format!("It can’t be saved: {why}.")
                }
            };
            status.set_text_content(Some(&words));
        });
    }

    /// Pictures on the GPU can't be read back from their canvases, so the CPU draws them again.
    async fn picture(&self, side: usize) -> Result<(), JsValue> {
        let (rows, cpu) = self.rows(side)?;
        let codes: Vec<f32> = rows.units.iter().flat_map(|&unit| rows.model.row_codes(unit)).collect();
        let pictures = drawn(&cpu, &codes).await?;
        let address = sheet(&self.0.dom, &rows, &pictures)?.to_data_url()?;
        self.offer(side, "png", &address)
    }

    /// Draws all pictures of each position, and yields to the page in between.
    async fn animation(&self, side: usize, status: &Element) -> Result<(), JsValue> {
        let (rows, cpu) = self.rows(side)?;
        let animation = Animation::of(&rows)?;
        let mut pictures = Vec::new();
        for position in 0..POSITIONS {
            status.set_text_content(Some(&format!("Drawing {} of {POSITIONS} …", position + 1)));
            self.pause().await?;
            let share = position as f32 / (POSITIONS - 1) as f32;
            pictures.extend(drawn(&cpu, &rows.model.codes_at(&rows.units, share)).await?);
        }
        let file = animation.file(&self.0.dom, &rows, &pictures)?;
        let parts = Array::of1(&Uint8Array::from(&*file));
        let address = Url::create_object_url_with_blob(&Blob::new_with_u8_array_sequence(&parts)?)?;
        let offered = self.offer(side, "gif", &address);
        let forget = Closure::once_into_js(move || drop(Url::revoke_object_url(&address)));
        self.after(forget, TAKEN)?;
        offered
    }

    /// The rows of a side, and a separate engine for them.
    fn rows(&self, side: usize) -> Result<(Box<SavedRows>, Cpu), JsValue> {
        let rows = SavedRows::of(&self.0.state.borrow(), side).ok_or("no model is shown")?;
        let cpu = Cpu::load(&rows.model.file).map_err(to_js)?;
        Ok((Box::new(rows), cpu))
    }

    /// Makes the browser download the file at an address.
    fn offer(&self, side: usize, kind: &str, address: &str) -> Result<(), JsValue> {
        let name = format!("{}.{kind}", self.0.state.borrow().title(side));
        let link = self.0.dom.create("a", &[("href", address), ("download", &name)])?;
        link.unchecked_into::<HtmlElement>().click();
        Ok(())
    }

    /// Yields to the browser, so that it can draw and handle events.
    async fn pause(&self) -> Result<(), JsValue> {
        let promise = Promise::new(&mut |done, _| drop(self.after(done.into(), 0)));
        JsFuture::from(promise).await.map(drop)
    }

    fn after(&self, call: JsValue, milliseconds: i32) -> Result<(), JsValue> {
        let window = self.0.dom.window();
        let call = call.unchecked_ref();
        window.set_timeout_with_callback_and_timeout_and_arguments_0(call, milliseconds).map(drop)
    }
}

/// Decodes codes to pictures, 0 to 255.
async fn drawn(cpu: &Cpu, codes: &[f32]) -> Result<Vec<u8>, JsValue> {
    let values = cpu.decode(codes).await.map_err(to_js)?;
    Ok(values.iter().map(|value| (value * 255.0).round() as u8).collect())
}

fn to_js(error: EngineError) -> JsValue {
    JsValue::from_str(&error.to_string())
}
