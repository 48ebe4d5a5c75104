//! A model that the visitor brings: its file is held to the same checks as a fetched one, and stays
//! on the menu of its side.

use std::rc::Rc;

use super::{Effect, Panel, Phase, State};

/// A weights file of the visitor's.
#[derive(Clone, Debug)]
pub struct Own {
    /// Its name.
    pub name: String,
    bytes: Rc<[u8]>,
}

impl State {
    /// What a side's model is called, empty before one is chosen.
    pub fn title(&self, side: usize) -> String {
        let side = &self.sides[side];
        match (side.entry.and_then(|entry| self.entries.get(entry)), &side.own) {
            (Some(entry), _) => entry.title.clone(),
            (None, Some(own)) if side.entry.is_some() => own.title(),
            _ => String::new(),
        }
    }

    /// Takes a file in that was dropped or opened, or the sentence that says why it can't be had.
    pub(super) fn bring(
        &mut self,
        index: usize,
        name: String,
        file: Result<Vec<u8>, String>,
        effects: &mut Vec<Effect>,
    ) {
        self.settle(effects);
        let Some(side) = self.sides.get_mut(index) else { return };
        match file {
            Ok(bytes) => {
                side.own = Some(Own { name, bytes: bytes.into() });
                self.open(index, effects);
            }
            Err(sentence) => {
                self.lanes.withdraw(index);
                side.visit += 1;
                side.phase = Phase::Failed(format!("{name} can’t be shown: {sentence}."));
                effects.push(Effect::Draw(Panel::Side(index)));
            }
        }
    }

    /// Shows the visitor's own model, whose place on the menu is behind all that are on offer.
    pub(super) fn open(&mut self, index: usize, effects: &mut Vec<Effect>) {
        let side = &mut self.sides[index];
        let Some(bytes) = side.own.as_ref().map(|own| own.bytes.clone()) else { return };
        let total = bytes.len() as u64;
        self.lanes.withdraw(index);
        side.entry = Some(self.entries.len());
        side.visit += 1;
        side.phase = Phase::Loading { received: total, total, file: None };
        effects.extend([Panel::Side(index), Panel::Menus].map(Effect::Draw));
        let visit = side.visit;
        self.fetched(index, visit, Ok(bytes.to_vec()), effects);
    }
}

impl Own {
    /// How a menu calls it.
    pub fn title(&self) -> String {
        format!("Your file: {}", self.name)
    }
}
