//! Word that the survey comes into sight, so that nothing is measured that nobody looks at.

use js_sys::Array;
use wasm_bindgen::prelude::*;
use web_sys::{Element, IntersectionObserver, IntersectionObserverEntry};

use super::App;
use crate::state::Event;

/// Sections that show what the survey finds.
const SECTIONS: [&str; 2] = ["knobs", "pictures"];

/// Waits for the first of them, once.
pub(super) fn listen(app: &App) -> Result<(), JsValue> {
    let to = app.clone();
    let near = Closure::<dyn Fn(Array, IntersectionObserver)>::new(
        move |entries: Array, observer: IntersectionObserver| {
            let here = |entry: JsValue| entry.unchecked_into::<IntersectionObserverEntry>().is_intersecting();
            if entries.iter().any(here) {
                observer.disconnect();
                to.send(Event::Near);
            }
        },
    );
    let observer = IntersectionObserver::new(near.into_js_value().unchecked_ref())?;
    for section in SECTIONS {
        observer.observe(&app.0.dom.get::<Element>(section)?);
    }
    Ok(())
}
