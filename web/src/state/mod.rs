//! The state of the page, and how each event changes it. This module doesn't access the browser.

mod activations;
mod angle;
mod answer;
mod brush;
mod check;
mod edit;
mod effect;
mod engine;
mod event;
mod link;
mod loading;
mod modes;
mod motion;
mod opening;
mod own_model;
mod own_picture;
mod pad;
mod pairs;
mod path;
mod prior;
mod ranges;
mod sampling;
mod scene;
mod side;
mod sketch;
mod survey;
#[cfg(test)]
mod tests;
mod tour;
mod view;

pub use activations::{Activations, PROBED, SelectedChannel};
pub(crate) use angle::wrapped;
pub use brush::{BRUSHED, Brush, Shared};
pub use check::{Check, Running};
pub use edit::PictureEdit;
pub use effect::{Effect, Topic};
pub use engine::Engines;
pub use event::Event;
pub use link::Link;
pub(crate) use modes::MODES;
pub use motion::FactorMotion;
pub use own_model::OwnModel;
pub use own_picture::OwnPicture;
pub use pairs::{Pair, pairs, ranked};
pub use path::Path;
pub use ranges::Ranges;
pub use sampling::SAMPLES;
pub use scene::Scene;
pub use side::{COLUMNS, Loaded, Phase, Preview, Side};
pub use survey::{SURVEYED, Survey};
pub use tour::{TOUR, TourProgress, TourStep};
pub use view::View;

use crate::engine::Kind;
use crate::manifest::Entry;
use crate::pictures::{Pictures, Want};
use crate::protocol::Request;
use crate::queue::{QueuedRequest, RequestKind, RequestQueue};
use crate::worker::SIDES;

/// State of the page.
#[derive(Clone, Default)]
pub struct State {
    /// Models of the manifest.
    pub entries: Vec<Entry>,
    /// A sentence for the whole page.
    pub notice: Option<String>,
    /// The two models that are compared.
    pub sides: [Side; SIDES],
    /// The picture of the world.
    pub scene: Option<Scene>,
    /// The visitor's own picture.
    pub own_picture: Option<OwnPicture>,
    /// Whether both models are shown the visitor's own picture instead of the world's.
    pub shows_own: bool,
    /// A sentence on a file that could not be shown.
    pub refused: Option<String>,
    /// The last position between A and B, 0 to 1.
    pub along: f32,
    /// Index of the pair of units whose values go from B to A in the article's figure.
    pub exchanged: usize,
    /// Whether the visitor or a link has set A and B.
    pinned: [bool; 2],
    /// Whether differences from the original are shown four times as strong.
    pub amplified: bool,
    /// Current view.
    pub view: View,
    /// Whether the rows of inactive units are shown.
    pub unfolded: bool,
    /// Seed of the samples.
    pub seed: u64,
    /// Index of the factor that colours the map.
    pub colour: usize,
    /// The region of a map that is marked.
    pub brush: Option<Brush>,
    /// Whether dragging across a map marks a region.
    pub brushing: bool,
    /// Whether maps show pictures in place of dots.
    pub thumbs: bool,
    /// The part of a network that is looked at.
    pub selected: Option<SelectedChannel>,
    /// Whether the browser has a camera.
    pub has_camera: bool,
    /// Current step of the tour.
    pub tour: Option<usize>,
    /// The visitor's progress in the tour.
    pub tour_progress: TourProgress,
    /// Whether automatic motion is on.
    pub animated: bool,
    /// Whether to invite the visitor to drag, after automatic motion has run for a while.
    pub suggests_dragging: bool,
    /// Start time of automatic motion.
    opened: Option<f64>,
    /// The factor that moves for the visitor.
    pub motion: Option<FactorMotion>,
    /// Whether the visitor prefers no motion.
    still: bool,
    /// Index of the factor that moved last.
    moved: Option<usize>,
    /// Whether the survey has been visible.
    near: bool,
    /// The fetch of the opening that follows another one.
    next_fetch: Option<Effect>,
    /// Parts of the address that wait for their model.
    link: Link,
    /// The check of the claim.
    pub check: Check,
    /// The engines.
    pub engines: Engines,
    /// Pictures that panels requested.
    pub pictures: Pictures,
    queue: RequestQueue,
}

impl State {
    /// The initial state; `motion` is whether the visitor accepts motion.
    pub fn new(motion: bool) -> Self {
        Self { animated: motion, still: !motion, ..Self::default() }
    }

    /// The loaded models with their sides.
    pub fn models(&self) -> impl Iterator<Item = (usize, &Loaded)> {
        self.sides.iter().enumerate().filter_map(|(side, entry)| Some((side, entry.model()?)))
    }

    /// Whether anything moves automatically.
    pub fn moves(&self) -> bool {
        self.animated || self.motion.is_some()
    }

