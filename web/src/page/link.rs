//! The page's address, which encodes its state: kept up to date, and copied.

use js_sys::Reflect;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};

use super::{App, log};
use crate::panels::Safe;
use crate::state::Event;

/// Minimum time between two changes of the address in milliseconds, because browsers limit their rate.
const PACE: i32 = 400;

/// State of the page's address.
#[derive(Default)]
pub(super) struct Address {
    /// The fragment that is shown, or with which the page started.
    shown: Option<String>,
    /// Whether an update is scheduled.
    waiting: bool,
    /// Whether the address has shown the state before. If so, it continues to, even after a jump to a
    /// part of the page.
    updated: bool,
}

/// Follows the initial address and each that is entered later.
pub(super) fn listen(app: &App) -> Result<(), JsValue> {
    app.send(Event::Link(app.0.dom.window().location().hash().unwrap_or_default()));
    let to = app.clone();
    // The event's own address: the page may have replaced the window's before the event came.
    let follow = Closure::<dyn Fn(JsValue)>::new(move |event: JsValue| {
        let address = Reflect::get(&event, &"newURL".into()).ok().and_then(|address| address.as_string());
        let fragment = address.as_deref().and_then(|address| Some(address.split_once('#')?.1));
        to.send(Event::Link(format!("#{}", fragment.unwrap_or_default())));
    })
    .into_js_value();
    app.0.dom.window().add_event_listener_with_callback("hashchange", follow.unchecked_ref())
}

impl App {
    /// Schedules an update of the address.
    pub(super) fn follow_state(&self) {
        if std::mem::replace(&mut self.0.address.borrow_mut().waiting, true) {
            return;
        }
        let app = self.clone();
        let update = Closure::once_into_js(move || {
            app.0.address.borrow_mut().waiting = false;
            app.show_state(false);
        });
        let window = self.0.dom.window();
        if window.set_timeout_with_callback_and_timeout_and_arguments_0(update.unchecked_ref(), PACE).is_err()
        {
            self.0.address.borrow_mut().waiting = false;
        }
    }

    /// Shows the state in the address. Without `always`, waits until the visitor has changed it.
    fn show_state(&self, always: bool) {
        let Some(fragment) = self.0.state.borrow().fragment() else { return };
        let mut address = self.0.address.borrow_mut();
        let before = address.shown.replace(fragment.clone());
        let hash = || self.0.dom.window().location().hash().unwrap_or_default();
        let lost = address.updated && hash().trim_start_matches('#') != fragment;
        if always || lost || before.is_some_and(|before| before != fragment) {
            address.updated = true;
            let history = self.0.dom.window().history();
            let replaced = history.and_then(|history| {
                history.replace_state_with_url(&JsValue::NULL, "", Some(&format!("#{fragment}")))
            });
            // If the browser refuses, the old address stays.
            log("changing the address", replaced);
        }
    }

    /// Copies the address, which encodes the state.
    pub(super) fn copy_link(&self) {
        self.show_state(true);
        let address = self.0.dom.window().location().href().unwrap_or_default();
        let shares = self.0.state.borrow().shares();
        let done = if shares { "Copied" } else { "Copied without your picture" };
        self.copy("copy", "Copy link", address, [done, "Link is in the address bar"]);
    }

    /// Copies HTML that embeds the rows in another page, as they are set.
    pub(super) fn copy_embed(&self) {
        self.show_state(true);
        let location = self.0.dom.window().location();
        let part = |part: Result<String, JsValue>| part.unwrap_or_default();
        let address =
            [location.origin(), location.pathname(), Ok("?embed".into()), location.hash()].map(part).concat();
        let html = format!(
            r#"<iframe src="{}" title="Latentscope" width="960" height="720" loading="lazy"></iframe>"#,
            Safe(&address)
        );
        self.copy("embed", "Embed", html, ["Copied", "No clipboard here"]);
    }

    /// Copies a text; the button shows the result for a while.
    fn copy(&self, button: &'static str, name: &'static str, text: String, results: [&'static str; 2]) {
        let app = self.clone();
        spawn_local(async move {
            let window = app.0.dom.window().clone();
            // The clipboard exists only in secure contexts.
            let copied = match js_sys::Reflect::get(&window.navigator(), &"clipboard".into()) {
                Ok(clipboard) if clipboard.is_object() => {
                    JsFuture::from(window.navigator().clipboard().write_text(&text)).await.is_ok()
                }
                _ => false,
            };
            log("showing the result", app.0.dom.set_text(button, results[usize::from(!copied)]));
            let back = Closure::once_into_js(move || {
                log("showing the button’s name", app.0.dom.set_text(button, name))
            });
            let timer =
                window.set_timeout_with_callback_and_timeout_and_arguments_0(back.unchecked_ref(), 2000);
            log("setting a timer", timer.map(drop));
        });
    }
}
