//! How a side gets its model: chosen, fetched, loaded by the worker, or failed with a sentence.

use model::Weights;

use super::{Effect, Phase, Side, State, Topic};
use crate::manifest::{self, Entry};
use crate::protocol::Request;
use crate::queue::RequestKind;

impl State {
    pub(super) fn offer(&mut self, entries: Vec<Entry>, effects: &mut Vec<Effect>) {
        // The first set's plainest model, and its last, which is the one to present.
        let first = &entries[0].set;
        let last = entries.iter().rposition(|entry| entry.set == *first).unwrap_or(0);
        let choices = [0, last];
        self.entries = entries;
        let linked = self.linked_entries(effects);
        effects.push(Effect::Draw(Topic::Menus));
        let mut chosen = Vec::new();
        for (side, entry) in choices.into_iter().enumerate() {
            self.choose(side, linked[side].unwrap_or(entry), &mut chosen);
        }
        // On a slow line, two files that share it come when both are complete. One after the other, the
        // last one, which is to be presented, can be used after half of that time.
        let first = |effect: &Effect| matches!(effect, Effect::Fetch { side: 0, .. });
        self.next_fetch = chosen.iter().position(first).map(|at| chosen.remove(at));
        effects.extend(chosen);
    }

    /// Data sets of the models in the manifest.
    pub fn sets(&self) -> Vec<&str> {
        manifest::sets(&self.entries)
    }

    /// Index of the data set of both sides' models; `None` if they differ.
    pub fn set(&self) -> Option<usize> {
        let of = |side: &Side| Some(self.entries.get(side.entry?)?.set.as_str());
        let set = of(&self.sides[0])?;
        self.sides[1..].iter().all(|side| of(side) == Some(set)).then_some(())?;
        self.sets().iter().position(|name| *name == set)
    }

    /// Chooses for each side the model of a data set with the same position as its current one: the first
    /// stays the first.
    pub(super) fn choose_set(&mut self, set: usize, effects: &mut Vec<Effect>) {
        self.stop_animation(effects);
        let Some(set) = self.sets().get(set).map(|&set| set.to_owned()) else { return };
        let of = |set: &str| -> Vec<usize> {
            (0..self.entries.len()).filter(|&entry| self.entries[entry].set == set).collect()
        };
        let offered = of(&set);
        let strengths = manifest::by_strength(&self.entries, &set);
        let chosen = self.sides.each_ref().map(|side| {
            let present = side
                .entry
                .and_then(|entry| of(&self.entries.get(entry)?.set).iter().position(|&other| other == entry));
            offered.get(present.unwrap_or(0)).or(offered.last()).copied()
        });
        // For models with a strength: the weakest next to the strongest.
        let chosen = match strengths[..] {
            [weakest, .., strongest] => [weakest, strongest].map(|model| Some(model.entry)),
            _ => chosen,
        };
        for (side, entry) in chosen.into_iter().enumerate() {
            if let Some(entry) = entry.filter(|&entry| self.sides[side].entry != Some(entry)) {
                self.choose(side, entry, effects);
            }
        }
    }

    pub(super) fn choose(&mut self, index: usize, entry: usize, effects: &mut Vec<Effect>) {
        let (Some(side), Some(chosen)) = (self.sides.get_mut(index), self.entries.get(entry)) else {
            if index < self.sides.len() && entry == self.entries.len() {
                self.open(index, effects);
            }
            return;
        };
        self.queue.withdraw(index);
        self.pictures.forget(index);
        if index == 0 {
            self.next_fetch = None;
        }
        side.refused = None;
        side.entry = Some(entry);
        side.visit += 1;
        side.phase = Phase::Loading { received: 0, total: chosen.bytes, file: None };
        let fetch = Effect::Fetch { side: index, visit: side.visit, file: chosen.file.clone() };
        effects.extend([fetch, Effect::Draw(Topic::Side(index)), Effect::Draw(Topic::Menus)]);
    }

    pub(super) fn progress(&mut self, index: usize, visit: u32, bytes: u64, effects: &mut Vec<Effect>) {
        let Some(side) = self.sides.get_mut(index).filter(|side| side.visit == visit) else { return };
        if let Phase::Loading { received, .. } = &mut side.phase {
            *received = bytes;
            effects.push(Effect::Draw(Topic::Progress(index)));
        }
    }

    pub(super) fn fetched(
        &mut self,
        index: usize,
        visit: u32,
        file: Result<Vec<u8>, String>,
        effects: &mut Vec<Effect>,
    ) {
        effects.extend(self.next_fetch.take());
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
                self.queue.ask(RequestKind::Load(index), Request::Load { side: index }, bytes);
            }
            Err(sentence) => self.fail(index, &sentence, effects),
        }
    }

    /// Marks a side's model as failed, with a sentence that names its file.
    pub(super) fn fail(&mut self, index: usize, sentence: &str, effects: &mut Vec<Effect>) {
        let side = &mut self.sides[index];
        let file = match (side.entry.and_then(|entry| self.entries.get(entry)), &side.own_model) {
            (Some(entry), _) => format!("models/{}", entry.file),
            (None, own) => own.as_ref().map_or_else(String::new, |own| own.name.clone()),
        };
        side.phase = Phase::Failed(format!("{file} can’t be shown: {sentence}."));
        effects.push(Effect::Draw(Topic::Side(index)));
    }
}
