//! All that the page knows, and how each event changes it. Nothing here touches the browser.

mod answer;
mod dice;
mod engine;
mod hand;
mod pad;
mod paper;
mod path;
mod prior;
mod scene;
mod shown;
mod side;
mod survey;
mod sway;
#[cfg(test)]
mod tests;
mod trace;

use std::rc::Rc;

pub use engine::Engines;
pub use hand::Hand;
pub use paper::Paper;
pub use path::{PATHS, Path};
pub use prior::Prior;
pub use scene::Scene;
pub use shown::Shown;
pub use side::{COLUMNS, Loaded, Phase, Preview, Side};
pub use survey::{SURVEYED, Survey};
pub use sway::Sway;
pub use trace::Trace;

use model::Weights;

use self::dice::Dice;

use crate::engine::Kind;
use crate::lanes::{Lane, Lanes, Post};
use crate::manifest::Entry;
use crate::protocol::{Reply, Request};
use crate::worker::SIDES;

/// How long the opening animation takes to move a unit to and fro, in milliseconds.
const PERIOD: f64 = 7000.0;

/// Something that happened.
#[derive(Clone, Debug)]
pub enum Event {
    /// The manifest was read, or the sentence says why not.
    Manifest(Result<Vec<Entry>, String>),
    /// The visitor chose a model.
    Choose {
        /// Where.
        side: usize,
        /// Entry of the manifest.
        entry: usize,
    },
    /// A weights file arrives.
    Progress {
        /// Where.
        side: usize,
        /// The choice that it belongs to.
        visit: u32,
        /// Bytes so far.
        received: u64,
    },
    /// A weights file is here, or the sentence says why not.
    Fetched {
        /// Where.
        side: usize,
        /// The choice that it belongs to.
        visit: u32,
        /// The file's bytes.
        file: Result<Vec<u8>, String>,
    },
    /// The worker says something.
    Answer {
        /// Number of the request.
        ticket: u32,
        /// What it says.
        reply: Reply,
        /// Bytes that came with it.
        bytes: Vec<u8>,
    },
    /// The worker is gone.
    Lost,
    /// The GPU holds a model and agrees with the CPU, or the sentence says why not.
    Prepared {
        /// Where.
        side: usize,
        /// The choice that it belongs to.
        visit: u32,
        /// What came of it.
        outcome: Result<(), String>,
    },
    /// The GPU is gone, and why.
    GpuLost(String),
    /// Pictures were decoded in that time, of all that it takes until they can be shown.
    Timed {
        /// Time.
        milliseconds: f64,
        /// Their number.
        pictures: usize,
    },
    /// The visitor wants the other engine.
    Switch,
    /// A slider moved.
    Turn {
        /// Where.
        side: usize,
        /// Unit.
        unit: usize,
        /// Its value.
        value: f32,
    },
    /// A unit, or all of them, goes back to the last picture's code.
    Reset {
        /// Where.
        side: usize,
        /// Unit.
        unit: Option<usize>,
    },
    /// All units get values drawn from the prior.
    Sample {
        /// Where.
        side: usize,
        /// What decides which.
        seed: u64,
    },
    /// The pad is touched, at a place from the left and from the bottom, 0 to 1.
    Pad {
        /// Where.
        side: usize,
        /// The place.
        at: [f32; 2],
    },
    /// Another unit for the pad.
    Axis {
        /// Where.
        side: usize,
        /// 0 across, 1 up.
        axis: usize,
        /// Unit.
        unit: usize,
    },
    /// The present pictures become A (0) or B (1).
    Pin {
        /// Which.
        end: usize,
    },
    /// That share of the way from A to B.
    Along(f32),
    /// The pointer is on a row, at `position` from 0 to 1 of the traversal.
    Scrub {
        /// Where.
        side: usize,
        /// Unit.
        unit: usize,
        /// Position.
        position: f32,
    },
    /// The pointer left the rows.
    Leave {
        /// Where.
        side: usize,
    },
    /// A picture of a row becomes the base.
    Take {
        /// Where.
        side: usize,
        /// Unit.
        unit: usize,
        /// Its place in the row.
        column: usize,
    },
    /// A factor's control moved.
    Factor {
        /// Factor.
        factor: usize,
        /// Its value.
        value: f64,
    },
    /// The visitor wants to see a factor move.
    Sway {
        /// Factor.
        factor: usize,
    },
    /// The visitor's hand is at the picture.
    Hand(Hand),
    /// The survey comes into sight.
    Near,
    /// The rows of inactive units were opened or closed.
    Unfold {
        /// Where.
        side: usize,
        /// Whether they are shown now.
        open: bool,
    },
    /// The clock of what moves by itself, in milliseconds.
    Tick(f64),
    /// The visitor touched something.
    Touch,
}

