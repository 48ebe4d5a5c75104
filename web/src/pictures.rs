//! Pictures that panels ask for: codes of a model, and the place where their pictures stand side by side.
//! The worker decodes them for the CPU and the GPU draws them itself; panels need not know which.

use std::fmt;

use crate::table::Table;

/// A place for pictures of a model. Every canvas that names it in its `data-slot` shows them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Slot {
    /// The model.
    pub side: usize,
    /// What the place is for.
    pub name: &'static str,
    /// Which of several such places.
    pub index: usize,
}

impl Slot {
    /// The place of that name.
    pub fn new(name: &'static str, side: usize, index: usize) -> Self {
        Self { side, name, index }
    }

    /// The place of a side's live picture.
    pub fn live(side: usize) -> Self {
        Self::new("live", side, 0)
    }

    /// The place of a side's reconstruction.
    pub fn reconstruction(side: usize) -> Self {
        Self::new("reconstruction", side, 0)
    }
}

impl fmt::Display for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}-{}", self.name, self.side, self.index)
    }
}

/// What a panel asks for.
#[derive(Clone, Debug, PartialEq)]
pub struct Want {
    /// Where the pictures go.
    pub slot: Slot,
    /// `[N, D]`, flat.
    pub codes: Vec<f32>,
    /// Smaller numbers go first; 0 is for what is under the visitor's hand.
    pub rank: usize,
}

#[derive(Clone, Debug, Default)]
struct Held {
    asked: Vec<f32>,
    pixels: Vec<u8>,
}

/// What was asked for, and what came of it.
#[derive(Clone, Debug, Default)]
pub struct Pictures(Table<Slot, Held>);

impl Pictures {
    /// The pictures of a place, `[N, H, W, C]`, 0 to 255; empty before the first, and while the GPU draws
    /// them.
    pub fn pixels(&self, slot: Slot) -> &[u8] {
        self.0.get(&slot).map_or(&[], |held| &held.pixels)
    }

    /// The codes that were asked for last, `[N, D]`; empty before.
    pub fn codes(&self, slot: Slot) -> &[f32] {
        self.0.get(&slot).map_or(&[], |held| &held.asked)
    }

    /// All places.
    pub fn slots(&self) -> impl Iterator<Item = Slot> {
        self.0.keys().copied()
    }

    /// Notes what is asked for, and says whether that is new.
    pub(crate) fn ask(&mut self, slot: Slot, codes: &[f32]) -> bool {
        match self.0.get_mut(&slot) {
            Some(held) if held.asked == codes => return false,
            Some(held) => held.asked = codes.to_vec(),
            None => self.put(slot, codes, &[]),
        }
        true
    }

    /// Takes pictures in.
    pub(crate) fn fill(&mut self, slot: Slot, pixels: Vec<u8>) {
        if let Some(held) = self.0.get_mut(&slot) {
            held.pixels = pixels;
        }
    }

    /// Takes in pictures that came without having been asked for.
    pub(crate) fn put(&mut self, slot: Slot, codes: &[f32], pixels: &[u8]) {
        self.0.insert(slot, Held { asked: codes.to_vec(), pixels: pixels.to_vec() });
    }

    /// Forgets a side's pictures, so that they are made again.
    pub(crate) fn forget(&mut self, side: usize) {
        self.0.retain(|slot| slot.side != side);
    }

    /// Forgets the places that nobody asks for any more.
    pub(crate) fn keep(&mut self, wanted: &[Want]) {
        self.0.retain(|slot| wanted.iter().any(|want| want.slot == *slot));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_are_asked_for_once_until_their_codes_change() {
        let mut pictures = Pictures::default();
        let slot = Slot::new("row", 1, 3);
        assert_eq!(slot.to_string(), "row-1-3");
        assert!(pictures.ask(slot, &[1.0]));
        assert!(!pictures.ask(slot, &[1.0]));
        pictures.fill(slot, vec![7]);
        assert!(pictures.ask(slot, &[2.0]));
        assert_eq!((pictures.pixels(slot), pictures.codes(slot)), (&[7][..], &[2.0][..]));
        pictures.forget(0);
        assert_eq!(pictures.pixels(slot), [7]);
        pictures.forget(1);
        assert!(pictures.pixels(slot).is_empty() && pictures.ask(slot, &[2.0]));
    }
}