    /// Processes an event; returns the effects.
    pub fn update(&mut self, event: Event) -> Vec<Effect> {
        let mut effects = Vec::new();
        match event {
            Event::Link(fragment) => self.follow(&fragment, &mut effects),
            Event::Manifest(Ok(entries)) => self.offer(entries, &mut effects),
            Event::Manifest(Err(sentence)) => {
                self.notice = Some(sentence);
                effects.push(Effect::Draw(Topic::Notice));
            }
            Event::Set(set) => self.choose_set(set, &mut effects),
            Event::Choose { side, entry } => self.choose(side, entry, &mut effects),
            Event::Bring { side, name, file } => self.bring(side, name, file, &mut effects),
            Event::Progress { side, visit, received } => self.progress(side, visit, received, &mut effects),
            Event::Fetched { side, visit, file } => self.fetched(side, visit, file, &mut effects),
            Event::Answer { ticket, reply, bytes } => self.answer(ticket, reply, bytes, &mut effects),
            Event::Lost => {
                self.notice =
                    Some("The engine stopped unexpectedly; reload the page to start it again.".into());
                effects.push(Effect::Draw(Topic::Notice));
            }
            Event::Tick(time) => {
                self.tick(time, &mut effects);
                self.advance_motion(time, &mut effects);
            }
            Event::Touch => self.stop_animation(&mut effects),
            Event::Factor { factor, value } => {
                self.stop_animation(&mut effects);
                self.move_factor(factor, value, &mut effects);
            }
            Event::PlayFactor { factor } => self.play_factor(factor, &mut effects),
            Event::Edit(edit) => self.edit_picture(edit, &mut effects),
            Event::Cameras(any) => {
                self.has_camera = any;
                effects.push(Effect::Draw(Topic::Original));
            }
            Event::Check(full) => self.check(full, &mut effects),
            Event::CheckMessage { ticket, message } => self.check_message(ticket, message, &mut effects),
            Event::View(view) => self.show(view, &mut effects),
            Event::Play => self.play(&mut effects),
            Event::Tour(step) => self.tour(step, &mut effects),
            Event::Amplify => {
                self.stop_animation(&mut effects);
                self.amplified = !self.amplified;
                effects.extend((0..SIDES).map(|side| Effect::Draw(Topic::Reconstruction(side))));
            }
            Event::Mark(brush) => self.mark(brush, &mut effects),
            Event::Brushing(brushing) => {
                self.brushing = brushing;
                effects.extend((0..SIDES).map(|side| Effect::Draw(Topic::Map(side))));
            }
            Event::Thumbs(thumbs) => {
                self.thumbs = thumbs;
                effects.extend((0..SIDES).map(|side| Effect::Draw(Topic::Map(side))));
            }
            Event::SelectChannel(selected) => self.select_channel(selected, &mut effects),
            Event::Home => (0..SIDES).for_each(|side| {
                self.change(side, &mut effects, |model| {
                    model.preview = None;
                    model.code.clone_from(&model.origin);
                });
            }),
            Event::CloseNote => {
                self.engines.note = None;
                effects.push(Effect::Draw(Topic::Engine));
            }
            Event::Samples { seed } => {
                self.stop_animation(&mut effects);
                self.seed = seed;
                effects.push(Effect::Draw(Topic::Samples));
            }
            Event::TakeSample { side, index } => {
                let seed = self.seed;
                self.change(side, &mut effects, |model| {
                    model.preview = None;
                    model.code = model.sample(seed, index);
                });
            }
            Event::Colour(factor) => {
                self.stop_animation(&mut effects);
                self.colour = factor;
                effects.extend((0..SIDES).map(|side| Effect::Draw(Topic::Survey(side))));
            }
            Event::Turn { side, unit, value } => self.change(side, &mut effects, |model| {
                model.preview = None;
                set(&mut model.code, unit, value);
            }),
            Event::Reset { side, unit } => self.change(side, &mut effects, |model| {
                model.preview = None;
                match unit {
                    Some(unit) => set(&mut model.code, unit, *model.origin.get(unit).unwrap_or(&0.0)),
                    None => model.code.clone_from(&model.origin),
                }
            }),
            Event::Sample { side, seed } => self.change(side, &mut effects, |model| {
                model.preview = None;
                model.code = model.sample(seed, 0);
            }),
            Event::Pad { side, at } => self.change(side, &mut effects, |model| {
                model.preview = None;
                model.pad_to(at);
            }),
            Event::Axis { side, axis, unit } => self.change(side, &mut effects, |model| {
                if let Some(slot) = model.pair.get_mut(axis).filter(|_| unit < model.code.len()) {
                    *slot = unit;
                }
            }),
            Event::Pin { end } => self.pin(end, &mut effects),
            Event::Exchange(pair) => {
                self.exchanged = pair;
                effects.push(Effect::Draw(Topic::Along));
            }
            Event::Along(share) => self.move_along_path(share, &mut effects),
            Event::Take { side, unit, column } => self.change(side, &mut effects, |model| {
                if unit < model.code.len() {
                    model.preview = None;
                    model.code[unit] = model.value_at(unit, column as f32 / (COLUMNS - 1) as f32);
                }
            }),
            Event::Scrub { side, unit, position } => self.look(side, &mut effects, |model| {
                (unit < model.code.len()).then(|| Preview { unit, value: model.value_at(unit, position) })
            }),
            Event::Leave { side } => self.look(side, &mut effects, |_| None),
            Event::Unfold(open) => {
                self.stop_animation(&mut effects);
                self.unfolded = open;
            }
            Event::Prepared { .. } | Event::GpuLost(_) | Event::Timed { .. } | Event::Switch => {
                self.engines(event, &mut effects);
            }
        }
        effects.extend(self.queue.start_next().map(|post| self.dispatch(post)));
        effects
    }

