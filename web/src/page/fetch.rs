//! Fetches the manifest and the weights files, which are next to the page.

use js_sys::{Reflect, Uint8Array};
use model::weights::MAX_FILE;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{ReadableStreamDefaultReader, Response};

use crate::manifest::{Entry, parse};

const MANIFEST: &str = "models/manifest.json";

/// Fetches and parses the manifest.
///
/// # Errors
/// Returns one sentence that names the manifest.
pub(super) async fn manifest() -> Result<Vec<Entry>, String> {
    let fail = |why: String| format!("{MANIFEST} can’t be used: {why}.");
    let bytes = bytes(MANIFEST, |_| ()).await.map_err(fail)?;
    parse(&String::from_utf8_lossy(&bytes)).map_err(|error| fail(error.to_string()))
}

/// Fetches a weights file; calls `progress` with the number of bytes so far.
///
/// # Errors
/// Returns the reason if the file can't be fetched.
pub(super) async fn model(file: &str, progress: impl Fn(u64)) -> Result<Vec<u8>, String> {
    bytes(&format!("models/{file}"), progress).await
}

async fn bytes(path: &str, progress: impl Fn(u64)) -> Result<Vec<u8>, String> {
    let broken = |_: JsValue| "the connection broke; reload the page to try again".to_owned();
    let window = web_sys::window().ok_or("there is no window")?;
    let response: Response =
        JsFuture::from(window.fetch_with_str(path)).await.map_err(broken)?.dyn_into().map_err(broken)?;
    if !response.ok() {
        return Err(format!("the server answers {} for it", response.status()));
    }
    let stream = response.body().ok_or("the server sends nothing")?;
    let reader: ReadableStreamDefaultReader = stream.get_reader().dyn_into().map_err(|_| "no reader")?;
    let mut bytes = Vec::new();
    loop {
        let chunk = JsFuture::from(reader.read()).await.map_err(broken)?;
        let value = Reflect::get(&chunk, &"value".into()).map_err(broken)?;
        if value.is_undefined() {
            return Ok(bytes);
        }
        let chunk = Uint8Array::new(&value);
        if bytes.len() + chunk.length() as usize > MAX_FILE {
            return Err(format!("it has more than {MAX_FILE} bytes"));
        }
        let start = bytes.len();
        bytes.resize(start + chunk.length() as usize, 0);
        chunk.copy_to(&mut bytes[start..]);
        progress(bytes.len() as u64);
    }
}
