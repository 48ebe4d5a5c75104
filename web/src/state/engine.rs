//! Which engine draws a side's pictures, and how fast.
//!
//! Every model starts on the CPU, whose worker has the first picture soonest. Once the GPU holds the
//! model too and agrees with the CPU, it draws that side's pictures. The CPU keeps the model, so that
//! losing the GPU only costs speed.

use super::{Effect, Event, Side, State, Topic};
use crate::engine::Kind;
use crate::queue::RequestKind;
use crate::worker::SIDES;

/// Number of decodes whose median is the pace.
const REMEMBERED: usize = 9;

/// State of the engines.
#[derive(Clone, Debug, Default)]
pub struct Engines {
    /// Engine for new models: the GPU, unless it failed or the visitor chose otherwise.
    wanted: Kind,
    /// Whether the visitor requested the GPU, and so gets an explanation if it fails.
    asked: bool,
    /// A sentence on why the GPU is not used.
    pub note: Option<String>,
    /// Milliseconds per picture of the last decodes.
    paces: Vec<f64>,
}

impl Engines {
    /// Milliseconds per picture; `None` before the first.
    pub fn pace(&self) -> Option<f64> {
        let below = |pace: f64| self.paces.iter().filter(|other| **other < pace).count();
        let half = self.paces.len() / 2;
        // The median, for an even number of values the lower one.
        let upper =
            |pace: &f64| below(*pace) <= half && self.paces.iter().filter(|o| *o <= pace).count() > half;
        self.paces.iter().copied().find(upper)
    }
}

impl State {
    /// The engine of the pictures: the GPU if it draws any of them.
    pub fn engine(&self) -> Kind {
        let on_gpu = |side: &Side| side.model().is_some_and(|model| model.engine == Kind::Gpu);
        if self.sides.iter().any(on_gpu) { Kind::Gpu } else { Kind::Cpu }
    }

    /// Handles events of the engines.
    pub(super) fn engines(&mut self, event: Event, effects: &mut Vec<Effect>) {
        match event {
            Event::Timed { milliseconds, pictures } if pictures > 0 => {
                let paces = &mut self.engines.paces;
                paces.truncate(REMEMBERED - 1);
                paces.insert(0, milliseconds / pictures as f64);
            }
            Event::Switch if self.engine() == Kind::Gpu => {
                self.engines.wanted = Kind::Cpu;
                self.engines.note = None;
                self.leave_gpu(effects);
            }
            Event::Switch => {
                self.engines = Engines { wanted: Kind::Gpu, asked: true, ..Engines::default() };
                (0..SIDES).for_each(|side| self.prepare(side, effects));
            }
            Event::Prepared { side, visit, outcome, pace } => {
                // If the visitor requested the GPU, it is used; otherwise the faster engine is.
                let slower = !self.engines.asked && self.engines.pace().is_some_and(|cpu| pace > cpu);
                if outcome.is_err() || !slower || self.engine() == Kind::Gpu {
                    self.prepared(side, visit, outcome, effects);
                }
            }
            Event::GpuLost(why) if self.engine() == Kind::Gpu => {
                self.engines.wanted = Kind::Cpu;
                let why = why.trim_end_matches('.');
                self.engines.note = Some(format!("The CPU continues: the GPU was lost ({why})."));
                self.leave_gpu(effects);
            }
            _ => return,
        }
        effects.push(Effect::Draw(Topic::Engine));
    }

    /// Loads a side's model on the GPU too.
    pub(super) fn prepare(&mut self, index: usize, effects: &mut Vec<Effect>) {
        let Some(side) = self.sides.get(index).filter(|_| self.engines.wanted == Kind::Gpu) else { return };
        if let Some(model) = side.model() {
            let file = model.file.clone();
            effects.push(Effect::Prepare { side: index, visit: side.visit, file, room: model.room() });
        }
    }

    fn prepared(&mut self, index: usize, visit: u32, outcome: Result<(), String>, effects: &mut Vec<Effect>) {
        let current = |side: &&mut Side| side.visit == visit && self.engines.wanted == Kind::Gpu;
        let Some(model) = self.sides.get_mut(index).filter(current).and_then(Side::model_mut) else { return };
        match outcome {
            Ok(()) => {
                model.engine = Kind::Gpu;
                self.engines.paces.clear();
                self.request_pictures(index, effects);
            }
            Err(why) if self.engines.asked => {
                self.engines.note = Some(format!("The CPU goes on: {}.", why.trim_end_matches('.')));
            }
            // If there never was a GPU, its absence is not reported.
            Err(_) => {}
        }
    }

    /// Returns to the CPU and keeps all settings of the visitor.
    fn leave_gpu(&mut self, effects: &mut Vec<Effect>) {
        self.engines.paces.clear();
        for index in 0..SIDES {
            if let Some(model) = self.sides[index].model_mut().filter(|model| model.engine == Kind::Gpu) {
                model.engine = Kind::Cpu;
                self.request_pictures(index, effects);
            }
        }
    }

    /// Withdraws the requests for a side, and drops its pictures.
    pub(super) fn withdraw(&mut self, index: usize) {
        self.queue.withdraw(index);
        self.pictures.forget(index);
        if let Some(model) = self.sides[index].model_mut() {
            model.activations.forget();
        }
    }

    /// Requests a side's pictures again, from its engine.
    fn request_pictures(&mut self, index: usize, effects: &mut Vec<Effect>) {
        let unanswered = self.queue.has(RequestKind::Reconstruct(index));
        self.withdraw(index);
        if unanswered {
            self.encode(index);
        }
        effects.push(Effect::Draw(Topic::Reconstruction(index)));
        self.survey(index);
    }
}
