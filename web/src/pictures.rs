//! Pictures that panels request: codes of a model, and the slot in which their pictures appear side by
//! side. The worker decodes them on the CPU, or the GPU draws them itself; panels don't depend on which.

use std::fmt;

use crate::table::Table;

/// A slot for pictures of a model, which all canvases show that name it in `data-slot`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Slot {
    /// Side of the model.
    pub side: usize,
    /// Purpose of the slot.
    pub name: &'static str,
    /// Index among slots with the same purpose.
    pub index: usize,
}

impl Slot {
    /// Creates a slot.
    pub fn new(name: &'static str, side: usize, index: usize) -> Self {
        Self { side, name, index }
    }

    /// Slot of a side's live picture.
    pub fn live(side: usize) -> Self {
        Self::new("live", side, 0)
    }

    /// Slot of a side's reconstruction.
    pub fn reconstruction(side: usize) -> Self {
        Self::new("reconstruction", side, 0)
    }
}

impl fmt::Display for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}-{}", self.name, self.side, self.index)
    }
}

/// Pictures that a panel requests.
#[derive(Clone, Debug, PartialEq)]
pub struct Want {
    /// Slot of the pictures.
    pub slot: Slot,
    /// `[N, D]`, flat.
    pub codes: Vec<f32>,
    /// Priority; lower numbers first, and 0 for what the visitor is changing.
    pub rank: usize,
}

#[derive(Clone, Debug, Default)]
struct SlotPictures {
    asked: Vec<f32>,
    pixels: Vec<u8>,
}

/// Requested pictures and their results.
#[derive(Clone, Debug, Default)]
pub struct Pictures(Table<Slot, SlotPictures>);

impl Pictures {
    /// Pictures in a slot, `[N, H, W, C]`, 0 to 255; empty before the first, and while the GPU draws
    /// them.
    pub fn pixels(&self, slot: Slot) -> &[u8] {
        self.0.get(&slot).map_or(&[], |held| &held.pixels)
    }

    /// The codes requested last, `[N, D]`; empty before.
    pub fn codes(&self, slot: Slot) -> &[f32] {
        self.0.get(&slot).map_or(&[], |held| &held.asked)
    }

    /// All slots.
    pub fn slots(&self) -> impl Iterator<Item = Slot> {
        self.0.keys().copied()
    }

    /// Records a request; returns whether it is new.
    pub(crate) fn ask(&mut self, slot: Slot, codes: &[f32]) -> bool {
        match self.0.get_mut(&slot) {
            Some(held) if held.asked == codes => return false,
            Some(held) => held.asked = codes.to_vec(),
            None => self.put(slot, codes, &[]),
        }
        true
    }

    /// Stores decoded pictures.
    pub(crate) fn fill(&mut self, slot: Slot, pixels: Vec<u8>) {
        if let Some(held) = self.0.get_mut(&slot) {
            held.pixels = pixels;
        }
    }

    /// Stores pictures that arrived without a request.
    pub(crate) fn put(&mut self, slot: Slot, codes: &[f32], pixels: &[u8]) {
        self.0.insert(slot, SlotPictures { asked: codes.to_vec(), pixels: pixels.to_vec() });
    }

    /// Drops a side's pictures, so that they are requested again.
    pub(crate) fn forget(&mut self, side: usize) {
        self.0.retain(|slot| slot.side != side);
    }

    /// Drops slots that are no longer requested.
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
