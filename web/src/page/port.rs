//! Both ends of the channel between page and worker. A message has the request's number, the content, and
//! a buffer that is transferred.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::{Array, Uint8Array};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::{DedicatedWorkerGlobalScope, MessageEvent, WorkerOptions, WorkerType};

use super::App;
use crate::protocol::{Message, Reply, Request};
use crate::queue::QueuedRequest;
use crate::state::Event;
use crate::worker::Worker;

/// Script of the worker, next to the page.
const SCRIPT: &str = "worker.js";

/// Starts the worker and passes it the compiled module.
pub(super) fn start() -> Result<web_sys::Worker, JsValue> {
    let worker = run(SCRIPT)?;
    worker.post_message(&wasm_bindgen::module())?;
    Ok(worker)
}

/// Starts a worker with a script.
pub(super) fn run(script: &str) -> Result<web_sys::Worker, JsValue> {
    let options = WorkerOptions::new();
    options.set_type(WorkerType::Module);
    web_sys::Worker::new_with_options(script, &options)
}

/// Forwards the worker's messages and its failure to the page.
pub(super) fn listen(app: &App) {
    let worker = &app.0.worker;
    let to = app.clone();
    let message = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
        to.send(match unpack(&event.data()) {
            Some((ticket, reply, bytes)) => {
                to.time(ticket, &reply);
                Event::Answer { ticket, reply, bytes }
            }
            None => Event::Lost,
        });
    });
    worker.set_onmessage(Some(message.into_js_value().unchecked_ref()));
    let to = app.clone();
    let error = Closure::<dyn Fn()>::new(move || to.send(Event::Lost));
    worker.set_onerror(Some(error.into_js_value().unchecked_ref()));
}

/// Sends a request to the worker.
pub(super) fn post(worker: &web_sys::Worker, post: &QueuedRequest) -> Result<(), JsValue> {
    let (message, moved) = pack(post.ticket, &post.request, &post.bytes);
    worker.post_message_with_transfer(&message, &moved)
}

/// Runs the worker: answers requests until the page is closed.
///
/// # Errors
/// Fails outside a worker.
#[wasm_bindgen]
pub fn work() -> Result<(), JsValue> {
    let scope: DedicatedWorkerGlobalScope = js_sys::global().dyn_into()?;
    let port = scope.clone();
    let worker = Rc::new(RefCell::new(Some(Worker::default())));
    let message =
        Closure::<dyn FnMut(MessageEvent) -> Result<(), JsValue>>::new(move |event: MessageEvent| {
            let Some((ticket, request, bytes)) = unpack::<Request>(&event.data()) else {
                return Err(JsError::new("a request can't be read").into());
            };
            let (worker, port) = (worker.clone(), port.clone());
            spawn_local(async move {
                // The page sends one request at a time.
                let Some(mut held) = worker.take() else { return };
                let (reply, bytes) = held.answer(request, &bytes).await;
                worker.replace(Some(held));
                if let Err(error) = send_reply(&port, ticket, reply, &bytes) {
                    wasm_bindgen::throw_val(error);
                }
            });
            Ok(())
        });
    scope.set_onmessage(Some(message.into_js_value().unchecked_ref()));
    send_reply(&scope, 0, Reply::Ready, &[])
}

fn send_reply(
    port: &DedicatedWorkerGlobalScope,
    ticket: u32,
    reply: Reply,
    bytes: &[u8],
) -> Result<(), JsValue> {
    let (message, moved) = pack(ticket, &reply, bytes);
    port.post_message_with_transfer(&message, &moved)
}

fn pack(ticket: u32, body: &impl Message, bytes: &[u8]) -> (Array, Array) {
    let body = Uint8Array::from(&*body.to_bytes());
    let buffer = Uint8Array::from(bytes).buffer();
    (Array::of3(&ticket.into(), &body, &buffer), Array::of1(&buffer))
}

fn unpack<T: Message>(data: &JsValue) -> Option<(u32, T, Vec<u8>)> {
    let parts: &Array = data.dyn_ref()?;
    let body = T::from_bytes(&parts.get(1).dyn_ref::<Uint8Array>()?.to_vec())?;
    Some((parts.get(0).as_f64()? as u32, body, Uint8Array::new(&parts.get(2)).to_vec()))
}
