//! Splits work over the images of a batch.
//!
//! The split depends only on the batch, never on the number of threads, and partial sums are added in
//! order. So the same inputs give the same bits on any number of threads.

use std::mem;
use std::ops::Range;

/// Images per task: enough to amortise the task's overhead, few enough to keep two threads busy at 64
/// images.
const IMAGES: usize = 4;

/// Groups into which a sum over images is split; their sums are added in order.
const GROUPS: usize = 8;

/// Values per task of an elementwise loop.
pub(super) const VALUES: usize = 16_384;

/// Output of a batch, and its number of values per image.
pub(super) type Output<'a> = (&'a mut [f32], usize);

/// Calls `work(images, outputs)` for each run of [`IMAGES`] images, with the parts of the outputs that
/// belong to them. Returns the results in order.
pub(super) fn for_images<const N: usize, T: Send>(
    images: usize,
    outputs: [Output; N],
    work: impl Fn(Range<usize>, [&mut [f32]; N]) -> T + Sync + Send,
) -> Vec<T> {
    each_part(images, IMAGES, outputs, work)
}

/// Sums over groups of images what `work(images, partial, outputs)` writes to `partial`, which has
/// `length` values.
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

/// Calls `work` for each run of `size` images (or other items). Returns the results in order.
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
