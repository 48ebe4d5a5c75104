//! The page in the browser: events in, effects out.

mod camera;
mod check;
mod fetch;
mod gestures;
mod gpu;
mod link;
mod picture_files;
mod port;
mod save;
mod weights_files;

use std::cell::RefCell;
use std::rc::Rc;

use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::Storage;

pub use port::work;

use crate::dom::Dom;
use crate::panels;
use crate::pictures::Slot;
use crate::protocol::{Reply, Request};
use crate::queue::QueuedRequest;
use crate::state::{Effect, Event, State, Topic, TourProgress};
use crate::table::note;
use camera::Camera;
use gpu::{GpuResources, Job};
use link::Address;

/// Key of the visitor's progress in the tour, in the browser's storage.
const TOURED: &str = "latentscope-tour";

/// Starts the page.
///
/// # Errors
/// Fails if the browser has no document or no workers.
#[wasm_bindgen]
pub fn start() -> Result<(), JsValue> {
    let dom = Dom::of_window()?;
    let motion = !dom.prefers("(prefers-reduced-motion: reduce)");
    let mut state = State::new(motion);
    let kept = storage(&dom).and_then(|storage| storage.get_item(TOURED).ok().flatten());
    state.tour_progress = TourProgress::parse(&kept.unwrap_or_default());
    let app = App(Rc::new(Inner {
        state: RefCell::new(state),
        stale: RefCell::new(vec![Topic::View]),
        fresh: RefCell::default(),
        framed: RefCell::new(false),
        worker: port::start()?,
        posted: RefCell::default(),
        check_worker: RefCell::default(),
        address: RefCell::default(),
        gpu: GpuResources::default(),
        camera: Camera::default(),
        dom,
    }));
    port::listen(&app);
    gestures::listen(&app)?;
    picture_files::listen(&app)?;
    weights_files::listen(&app)?;
    app.find_camera();
    link::listen(&app)?;
    app.ask_frame();
    spawn_local(async move { app.send(Event::Manifest(fetch::manifest().await)) });
    Ok(())
}

/// Returns the browser's storage, if it provides one.
fn storage(dom: &Dom) -> Option<Storage> {
    dom.window().local_storage().ok().flatten()
}

/// The running page; clones share it.
#[derive(Clone)]
pub struct App(Rc<Inner>);

struct Inner {
    state: RefCell<State>,
    /// Topics to draw in the next frame.
    stale: RefCell<Vec<Topic>>,
    /// Slots whose pictures are shown in the next frame.
    fresh: RefCell<Vec<Slot>>,
    /// Whether a frame is requested.
    framed: RefCell<bool>,
    worker: web_sys::Worker,
    /// The pictures that the worker is decoding: ticket, start time, number.
    posted: RefCell<Option<(u32, f64, usize)>>,
    /// The worker that scores a model, while it runs.
    check_worker: RefCell<Option<web_sys::Worker>>,
    address: RefCell<Address>,
    gpu: GpuResources,
    camera: Camera,
    dom: Dom,
}

impl App {
    /// Processes an event and runs its effects.
    pub fn send(&self, event: Event) {
        let mut effects = self.0.state.borrow_mut().update(event);
        let wants = panels::wants(&self.0.state.borrow());
        effects.extend(self.0.state.borrow_mut().serve(&wants));
        self.follow_state();
        if !self.0.state.borrow().shows_own {
            self.close_camera();
        }
        for effect in effects {
            match effect {
                Effect::Draw(topic) => {
                    note(&mut self.0.stale.borrow_mut(), topic);
                    self.ask_frame();
                }
                Effect::Paint(slot) => {
                    note(&mut self.0.fresh.borrow_mut(), slot);
                    self.ask_frame();
                }
                Effect::Animate => self.ask_frame(),
                Effect::Post(post) => {
                    *self.0.posted.borrow_mut() = self.pictures(&post).map(|n| (post.ticket, self.now(), n));
                    if let Err(error) = port::post(&self.0.worker, &post) {
                        log("sending to the worker", Err(error));
                        self.send(Event::Lost);
                    }
                }
                Effect::Compute(post) => self.compute(post),
                Effect::Prepare { side, visit, file, room } => self.prepare(Job { side, visit, file, room }),
                Effect::StartCheck { ticket, file, full } => self.start_check(ticket, &file, full),
                Effect::StopCheck => self.stop_check(),
                Effect::Remember(tour_progress) => self.remember(tour_progress),
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

    /// Calls `handler` for events of these kinds anywhere on the page.
    fn on(&self, kinds: &[&str], handler: fn(&Self, &web_sys::Event)) -> Result<(), JsValue> {
        let app = self.clone();
        let handler =
            Closure::<dyn Fn(web_sys::Event)>::new(move |event| handler(&app, &event)).into_js_value();
        kinds.iter().try_for_each(|kind| {
            let document = self.0.dom.document();
            // In the capture phase, because `toggle` doesn't bubble.
            document.add_event_listener_with_callback_and_bool(kind, handler.unchecked_ref(), true)
        })
    }

    /// Stores the visitor's progress in the tour, if the browser has storage.
    fn remember(&self, tour_progress: TourProgress) {
        if let Some(storage) = storage(&self.0.dom) {
            log("storing the tour’s step", storage.set_item(TOURED, &tour_progress.text()));
        }
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
        let topics = self.0.stale.take();
        let mut slots = self.0.fresh.take();
        let state = self.0.state.borrow();
        // A change of view redraws everything.
        let whole = topics.contains(&Topic::View);
        for topic in topics.into_iter().filter(|topic| !whole || *topic == Topic::View) {
            // New canvases need the existing pictures.
            if matches!(topic, Topic::View | Topic::Side(_)) {
                state.pictures.slots().for_each(|slot| note(&mut slots, slot));
            }
            panels::draw(&self.0.dom, &state, topic, log);
        }
        for &slot in &slots {
            log(slot.name, panels::show(&self.0.dom, &state, slot));
        }
        let moves = state.moves();
        drop(state);
        self.draw_pictures(slots);
        if moves {
            self.send(Event::Tick(time));
        }
    }

    /// Number of pictures in a request to the worker.
    fn pictures(&self, post: &QueuedRequest) -> Option<usize> {
        let Request::Decode { side, codes } = &post.request else { return None };
        let state = self.0.state.borrow();
        Some(codes.len() / state.sides.get(*side)?.model()?.card.model.latent)
    }

    /// Measures the time of the worker's pictures.
    fn time(&self, ticket: u32, reply: &Reply) {
        let posted = self.0.posted.take().filter(|(posted, ..)| *posted == ticket);
        if let (Some((_, begun, pictures)), Reply::Decoded) = (posted, reply) {
            self.send(Event::Timed { milliseconds: self.now() - begun, pictures });
        }
    }

    /// Redraws after a change of the page's size or colours.
    fn redraw_look(&self) {
        note(&mut self.0.stale.borrow_mut(), Topic::Look);
        self.ask_frame();
    }
}

/// Logs an error in the browser's console; the page continues. `what` is a panel that was drawn, or an action.
fn log(what: &str, outcome: Result<(), JsValue>) {
    if let Err(error) = outcome {
        web_sys::console::error_2(&format!("{what} failed").into(), &error);
    }
}
