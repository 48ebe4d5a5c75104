//! The worker that checks the claim: one a model, so that to end it is to stop at once, and dragging
//! never waits for it.

use js_sys::Function;
use wasm_bindgen::prelude::*;
use web_sys::MessageEvent;

use super::{App, port};
use crate::lanes::Post;
use crate::protocol::{Message, Reply, Request};
use crate::state::Event;

impl App {
    /// Has a new worker score a weights file.
    pub(super) fn judge(&self, ticket: u32, file: &[u8], full: bool) {
        self.dismiss();
        let Ok(worker) = port::start() else {
            self.send(Event::Judged { ticket, reply: Reply::Failed("the browser starts no worker".into()) });
            return;
        };
        let post = Post { ticket, request: Request::Judge { full }, bytes: file.to_vec() };
        let (to, end) = (self.clone(), worker.clone());
        let message = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
            let lost = || Reply::Failed("its worker stopped unexpectedly".into());
            let reply =
                port::unpack::<Reply>(&event.data()).map_or_else(lost, |(Message { body, .. }, _)| body);
            if reply != Reply::Ready {
                to.send(Event::Judged { ticket, reply });
            } else if port::post(&end, &post).is_err() {
                to.send(Event::Judged { ticket, reply: lost() });
            }
        });
        worker.set_onmessage(Some(message.into_js_value().unchecked_ref::<Function>()));
        let to = self.clone();
        let error = Closure::<dyn Fn()>::new(move || {
            let reply = Reply::Failed("its worker stopped; there may be too little memory".into());
            to.send(Event::Judged { ticket, reply });
        });
        worker.set_onerror(Some(error.into_js_value().unchecked_ref::<Function>()));
        self.0.judge.replace(Some(worker));
    }

    /// Ends the check that runs, if one does.
    pub(super) fn dismiss(&self) {
        if let Some(worker) = self.0.judge.take() {
            worker.terminate();
        }
    }
}
