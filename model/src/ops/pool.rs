//! Buffers that are reused from step to step.
//!
//! Only the interior of an image with a border is written, so its border stays zero once cleared. New
//! buffers would cost more than their use, because both the kernel and the allocation clear them.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use super::geometry::Image;

/// Number of shapes for which buffers are kept. If there are more, the network has changed, and all
/// buffers are freed.
const SHAPES: usize = 16;

/// Buffers of images with borders, one per image shape.
pub(super) type Images = Vec<Vec<f32>>;

static POOL: Mutex<BTreeMap<Vec<Image>, Vec<Images>>> = Mutex::new(BTreeMap::new());

/// Takes buffers for `images`: borders are zero, the interior is undefined.
pub(super) fn take(images: &[Image]) -> Images {
    let mut pool = POOL.lock().unwrap_or_else(PoisonError::into_inner);
    let kept = pool.get_mut(images).and_then(Vec::pop);
    drop(pool);
    kept.unwrap_or_else(|| images.iter().map(|image| vec![0.0; image.bordered_len()]).collect())
}

/// Returns buffers that [`take`] provided for `images`.
pub(super) fn give(images: &[Image], buffers: impl IntoIterator<Item = Images>) {
    let mut pool = POOL.lock().unwrap_or_else(PoisonError::into_inner);
    if pool.len() >= SHAPES && !pool.contains_key(images) {
        pool.clear();
    }
    pool.entry(images.to_vec()).or_default().extend(buffers);
}
