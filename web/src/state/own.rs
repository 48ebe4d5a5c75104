//! A model that the visitor brings: its file is held to the same checks as a fetched one, and stays
//! on the menu of its side.

use std::rc::Rc;

use model::Weights;

use super::{Effect, Phase, State, Topic};

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
        // What is shown there stays until there is something to show in its place.
        match file.and_then(read) {
            Ok(bytes) => {
                side.own = Some(Own { name, bytes });
                self.open(index, effects);
            }
            Err(sentence) => {
                side.refused = Some(format!("{name} can’t be shown: {sentence}."));
                effects.push(Effect::Draw(Topic::Side(index)));
            }
        }
    }

    /// Shows the visitor's own model, whose place on the menu is behind all that are on offer.
    pub(super) fn open(&mut self, index: usize, effects: &mut Vec<Effect>) {
        let side = &mut self.sides[index];
        let Some(bytes) = side.own.as_ref().map(|own| own.bytes.clone()) else { return };
        let total = bytes.len() as u64;
        self.lanes.withdraw(index);
        self.pictures.forget(index);
        side.refused = None;
        side.entry = Some(self.entries.len());
        side.visit += 1;
        side.phase = Phase::Loading { received: total, total, file: None };
        effects.extend([Topic::Side(index), Topic::Menus].map(Effect::Draw));
        let visit = side.visit;
        self.fetched(index, visit, Ok(bytes.to_vec()), effects);
    }
}

/// The bytes of a file that is a model.
fn read(bytes: Vec<u8>) -> Result<Rc<[u8]>, String> {
    // A header in JSON stands behind its length: anything else is no such file at all.
    if bytes.get(8) != Some(&b'{') {
        return Err("it is not a weights file; those end in .safetensors".into());
    }
    Weights::from_bytes(&bytes).map_err(|error| error.to_string())?;
    Ok(bytes.into())
}

impl Own {
    /// How a menu calls it.
    pub fn title(&self) -> String {
        format!("Your file: {}", self.name)
    }
}
