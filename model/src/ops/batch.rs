//! Work split over the images of a batch.
//!
//! The split depends on the batch alone, never on the number of threads, and partial sums are
//! added in order: the same inputs give the same bits on any number of threads.

use std::mem;
use std::ops::Range;

/// Images a task: enough to amortise a task's start, few enough to keep two threads busy at 64.
const IMAGES: usize = 4;

/// Groups a sum over images is split into; their sums are added in order.
const GROUPS: usize = 8;

/// Values a task of plain loops over them.
pub(super) const VALUES: usize = 16_384;

/// A batch's output and the number of its values an image.
pub(super) type Output<'a> = (&'a mut [f32], usize);

/// Runs `work(images, outputs)` for every run of a few of the `images`; each output is the part of
/// those images. What the runs return is in order.
pub(super) fn for_images<const N: usize, T: Send>(
    images: usize,
    outputs: [Output; N],
    work: impl Fn(Range<usize>, [&mut [f32]; N]) -> T + Sync + Send,
) -> Vec<T> {
    each_part(images, IMAGES, outputs, work)
}

/// Σ over groups of `images` of what `work(images, partial, outputs)` writes to `partial`, `length` values.
pub(super) fn sum_images<const N: usize>(
    images: usize,
    length: usize,
    outputs: [Output; N],
    work: impl Fn(Range<usize>, &mut [f32], [&mut [f32]; N]) + Sync + Send,
) -> Vec<f32> {
    let partials = each_part(images, images.div_ceil(GROUPS), outputs, |images, outputs| {
        let mut partial = vec![0.0; length];
        work(images, &mut partial, outputs);
        partial
    });
    let mut total = vec![0.0; length];
    each_part(length, VALUES, [(&mut total, 1)], |range, [total]| {
        for partial in &partials {
            for (sum, value) in total.iter_mut().zip(&partial[range.clone()]) {
                *sum += value;
            }
        }
    });
    total
}

/// What `work` makes of each run of `size` images (or whatever is counted), in order.
pub(super) fn each_part<const N: usize, T: Send>(
    images: usize,
    size: usize,
    mut outputs: [Output; N],
    work: impl Fn(Range<usize>, [&mut [f32]; N]) -> T + Sync + Send,
) -> Vec<T> {
    let part = |start: usize| {
        let range = start..(start + size).min(images);
        let parts = outputs.each_mut().map(|(rest, values)| {
            let (part, after) = mem::take(rest).split_at_mut(range.len() * *values);
            *rest = after;
            part
        });
        (range, parts)
    };
    let parts: Vec<_> = (0..images).step_by(size.max(1)).map(part).collect();
    #[cfg(not(target_arch = "wasm32"))]
    {
        use rayon::prelude::*;
        parts.into_par_iter().map(|(range, outputs)| work(range, outputs)).collect()
    }
    #[cfg(target_arch = "wasm32")]
    parts.into_iter().map(|(range, outputs)| work(range, outputs)).collect()
}