/// What the page has to do after an event.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Fetch a weights file.
    Fetch {
        /// Where.
        side: usize,
        /// The choice that it belongs to.
        visit: u32,
        /// File beside the manifest.
        file: String,
    },
    /// Send a request to the worker.
    Post(Post),
    /// Have the GPU meet a request.
    Compute(Post),
    /// Have the GPU take a model in, with room for so many pictures, and check it.
    Prepare {
        /// Where.
        side: usize,
        /// The choice that it belongs to.
        visit: u32,
        /// The weights file.
        file: Rc<[u8]>,
        /// Pictures.
        room: usize,
    },
    /// Draw a part of the page.
    Draw(Panel),
    /// Show the clock.
    Animate,
}

/// A part of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Panel {
    /// The notice for the whole page.
    Notice,
    /// Which engine runs, and how fast.
    Engine,
    /// The menus of models.
    Menus,
    /// A side from the ground up.
    Side(usize),
    /// A side's progress bar.
    Progress(usize),
    /// A side's live picture and markers.
    Live(usize),
    /// A side's sliders.
    Sliders(usize),
    /// The row of a side's unit.
    Row(usize, usize),
    /// A side's pictures from A to B.
    Path(usize, Path),
    /// How far along from A to B both models are.
    Along,
    /// The world's controls.
    Factors,
    /// The world's picture.
    Original,
    /// A side's reconstruction.
    Reconstruction(usize),
    /// What a side's survey has found.
    Survey(usize),
}

/// All that the page knows.
#[derive(Clone, Default)]
pub struct State {
    /// Models on offer.
    pub entries: Vec<Entry>,
    /// A sentence for the whole page.
    pub notice: Option<String>,
    /// The compared models.
    pub sides: [Side; SIDES],
    /// The world's picture.
    pub scene: Option<Scene>,
    /// The visitor's own picture.
    pub paper: Option<Paper>,
    /// Whether both models are shown the visitor's own picture, not the world's.
    pub own: bool,
    /// A sentence on a file that could not be shown.
    pub refused: Option<String>,
    /// The share of the way from A to B that was gone last.
    pub along: f32,
    /// Whether the page still moves on its own.
    pub animated: bool,
    /// The factor that is moved for the visitor.
    pub sway: Option<Sway>,
    /// Whether motion goes in steps.
    still: bool,
    /// The factor that moved last.
    moved: Option<usize>,
    /// Whether the survey has been in sight.
    near: bool,
    /// The engines.
    pub engines: Engines,
    lanes: Lanes,
}

impl State {
    /// The page before anything has arrived; `motion` is whether the visitor likes motion.
    pub fn new(motion: bool) -> Self {
        Self { animated: motion, still: !motion, ..Self::default() }
    }

    /// Whether anything moves by itself.
    pub fn moves(&self) -> bool {
        self.animated || self.sway.is_some()
    }

