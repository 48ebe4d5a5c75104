//! A model from the visitor's own file, which is checked like a fetched file and stays on its side's
//! menu.

use std::rc::Rc;

use model::Weights;

use super::{Effect, Phase, State, Topic};

/// A weights file of the visitor.
#[derive(Clone, Debug)]
pub struct OwnModel {
    /// Name of the file.
    pub name: String,
    bytes: Rc<[u8]>,
}

impl State {
    /// Title of a side's model, empty before one is chosen.
    pub fn title(&self, side: usize) -> String {
        let side = &self.sides[side];
        match (side.entry.and_then(|entry| self.entries.get(entry)), &side.own_model) {
            (Some(entry), _) => entry.title.clone(),
            (None, Some(own)) if side.entry.is_some() => own.title(),
            _ => String::new(),
        }
    }

    /// Takes a file that was dropped or opened, or the reason why it can't be read.
    pub(super) fn bring(
        &mut self,
        index: usize,
        name: String,
        file: Result<Vec<u8>, String>,
        effects: &mut Vec<Effect>,
    ) {
        self.stop_animation(effects);
        let Some(side) = self.sides.get_mut(index) else { return };
        // The current model stays until there is one to replace it.
        match file.and_then(read) {
            Ok(bytes) => {
                side.own_model = Some(OwnModel { name, bytes });
                self.open(index, effects);
            }
            Err(sentence) => {
                side.refused = Some(format!("{name} can’t be shown: {sentence}."));
                effects.push(Effect::Draw(Topic::Side(index)));
            }
        }
    }

    /// Shows the visitor's own model, which follows the manifest's models on the menu.
    pub(super) fn open(&mut self, index: usize, effects: &mut Vec<Effect>) {
        let side = &mut self.sides[index];
        let Some(bytes) = side.own_model.as_ref().map(|own| own.bytes.clone()) else { return };
        let total = bytes.len() as u64;
        self.queue.withdraw(index);
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

/// Checks that the bytes are a model.
fn read(bytes: Vec<u8>) -> Result<Rc<[u8]>, String> {
    // A JSON header follows its length; anything else is not such a file.
    if bytes.get(8) != Some(&b'{') {
        return Err("it is not a weights file; those end in .safetensors".into());
    }
    Weights::from_bytes(&bytes).map_err(|error| error.to_string())?;
    Ok(bytes.into())
}

impl OwnModel {
    /// Title in menus.
    pub fn title(&self) -> String {
        format!("Your file: {}", self.name)
    }
}