    /// Requests all pictures in `wants`, and drops the others.
    pub fn serve(&mut self, wants: &[Want]) -> Vec<Effect> {
        let mut effects = Vec::new();
        self.request_activations();
        self.pictures.keep(wants);
        self.queue.keep(|slot| wants.iter().any(|want| want.slot == slot));
        for &Want { slot, ref codes, rank } in wants {
            let Some(model) = self.sides.get(slot.side).and_then(Side::model) else { continue };
            if !self.pictures.ask(slot, codes) {
                continue;
            }
            match model.engine {
                Kind::Cpu => {
                    // The slot may have had another rank, and so another kind of request.
                    self.queue.keep(|other| other != slot);
                    let request = Request::Decode { side: slot.side, codes: codes.clone() };
                    self.queue.ask(RequestKind::of(slot, rank), request, Vec::new());
                }
                Kind::Gpu => effects.push(Effect::Paint(slot)),
            }
        }
        effects.extend(self.queue.start_next().map(|post| self.dispatch(post)));
        effects
    }

    /// The effect that runs a request: on the worker, or on the GPU.
    fn dispatch(&self, post: QueuedRequest) -> Effect {
        match post.request {
            Request::Reconstruct { side } if self.on_gpu(side) => Effect::Compute(post),
            _ => Effect::Post(post),
        }
    }

    /// Changes a side's base code, and redraws all that depends on it.
    fn change(&mut self, index: usize, effects: &mut Vec<Effect>, change: impl FnOnce(&mut Loaded)) {
        self.stop_animation(effects);
        let Some(model) = self.sides.get_mut(index).and_then(Side::model_mut) else { return };
        change(model);
        effects.extend([Topic::Code(index), Topic::Live(index)].map(Effect::Draw));
    }

    /// Changes the live picture of a side.
    fn look(
        &mut self,
        index: usize,
        effects: &mut Vec<Effect>,
        preview: impl FnOnce(&Loaded) -> Option<Preview>,
    ) {
        self.stop_animation(effects);
        let Some(model) = self.sides.get_mut(index).and_then(Side::model_mut) else { return };
        model.preview = preview(model);
        effects.push(Effect::Draw(Topic::Live(index)));
    }

    /// Moves a factor of the picture that both models are shown.
    fn move_factor(&mut self, factor: usize, value: f64, effects: &mut Vec<Effect>) {
        let Some(scene) = &mut self.scene else { return };
        scene.set(factor, value);
        self.shows_own = false;
        effects.extend([Topic::Factors, Topic::Original].map(Effect::Draw));
        let another = self.moved.replace(factor) != Some(factor);
        for side in 0..SIDES {
            if let Some(model) = self.sides[side].model_mut().filter(|_| another) {
                let seen = model.reconstruction.as_ref().map(|(measured, _)| measured.mean.as_slice());
                model.ranges = Ranges::from(seen.unwrap_or_default());
            }
            self.encode(side);
        }
    }

    fn on_gpu(&self, index: usize) -> bool {
        self.sides[index].model().is_some_and(|model| model.engine == Kind::Gpu)
    }

    /// Requests the encoding of the picture by a side's model.
    fn encode(&mut self, index: usize) {
        let suits = self.sides[index].model().map(|model| self.suits(&model.card));
        if let (Some(true), Some((pixels, _))) = (suits, self.picture()) {
            let pixels = pixels.to_vec();
            self.queue.ask(RequestKind::Reconstruct(index), Request::Reconstruct { side: index }, pixels);
        } else if let Some(model) = self.sides[index].model_mut() {
            model.reconstruction = None;
        }
    }
}

fn set(code: &mut [f32], unit: usize, value: f32) {
    if let Some(slot) = code.get_mut(unit).filter(|_| value.is_finite()) {
        *slot = value;
    }
}