    /// Takes an event in and says what is to be done.
    pub fn update(&mut self, event: Event) -> Vec<Effect> {
        let mut effects = Vec::new();
        match event {
            Event::Manifest(Ok(entries)) => self.offer(entries, &mut effects),
            Event::Manifest(Err(sentence)) => {
                self.notice = Some(sentence);
                effects.push(Effect::Draw(Panel::Notice));
            }
            Event::Choose { side, entry } => self.choose(side, entry, &mut effects),
            Event::Progress { side, visit, received } => self.progress(side, visit, received, &mut effects),
            Event::Fetched { side, visit, file } => self.fetched(side, visit, file, &mut effects),
            Event::Answer { ticket, reply, bytes } => self.answer(ticket, reply, bytes, &mut effects),
            Event::Lost => {
                self.notice =
                    Some("The engine stopped unexpectedly; reload the page to start it again.".into());
                effects.push(Effect::Draw(Panel::Notice));
            }
            Event::Tick(time) => {
                self.tick(time, &mut effects);
                self.swing(time, &mut effects);
            }
            Event::Touch => self.settle(&mut effects),
            Event::Factor { factor, value } => {
                self.settle(&mut effects);
                self.move_factor(factor, value, &mut effects);
            }
            Event::Sway { factor } => self.sway(factor, &mut effects),
            Event::Hand(hand) => self.hand(hand, &mut effects),
            Event::Near => self.near(),
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
                let (prior, mut dice) = (Prior::of(&model.card), Dice::new(seed));
                model.code.iter_mut().for_each(|value| *value = prior.sample(&mut dice) as f32);
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
            Event::Along(share) => self.go_along(share, &mut effects),
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
            Event::Unfold { side, open } => {
                self.settle(&mut effects);
                if let Some(model) = self.sides.get_mut(side).and_then(Side::model_mut) {
                    model.unfolded = open;
                    self.decode_rows(side, &mut effects);
                }
            }
            Event::Prepared { .. } | Event::GpuLost(_) | Event::Timed { .. } | Event::Switch => {
                self.engines(event, &mut effects);
            }
        }
        effects.extend(self.lanes.start_next().map(|post| match post.request {
            Request::Reconstruct { side } if self.on_gpu(side) => Effect::Compute(post),
            _ => Effect::Post(post),
        }));
        effects
    }

    fn offer(&mut self, entries: Vec<Entry>, effects: &mut Vec<Effect>) {
        let named = |name: &str| entries.iter().position(|entry| entry.name == name);
        let choices = [named("vae").unwrap_or(0), named("sparse").unwrap_or(entries.len() - 1)];
        self.entries = entries;
        effects.push(Effect::Draw(Panel::Menus));
        for (side, entry) in choices.into_iter().enumerate() {
            self.choose(side, entry, effects);
        }
    }

    fn choose(&mut self, index: usize, entry: usize, effects: &mut Vec<Effect>) {
        let (Some(side), Some(chosen)) = (self.sides.get_mut(index), self.entries.get(entry)) else { return };
        self.lanes.withdraw(index);
        side.entry = Some(entry);
        side.visit += 1;
        side.phase = Phase::Loading { received: 0, total: chosen.bytes, file: None };
        let fetch = Effect::Fetch { side: index, visit: side.visit, file: chosen.file.clone() };
        effects.extend([fetch, Effect::Draw(Panel::Side(index)), Effect::Draw(Panel::Menus)]);
    }

    fn progress(&mut self, index: usize, visit: u32, bytes: u64, effects: &mut Vec<Effect>) {
        let Some(side) = self.sides.get_mut(index).filter(|side| side.visit == visit) else { return };
        if let Phase::Loading { received, .. } = &mut side.phase {
            *received = bytes;
            effects.push(Effect::Draw(Panel::Progress(index)));
        }
    }

    fn fetched(
        &mut self,
        index: usize,
        visit: u32,
        file: Result<Vec<u8>, String>,
        effects: &mut Vec<Effect>,
    ) {
        let Some(side) = self.sides.get_mut(index).filter(|side| side.visit == visit) else { return };
        let read = |bytes: Vec<u8>| match Weights::card_from_bytes(&bytes) {
            Ok(card) => Ok((card, bytes)),
            Err(error) => Err(error.to_string()),
        };
        match file.and_then(read) {
            Ok((read, bytes)) => {
                if let Phase::Loading { file, .. } = &mut side.phase {
                    *file = Some((Box::new(read), bytes.as_slice().into()));
                }
                self.lanes.ask(Lane::Load(index), Request::Load { side: index }, bytes);
            }
            Err(sentence) => self.fail(index, &sentence, effects),
        }
    }

    /// Gives up on a side's model, with a sentence that names its file.
    fn fail(&mut self, index: usize, sentence: &str, effects: &mut Vec<Effect>) {
        let side = &mut self.sides[index];
        let file = side.entry.and_then(|entry| self.entries.get(entry)).map_or("", |entry| &entry.file);
        side.phase = Phase::Failed(format!("models/{file} can’t be shown: {sentence}."));
        effects.push(Effect::Draw(Panel::Side(index)));
    }

