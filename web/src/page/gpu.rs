//! Drives the GPU from the page's own thread: submitting commands is cheap, and pictures need not be
//! copied from a worker. All calls return before the GPU starts.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::HtmlCanvasElement;

use super::App;
use crate::dom::Dom;
use crate::engine::gpu::{Canvas, Device, Frame, Gpu, Picture, check};
use crate::engine::{Cpu, Engine, EngineError, Kind};
use crate::pictures::Slot;
use crate::protocol::{Reply, Request};
use crate::queue::QueuedRequest;
use crate::state::{COLUMNS, Event, Side, State};
use crate::table::{Table, note};
use crate::worker::{SIDES, reconstruct};

/// The device, and the models and canvases on it.
#[derive(Default)]
pub(super) struct GpuResources {
    device: RefCell<Option<Rc<Device>>>,
    models: RefCell<[Option<Rc<Gpu>>; SIDES]>,
    canvases: RefCell<Table<String, Canvas>>,
    /// Models to load, one after another, so that they share a device.
    waiting: RefCell<VecDeque<Job>>,
    /// Side and visit (choice of model) of the model that is loading.
    preparing: Cell<Option<(usize, u32)>>,
    /// Slots whose pictures wait for the previous frame.
    stale: RefCell<Vec<Slot>>,
    drawing: Cell<bool>,
}

/// A model to load.
pub(super) struct Job {
    pub(super) side: usize,
    pub(super) visit: u32,
    pub(super) file: Rc<[u8]>,
    pub(super) room: usize,
}

impl App {
    /// Loads a model after those already queued, unless it is one of them.
    pub(super) fn prepare(&self, job: Job) {
        let gpu = &self.0.gpu;
        let key = |job: &Job| (job.side, job.visit);
        let now = gpu.preparing.get();
        if now == Some(key(&job)) || gpu.waiting.borrow().iter().any(|other| key(other) == key(&job)) {
            return;
        }
        gpu.preparing.set(now.or(Some(key(&job))));
        gpu.waiting.borrow_mut().push_back(job);
        if now.is_some() {
            return;
        }
        let app = self.clone();
        spawn_local(async move {
            loop {
                let Some(job) = app.0.gpu.waiting.borrow_mut().pop_front() else { break };
                let (side, visit) = key(&job);
                app.0.gpu.preparing.set(Some((side, visit)));
                let taken = app.load_model(job).await.map_err(|error| error.to_string());
                let pace = *taken.as_ref().unwrap_or(&0.0);
                app.send(Event::Prepared { side, visit, outcome: taken.map(drop), pace });
            }
            app.0.gpu.preparing.set(None);
        });
    }

    /// Loads a model; returns the milliseconds per picture of a row.
    async fn load_model(&self, job: Job) -> Result<f64, EngineError> {
        let device = self.open().await?;
        let gpu = Gpu::load(&device, &job.file, job.room).await?;
        check(&gpu, &Cpu::load(&job.file)?).await?;
        let row = vec![0.0; COLUMNS * gpu.card().model.latent];
        let begun = self.now();
        gpu.decode(&row).await?;
        let pace = (self.now() - begun) / COLUMNS as f64;
        if let Some(place) = self.0.gpu.models.borrow_mut().get_mut(job.side) {
            *place = Some(Rc::new(gpu));
        }
        Ok(pace)
    }

    async fn open(&self) -> Result<Rc<Device>, EngineError> {
        let known = self.0.gpu.device.borrow().clone();
        if let Some(device) = known {
            return Ok(device);
        }
        let device = Rc::new(Device::open().await?);
        *self.0.gpu.device.borrow_mut() = Some(device.clone());
        let (app, lost) = (self.clone(), device.lost());
        spawn_local(async move { app.lose_gpu(lost.await) });
        Ok(device)
    }

    /// Drops everything on the GPU.
    pub(super) fn lose_gpu(&self, why: String) {
        let gpu = &self.0.gpu;
        gpu.canvases.take();
        *gpu.models.borrow_mut() = [const { None }; SIDES];
        *gpu.device.borrow_mut() = None;
        self.send(Event::GpuLost(why));
    }

