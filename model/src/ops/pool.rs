//! Buffers that one step leaves to the next.
//!
//! An image with a border is written inside alone, so that its border, once cleared, stays zero. New
//! buffers would cost a step more than their use: they are cleared whole, and the kernel clears their
//! pages before.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use super::geometry::Image;

/// Shapes that buffers are kept for. More mean that another network runs, and the old one's are freed.
const SHAPES: usize = 16;

/// Buffers of images with borders, one for each of some shapes.
pub(super) type Images = Vec<Vec<f32>>;

static SHELF: Mutex<BTreeMap<Vec<Image>, Vec<Images>>> = Mutex::new(BTreeMap::new());

/// Buffers of `images` with borders of zeros; what is inside them is undefined.
pub(super) fn take(images: &[Image]) -> Images {
    let mut shelf = SHELF.lock().unwrap_or_else(PoisonError::into_inner);
    let kept = shelf.get_mut(images).and_then(Vec::pop);
    drop(shelf);
    kept.unwrap_or_else(|| images.iter().map(|image| vec![0.0; image.bordered_len()]).collect())
}

/// Keeps buffers that [`take`] gave for `images`.
pub(super) fn give(images: &[Image], buffers: impl IntoIterator<Item = Images>) {
    let mut shelf = SHELF.lock().unwrap_or_else(PoisonError::into_inner);
    if shelf.len() >= SHAPES && !shelf.contains_key(images) {
        shelf.clear();
    }
    shelf.entry(images.to_vec()).or_default().extend(buffers);
}