    /// Changes a side's base code, and draws all that depends on it.
    fn change(&mut self, index: usize, effects: &mut Vec<Effect>, change: impl FnOnce(&mut Loaded)) {
        self.settle(effects);
        let Some(model) = self.sides.get_mut(index).and_then(Side::model_mut) else { return };
        change(model);
        effects.extend([Panel::Sliders(index), Panel::Live(index)].map(Effect::Draw));
        self.decode_live(index, effects);
        self.decode_rows(index, effects);
    }

    /// Changes what a side looks at for the moment.
    fn look(
        &mut self,
        index: usize,
        effects: &mut Vec<Effect>,
        preview: impl FnOnce(&Loaded) -> Option<Preview>,
    ) {
        self.settle(effects);
        let Some(model) = self.sides.get_mut(index).and_then(Side::model_mut) else { return };
        model.preview = preview(model);
        effects.push(Effect::Draw(Panel::Live(index)));
        self.decode_live(index, effects);
    }

    /// Moves a factor of the picture that both models are shown.
    fn move_factor(&mut self, factor: usize, value: f64, effects: &mut Vec<Effect>) {
        let Some(scene) = &mut self.scene else { return };
        scene.set(factor, value);
        self.own = false;
        effects.extend([Panel::Factors, Panel::Original].map(Effect::Draw));
        let another = self.moved.replace(factor) != Some(factor);
        for side in 0..SIDES {
            if let Some(model) = self.sides[side].model_mut().filter(|_| another) {
                let seen = model.reconstruction.as_ref().map(|(measured, _)| measured.mean.as_slice());
                model.trace = Trace::from(seen.unwrap_or_default());
            }
            self.encode(side);
        }
    }

    /// Ends what moves by itself.
    fn settle(&mut self, effects: &mut Vec<Effect>) {
        self.halt(effects);
        if !std::mem::take(&mut self.animated) {
            return;
        }
        for index in 0..SIDES {
            if let Some(model) = self.sides[index].model_mut() {
                model.preview = None;
                effects.push(Effect::Draw(Panel::Live(index)));
                self.decode_live(index, effects);
            }
        }
    }

    /// Moves the first unit of each model to and fro.
    fn tick(&mut self, time: f64, effects: &mut Vec<Effect>) {
        if !self.animated {
            return;
        }
        effects.push(Effect::Animate);
        // To and fro, slower towards the ends.
        let swing = 1.0 - (2.0 * (time / PERIOD).fract() - 1.0).abs();
        let position = (swing * swing * (3.0 - 2.0 * swing)) as f32;
        for index in 0..SIDES {
            let Some(model) = self.sides[index].model_mut().filter(|model| model.active > 0) else {
                continue;
            };
            let unit = model.order[0];
            model.preview = Some(Preview { unit, value: model.value_at(unit, position) });
            effects.push(Effect::Draw(Panel::Live(index)));
            self.decode_live(index, effects);
        }
    }

    fn on_gpu(&self, index: usize) -> bool {
        self.sides[index].model().is_some_and(|model| model.engine == Kind::Gpu)
    }

    fn decode_live(&mut self, index: usize, effects: &mut Vec<Effect>) {
        match self.sides[index].model() {
            Some(model) if model.engine == Kind::Cpu => {
                self.lanes.ask(Lane::Live(index), model.live_request(index), Vec::new());
            }
            Some(_) => effects.push(Effect::Draw(Panel::Live(index))),
            None => {}
        }
    }

    fn decode_rows(&mut self, index: usize, effects: &mut Vec<Effect>) {
        let Some(model) = self.sides[index].model() else { return };
        for (rank, &unit) in model.shown().iter().enumerate() {
            match model.engine {
                Kind::Cpu => {
                    self.lanes.ask(Lane::Row(rank, index), model.row_request(index, unit), Vec::new());
                }
                Kind::Gpu => effects.push(Effect::Draw(Panel::Row(index, unit))),
            }
        }
    }

    /// Asks what a side makes of the picture.
    fn encode(&mut self, index: usize) {
        let suits = self.sides[index].model().map(|model| self.suits(&model.card));
        if let (Some(true), Some((pixels, _))) = (suits, self.picture()) {
            let pixels = pixels.to_vec();
            self.lanes.ask(Lane::Reconstruct(index), Request::Reconstruct { side: index }, pixels);
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
