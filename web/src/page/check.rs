//! The worker that scores a model. Each model has its own worker, so that a check can be stopped at
//! once and never delays dragging.

use js_sys::{Array, Function, Uint8Array};
use wasm_bindgen::prelude::*;
use web_sys::{MessageEvent, Worker};

use super::{App, log, port};
use crate::protocol::CheckMessage;
use crate::state::Event;

/// Script of the worker, next to the page.
const SCRIPT: &str = "scoring.js";
/// The page's link to its module, which browsers don't follow by themselves.
const LINK: &str = "link[rel=scoring]";

impl App {
    /// Starts a worker that scores a weights file.
    pub(super) fn start_check(&self, ticket: u32, file: &[u8], full: bool) {
        self.stop_check();
        match self.start_check_worker(ticket, file, full) {
            Ok(worker) => drop(self.0.check_worker.replace(Some(worker))),
            Err(error) => {
                log("starting the check", Err(error));
                self.check_message(ticket, CheckMessage::Done(Err("the browser starts no worker".into())))
            }
        }
    }

    fn start_check_worker(&self, ticket: u32, file: &[u8], full: bool) -> Result<Worker, JsValue> {
        let link = self
            .0
            .dom
            .document()
            .query_selector(LINK)?
            .ok_or("the page has no link to the module that scores")?;
        let module = link.get_attribute("href").into();
        let hash = link.get_attribute("data-integrity").into();
        let worker = port::run(SCRIPT)?;
        let to = self.clone();
        let message = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
            to.check_message(ticket, parse_message(&event.data(), to.now()));
        });
        worker.set_onmessage(Some(message.into_js_value().unchecked_ref::<Function>()));
        let to = self.clone();
        let error = Closure::<dyn Fn()>::new(move || {
            let sentence =
                "its worker stopped; there may be too little memory, or a file of the page be missing";
            to.check_message(ticket, CheckMessage::Done(Err(sentence.into())));
        });
        worker.set_onerror(Some(error.into_js_value().unchecked_ref::<Function>()));
        let file = Uint8Array::from(file).buffer();
        let order = Array::of4(&module, &hash, &file, &full.into());
        worker.post_message_with_transfer(&order, &Array::of1(&file))?;
        Ok(worker)
    }

    fn check_message(&self, ticket: u32, message: CheckMessage) {
        self.send(Event::CheckMessage { ticket, message });
    }

    /// Stops the running check, if there is one.
    pub(super) fn stop_check(&self) {
        if let Some(worker) = self.0.check_worker.take() {
            worker.terminate();
        }
    }
}

/// Parses a message: a number is the finished fraction, a text is JSON with scores or an error.
fn parse_message(message: &JsValue, now: f64) -> CheckMessage {
    match message.as_f64() {
        Some(share) => CheckMessage::Share { share: share as f32, now },
        None => {
            let scores = message.as_string().and_then(|text| model::json::from_str(&text).ok());
            CheckMessage::Done(scores.unwrap_or_else(|| Err("its answer can’t be read".into())))
        }
    }
}