    /// Runs a request to reconstruct an image.
    pub(super) fn compute(&self, post: QueuedRequest) {
        let Request::Reconstruct { side } = post.request else { return };
        let app = self.clone();
        let model = self.0.gpu.models.borrow().get(side).cloned().flatten();
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

    /// Draws the latest pictures of these slots and of those that wait. If a frame is in progress, all of
    /// them wait for it, so that outdated pictures are never decoded.
    pub(super) fn draw_pictures(&self, slots: Vec<Slot>) {
        let gpu = &self.0.gpu;
        slots.into_iter().for_each(|slot| note(&mut gpu.stale.borrow_mut(), slot));
        if gpu.drawing.get() {
            return;
        }
        let state = self.0.state.borrow();
        let mine = |slot: &Slot| {
            let model = state.sides.get(slot.side).and_then(Side::model);
            model.is_some_and(|model| model.engine == Kind::Gpu) && !state.pictures.codes(*slot).is_empty()
        };
        let shown: Vec<Slot> = gpu.stale.take().into_iter().filter(mine).collect();
        let Some(device) = gpu.device.borrow().clone().filter(|_| !shown.is_empty()) else { return };
        let drawn = self.draw_shown(&device, &state, &shown);
        drop(state);
        let app = self.clone();
        match drawn {
            Ok(pictures) => {
                gpu.drawing.set(true);
                let begun = self.now();
                spawn_local(async move {
                    let finished = device.finished().await;
                    app.0.gpu.drawing.set(false);
                    match finished {
                        Ok(()) => {
                            let milliseconds = app.now() - begun;
                            app.send(Event::Timed { milliseconds, pictures });
                        }
                        Err(error) => app.lose_gpu(error.to_string()),
                    }
                    if !app.0.gpu.stale.borrow().is_empty() {
                        app.ask_frame();
                    }
                });
            }
            // Reported after this frame, because an event may still be borrowing the state.
            Err(error) => spawn_local(async move { app.lose_gpu(error.to_string()) }),
        }
    }

    /// Draws pictures in one frame; returns their number.
    fn draw_shown(&self, device: &Device, state: &State, shown: &[Slot]) -> Result<usize, EngineError> {
        let mut frame = Frame::new(device);
        let mut count = 0;
        for (side, loaded) in state.models() {
            let Some(model) = self.0.gpu.models.borrow()[side].clone() else { continue };
            let config = &loaded.card.model;
            let mine: Vec<&Slot> = shown.iter().filter(|slot| slot.side == side).collect();
            if mine.is_empty() {
                continue;
            }
            let mut targets = Vec::new();
            for slot in &mine {
                let pictures = state.pictures.codes(**slot).len() / config.latent;
                count += pictures;
                let size = [pictures * config.image.width, config.image.height].map(|side| side as u32);
                let missing = |_| EngineError::Gpu(format!("the page has no canvas {slot}"));
                let mut canvases = self.0.gpu.canvases.borrow_mut();
                let mut of_this = Vec::new();
                for (i, element) in self.0.dom.canvases(**slot).map_err(missing)?.into_iter().enumerate() {
                    let key = format!("{slot} {i}");
                    of_this.push(canvas(&self.0.dom, &mut canvases, device, element, key, size)?.target()?);
                }
                targets.push(of_this);
            }
            let pictures: Vec<Picture<'_>> = mine
                .iter()
                .zip(&targets)
                .map(|(slot, targets)| Picture { codes: state.pictures.codes(**slot), targets })
                .collect();
            frame.add(&model, &pictures)?;
        }
        frame.submit();
        Ok(count)
    }

    /// Current time in milliseconds, by the page's clock.
    pub(super) fn now(&self) -> f64 {
        self.0.dom.window().performance().map_or(0.0, |clock| clock.now())
    }
}

/// Returns the canvas for a key, of the given size, configured for the GPU.
fn canvas<'a>(
    dom: &Dom,
    canvases: &'a mut Table<String, Canvas>,
    device: &Device,
    element: HtmlCanvasElement,
    key: String,
    [width, height]: [u32; 2],
) -> Result<&'a Canvas, EngineError> {
    let lost = |_: JsValue| EngineError::Gpu("a canvas can’t be replaced".into());
    let (element, fresh) = dom.canvas(element, Kind::Gpu).map_err(lost)?;
    if element.width() != width || element.height() != height || fresh || canvases.get(&key).is_none() {
        element.set_width(width);
        element.set_height(height);
        canvases.insert(key.clone(), Canvas::new(device, &element)?);
    }
    canvases.get(&key).ok_or_else(|| EngineError::Gpu("a canvas is gone".into()))
}
