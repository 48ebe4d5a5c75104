//! What the worker's answers change.

use super::{Effect, Event, Loaded, Panel, Phase, Scene, Side, State};
use crate::lanes::Lane;
use crate::protocol::{Measured, Reply};
use crate::worker::SIDES;

impl State {
    pub(super) fn answer(&mut self, ticket: u32, reply: Reply, bytes: Vec<u8>, effects: &mut Vec<Effect>) {
        if reply == Reply::Ready {
            self.lanes.open();
            return;
        }
        let Some(lane) = self.lanes.finish(ticket) else { return };
        let index = lane.side();
        match (lane, reply) {
            (Lane::Reconstruct(_), Reply::Failed(why)) if self.on_gpu(index) => {
                self.engines(Event::GpuLost(why), effects);
                self.encode(index);
            }
            (_, Reply::Failed(sentence)) => self.fail(index, &sentence, effects),
            (Lane::Load(_), Reply::Loaded) => {
                let phase = &mut self.sides[index].phase;
                let Phase::Loading { file, .. } = phase else { return };
                let Some((card, file)) = file.take() else { return };
                *phase = Phase::Ready(Box::new(Loaded::new(*card, file)));
                effects.push(Effect::Draw(Panel::Side(index)));
                self.greet(index, effects);
                self.prepare(index, effects);
            }
            (Lane::Live(_), Reply::Decoded) => self.draw(index, effects, |model| {
                model.live = bytes;
                Some(Panel::Live(index))
            }),
            (Lane::Row(rank, _), Reply::Decoded) => self.draw(index, effects, |model| {
                let unit = *model.order.get(rank)?;
                model.rows[unit] = bytes;
                Some(Panel::Row(index, unit))
            }),
            (Lane::Reconstruct(_), Reply::Reconstructed(measured)) => {
                self.reconstructed(index, measured, bytes, effects);
            }
            (Lane::Path(path, _), Reply::Decoded) => self.walked(index, path, bytes, effects),
            (Lane::Survey(..), Reply::Surveyed(found)) => self.surveyed(index, &found, effects),
            // An answer to another question: the worker and the page are of different builds.
            _ => {}
        }
    }

    fn draw(
        &mut self,
        index: usize,
        effects: &mut Vec<Effect>,
        change: impl FnOnce(&mut Loaded) -> Option<Panel>,
    ) {
        let panel = self.sides[index].model_mut().and_then(change);
        effects.extend(panel.map(Effect::Draw));
    }

    /// Shows a model that has just been loaded the scene, or makes a scene that suits it.
    fn greet(&mut self, index: usize, effects: &mut Vec<Effect>) {
        let cards = || self.sides.iter().filter_map(Side::model).map(|model| &model.card);
        let kept = self.scene.as_ref().is_some_and(|scene| cards().any(|card| scene.suits(card)));
        if !kept {
            self.scene = cards().find_map(Scene::of);
            self.link_scene();
            self.moved = None;
            effects.extend([Panel::Factors, Panel::Original].map(Effect::Draw));
        }
        for side in 0..SIDES {
            effects.push(Effect::Draw(Panel::Reconstruction(side)));
            if side == index || !kept {
                self.encode(side);
            }
        }
        if self.sides[index].model().is_some_and(|model| !self.suits(&model.card)) {
            self.link_side(index, effects);
        }
        self.decode_live(index, effects);
        self.decode_rows(index, effects);
        self.suggest_anew(effects);
        self.survey(index);
        if self.animated {
            effects.push(Effect::Animate);
        }
    }

    /// The picture's code becomes the base of that side.
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
        model.trace.follow(&measured.mean);
        if model.preview.is_none() {
            model.live.clone_from(&pixels);
        }
        model.reconstruction = Some((measured, pixels));
        effects.extend(
            [Panel::Reconstruction(index), Panel::Sliders(index), Panel::Live(index)].map(Effect::Draw),
        );
        self.link_side(index, effects);
        self.decode_rows(index, effects);
    }
}
