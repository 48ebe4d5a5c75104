//! The page in the browser: events in, effects out.

mod camera;
mod dom;
mod fetch;
mod gestures;
mod gpu;
mod hand;
mod judge;
mod link;
mod near;
mod own;
mod pad;
mod part;
mod port;
mod rows;
mod save;

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;

use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;

pub use dom::{Dom, Drawn, context, put};
pub use port::work;

use crate::lanes::Post;
use crate::protocol::{Reply, Request};
use crate::state::{Effect, Event, Panel, State};
use crate::view;
use camera::Camera;
use gpu::{Desk, Job};
use link::Address;

/// Starts the page.
///
/// # Errors
/// Fails if the browser has no document or no worker to offer.
#[wasm_bindgen]
pub fn start() -> Result<(), JsValue> {
    let dom = Dom::of_window()?;
    let motion = !dom.prefers("(prefers-reduced-motion: reduce)");
    let app = App(Rc::new(Inner {
        state: RefCell::new(State::new(motion)),
        stale: RefCell::default(),
        framed: RefCell::new(false),
        worker: port::start()?,
        posted: RefCell::default(),
        judge: RefCell::default(),
        address: RefCell::default(),
        desk: Desk::default(),
        camera: Camera::default(),
        dom,
    }));
    port::listen(&app);
    gestures::listen(&app)?;
    hand::listen(&app)?;
    own::listen(&app)?;
    app.offer_camera();
    link::listen(&app)?;
    spawn_local(async move { app.send(Event::Manifest(fetch::manifest().await)) });
    Ok(())
}

/// The running page; clones share it.
#[derive(Clone)]
pub struct App(Rc<Inner>);

struct Inner {
    state: RefCell<State>,
    /// Panels to draw in the next frame.
    stale: RefCell<BTreeSet<Panel>>,
    /// Whether that frame is asked for.
    framed: RefCell<bool>,
    worker: web_sys::Worker,
    /// The pictures that the worker decodes: ticket, start, number.
    posted: RefCell<Option<(u32, f64, usize)>>,
    /// The worker that checks the claim, while it does.
    judge: RefCell<Option<web_sys::Worker>>,
    address: RefCell<Address>,
    desk: Desk,
    camera: Camera,
    dom: Dom,
}

impl App {
    /// Takes an event in and does what follows from it.
    pub fn send(&self, event: Event) {
        let effects = self.0.state.borrow_mut().update(event);
        self.follow_state();
        if !self.0.state.borrow().own {
            self.close_camera();
        }
        for effect in effects {
            match effect {
                Effect::Draw(panel) => {
                    self.0.stale.borrow_mut().insert(panel);
                    self.ask_frame();
                }
                Effect::Animate => self.ask_frame(),
                Effect::Post(post) => {
                    *self.0.posted.borrow_mut() = self.pictures(&post).map(|n| (post.ticket, self.now(), n));
                    if port::post(&self.0.worker, &post).is_err() {
                        self.send(Event::Lost);
                    }
                }
                Effect::Compute(post) => self.compute(post),
                Effect::Prepare { side, visit, file, room } => self.prepare(Job { side, visit, file, room }),
                Effect::Judge { ticket, file, full } => self.judge(ticket, &file, full),
                Effect::Dismiss => self.dismiss(),
                Effect::Fetch { side, visit, file } => {
                    let app = self.clone();
                    spawn_local(async move {
                        let progress = |received| app.send(Event::Progress { side, visit, received });
                        let file = fetch::model(&file, progress).await;
                        app.send(Event::Fetched { side, visit, file });
                    });
                }
            }
        }
    }

    /// Calls `handler` at every event of these kinds on the page.
    fn on(&self, kinds: &[&str], handler: fn(&Self, &web_sys::Event)) -> Result<(), JsValue> {
        let app = self.clone();
        let handler =
            Closure::<dyn Fn(web_sys::Event)>::new(move |event| handler(&app, &event)).into_js_value();
        kinds.iter().try_for_each(|kind| {
            let document = self.0.dom.document();
            // On its way down: `toggle` does not bubble.
            document.add_event_listener_with_callback_and_bool(kind, handler.unchecked_ref(), true)
        })
    }

    fn ask_frame(&self) {
        if self.0.framed.replace(true) {
            return;
        }
        let app = self.clone();
        let frame = Closure::once_into_js(move |time: f64| app.frame(time));
        if self.0.dom.window().request_animation_frame(frame.unchecked_ref()).is_err() {
            self.0.framed.replace(false);
        }
    }

    fn frame(&self, time: f64) {
        self.0.framed.replace(false);
        let panels = self.0.stale.take();
        let state = self.0.state.borrow();
        for &panel in &panels {
            // A page without one of its parts still shows the others.
            view::draw(&self.0.dom, &state, panel).ok();
        }
        let moves = state.moves();
        drop(state);
        self.draw_pictures(panels);
        if moves {
            self.send(Event::Tick(time));
        }
    }

    /// How many pictures a request to the worker is for.
    fn pictures(&self, post: &Post) -> Option<usize> {
        let Request::Decode { side, codes } = &post.request else { return None };
        let state = self.0.state.borrow();
        Some(codes.len() / state.sides.get(*side)?.model()?.card.model.latent)
    }

    /// Takes the time of the worker's pictures.
    fn time(&self, ticket: u32, reply: &Reply) {
        let posted = self.0.posted.take().filter(|(posted, ..)| *posted == ticket);
        if let (Some((_, begun, pictures)), Reply::Decoded) = (posted, reply) {
            self.send(Event::Timed { milliseconds: self.now() - begun, pictures });
        }
    }

    /// Draws the charts again: their size or colours have changed.
    fn redraw_charts(&self) {
        view::redraw(&self.0.dom, &self.0.state.borrow()).ok();
    }
}
