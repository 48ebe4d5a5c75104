//! The GPU's place in the page: on the page's own thread, since commands cost it nothing and pictures
//! need not cross from a worker; every call returns before the GPU has begun.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;

use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::HtmlCanvasElement;

use super::{App, Dom};
use crate::engine::gpu::{Canvas, Device, Frame, Gpu, Picture, check};
use crate::engine::{Cpu, EngineError, Kind};
use crate::lanes::Post;
use crate::protocol::{Reply, Request};
use crate::state::{Event, Panel, Shown, State};
use crate::worker::{SIDES, reconstruct};

/// The device and what it holds.
#[derive(Default)]
pub(super) struct Desk {
    device: RefCell<Option<Rc<Device>>>,
    models: RefCell<[Option<Rc<Gpu>>; SIDES]>,
    canvases: RefCell<BTreeMap<String, Canvas>>,
    /// Models to take in, one after another, so that they share a device.
    waiting: RefCell<VecDeque<Job>>,
    preparing: Cell<bool>,
    /// Panels whose pictures wait for the frame before to be done.
    stale: RefCell<BTreeSet<Panel>>,
    drawing: Cell<bool>,
}

/// A model to take in.
pub(super) struct Job {
    pub(super) side: usize,
    pub(super) visit: u32,
    pub(super) file: Rc<[u8]>,
    pub(super) room: usize,
}

impl App {
    /// Takes a model in once those before it are.
    pub(super) fn prepare(&self, job: Job) {
        let desk = &self.0.desk;
        desk.waiting.borrow_mut().push_back(job);
        if desk.preparing.replace(true) {
            return;
        }
        let app = self.clone();
        spawn_local(async move {
            loop {
                let Some(job) = app.0.desk.waiting.borrow_mut().pop_front() else { break };
                let (side, visit) = (job.side, job.visit);
                let outcome = app.take_in(job).await.map_err(|error| error.to_string());
                app.send(Event::Prepared { side, visit, outcome });
            }
            app.0.desk.preparing.set(false);
        });
    }

    async fn take_in(&self, job: Job) -> Result<(), EngineError> {
        let device = self.open().await?;
        let gpu = Gpu::load(&device, &job.file, job.room).await?;
        check(&gpu, &Cpu::load(&job.file)?).await?;
        if let Some(place) = self.0.desk.models.borrow_mut().get_mut(job.side) {
            *place = Some(Rc::new(gpu));
        }
        Ok(())
    }

    async fn open(&self) -> Result<Rc<Device>, EngineError> {
        let known = self.0.desk.device.borrow().clone();
        if let Some(device) = known {
            return Ok(device);
        }
        let device = Rc::new(Device::open().await?);
        *self.0.desk.device.borrow_mut() = Some(device.clone());
        let (app, lost) = (self.clone(), device.lost());
        spawn_local(async move { app.lose_gpu(lost.await) });
        Ok(device)
    }

    /// Lets go of all that the GPU held.
    pub(super) fn lose_gpu(&self, why: String) {
        let desk = &self.0.desk;
        desk.canvases.borrow_mut().clear();
        *desk.models.borrow_mut() = [const { None }; SIDES];
        *desk.device.borrow_mut() = None;
        self.send(Event::GpuLost(why));
    }

    /// Meets a request to reconstruct an image.
    pub(super) fn compute(&self, post: Post) {
        let Request::Reconstruct { side } = post.request else { return };
        let app = self.clone();
        let model = self.0.desk.models.borrow().get(side).cloned().flatten();
        spawn_local(async move {
            let answer = match model {
                Some(model) => reconstruct(&*model, &post.bytes).await,
                None => Err(EngineError::Side(side)),
            };
            let (reply, bytes) =
                answer.unwrap_or_else(|error| (Reply::Failed(error.to_string()), Vec::new()));
            app.send(Event::Answer { ticket: post.ticket, reply, bytes });
        });
    }

