//! Handles the worker's replies.

use super::{Effect, Event, Loaded, Phase, Scene, Side, State, Topic};
use crate::engine::Kind;
use crate::pictures::Slot;
use crate::protocol::{Measured, Reply};
use crate::queue::RequestKind;
use crate::worker::SIDES;

impl State {
    pub(super) fn answer(&mut self, ticket: u32, reply: Reply, bytes: Vec<u8>, effects: &mut Vec<Effect>) {
        if reply == Reply::Ready {
            self.queue.open();
            return;
        }
        let Some(kind) = self.queue.finish(ticket) else { return };
        let index = kind.side();
        match (kind, reply) {
            (RequestKind::Reconstruct(_), Reply::Failed(why)) if self.on_gpu(index) => {
                self.engines(Event::GpuLost(why), effects);
                self.encode(index);
            }
            (_, Reply::Failed(sentence)) => self.fail(index, &sentence, effects),
            (RequestKind::Load(_), Reply::Loaded) => {
                let phase = &mut self.sides[index].phase;
                let Phase::Loading { file, .. } = phase else { return };
                let Some((card, file)) = file.take() else { return };
                *phase = Phase::Ready(Box::new(Loaded::new(*card, file)));
                effects.push(Effect::Draw(Topic::Side(index)));
                self.show_scene(index, effects);
                self.prepare(index, effects);
            }
            (RequestKind::Now(slot) | RequestKind::Soon(_, slot), Reply::Decoded) => {
                self.pictures.fill(slot, bytes);
                effects.push(Effect::Paint(slot));
            }
            (RequestKind::Reconstruct(_), Reply::Reconstructed(measured)) => {
                self.reconstructed(index, measured, bytes, effects);
            }
            (RequestKind::Activations(_), Reply::Activations) => {
                self.store_activations(index, &bytes, effects)
            }
            (RequestKind::LargestInputs(_), Reply::LargestInputs(numbers)) => {
                self.store_largest_inputs(index, &numbers, effects)
            }
            (RequestKind::Probe(..), Reply::Probed) => self.store_active_channels(index, &bytes, effects),
            (RequestKind::Survey(..), Reply::Surveyed(found)) => self.surveyed(index, &found, effects),
            // A reply to another kind of request: worker and page are of different builds.
            _ => {}
        }
    }

    /// Shows a newly loaded model the scene, or creates a scene that fits it.
    fn show_scene(&mut self, index: usize, effects: &mut Vec<Effect>) {
        self.selected = None;
        let cards = || self.sides.iter().filter_map(Side::model).map(|model| &model.card);
        let kept = self.scene.as_ref().is_some_and(|scene| cards().any(|card| scene.suits(card)));
        if !kept {
            self.scene = cards().find_map(Scene::of);
            self.link_scene();
            self.moved = None;
            effects.extend([Topic::Factors, Topic::Original].map(Effect::Draw));
        }
        let drawn = self.link_drawing(effects);
        let shape = self.own_picture.as_ref().map(|own| own.shape);
        self.fit_own_picture();
        let refitted = drawn || self.shows_own && self.own_picture.as_ref().map(|own| own.shape) != shape;
        if refitted {
            effects.push(Effect::Draw(Topic::Original));
        }
        for side in 0..SIDES {
            effects.push(Effect::Draw(Topic::Reconstruction(side)));
            if side == index || !kept || refitted {
                self.encode(side);
            }
        }
        if self.sides[index].model().is_some_and(|model| !self.suits(&model.card)) {
            self.link_side(index);
        }
        self.suggest_again();
        self.link_ends(effects);
        self.suggest_map();
        self.survey(index);
        if self.animated {
            effects.push(Effect::Animate);
        }
    }

    /// The picture's code becomes the base code of that side.
    fn reconstructed(
        &mut self,
        index: usize,
        measured: Measured,
        pixels: Vec<u8>,
        effects: &mut Vec<Effect>,
    ) {
        let Some(model) = self.sides[index].model_mut() else { return };
        model.origin.clone_from(&measured.mean);
        model.code.clone_from(&measured.mean);
        model.ranges.follow(&measured.mean);
        // If the worker sends pictures, both are decoded already.
        let seen = [Slot::reconstruction(index), Slot::live(index)];
        let live = model.preview.is_none();
        for slot in seen.into_iter().take(if live { 2 } else { 1 }).filter(|_| model.engine == Kind::Cpu) {
            self.queue.keep(|other| other != slot);
            self.pictures.put(slot, &measured.mean, &pixels);
            effects.push(Effect::Paint(slot));
        }
        model.reconstruction = Some((measured, pixels));
        effects
            .extend([Topic::Reconstruction(index), Topic::Code(index), Topic::Live(index)].map(Effect::Draw));
        self.link_side(index);
    }
}