    /// Draws the newest pictures of these panels, and of those that waited, unless a frame is still
    /// under way: then all wait for it, and nothing stale is ever decoded.
    pub(super) fn draw_pictures(&self, panels: BTreeSet<Panel>) {
        let desk = &self.0.desk;
        desk.stale.borrow_mut().extend(panels);
        if desk.drawing.get() {
            return;
        }
        let state = self.0.state.borrow();
        let shown: Vec<Shown> =
            desk.stale.take().into_iter().filter_map(|panel| state.shown(panel)).collect();
        let Some(device) = desk.device.borrow().clone().filter(|_| !shown.is_empty()) else { return };
        let drawn = self.draw_shown(&device, &state, &shown);
        drop(state);
        let app = self.clone();
        match drawn {
            Ok(pictures) => {
                desk.drawing.set(true);
                let begun = self.now();
                spawn_local(async move {
                    let finished = device.finished().await;
                    app.0.desk.drawing.set(false);
                    match finished {
                        Ok(()) => {
                            let milliseconds = app.now() - begun;
                            app.send(Event::Timed { milliseconds, pictures });
                        }
                        Err(error) => app.lose_gpu(error.to_string()),
                    }
                    if !app.0.desk.stale.borrow().is_empty() {
                        app.ask_frame();
                    }
                });
            }
            // The state is told after this frame: it may be in the middle of an event.
            Err(error) => spawn_local(async move { app.lose_gpu(error.to_string()) }),
        }
    }

    /// Draws pictures in one frame, and says how many.
    fn draw_shown(&self, device: &Device, state: &State, shown: &[Shown]) -> Result<usize, EngineError> {
        let mut frame = Frame::new(device);
        let mut count = 0;
        for side in 0..SIDES {
            let model = self.0.desk.models.borrow()[side].clone();
            let card = state.sides[side].model().map(|model| &model.card.model);
            let (Some(model), Some(card)) = (model, card) else { continue };
            let mine: Vec<&Shown> = shown.iter().filter(|shown| shown.side == side).collect();
            if mine.is_empty() {
                continue;
            }
            let mut targets = Vec::new();
            for shown in &mine {
                let pictures = shown.codes.len() / card.latent;
                count += pictures;
                let size = [pictures * card.image.width, card.image.height].map(|side| side as u32);
                let mut canvases = self.0.desk.canvases.borrow_mut();
                let mut of_this = Vec::new();
                for id in &shown.canvases {
                    let canvas = canvas(&self.0.dom, &mut canvases, device, id, size)?;
                    of_this.push(canvas.target()?);
                }
                targets.push(of_this);
            }
            let pictures: Vec<Picture<'_>> =
                mine.iter().zip(&targets).map(|(s, targets)| Picture { codes: &s.codes, targets }).collect();
            frame.add(&model, &pictures)?;
        }
        frame.submit();
        Ok(count)
    }

    /// The page's clock, in milliseconds.
    pub(super) fn now(&self) -> f64 {
        self.0.dom.window().performance().map_or(0.0, |clock| clock.now())
    }
}

/// The canvas of that id, of that size and for the GPU.
fn canvas<'a>(
    dom: &Dom,
    canvases: &'a mut BTreeMap<String, Canvas>,
    device: &Device,
    id: &str,
    [width, height]: [u32; 2],
) -> Result<&'a Canvas, EngineError> {
    let missing = |error: JsValue| EngineError::Gpu(format!("the page has no canvas {error:?}"));
    let (element, fresh): (HtmlCanvasElement, bool) = dom.canvas(id, Kind::Gpu).map_err(missing)?;
    if element.width() != width || element.height() != height || fresh || !canvases.contains_key(id) {
        element.set_width(width);
        element.set_height(height);
        canvases.insert(id.to_owned(), Canvas::new(device, &element)?);
    }
    canvases.get(id).ok_or_else(|| EngineError::Gpu("a canvas is gone".into()))
}
