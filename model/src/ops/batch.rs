//! Work split over the images of a batch.
//!
//! The split depends on the batch alone, never on the number of threads, and partial sums are
//! added in order: the same inputs give the same bits on any number of threads.

/// Images a task: enough to amortise a task's start, few enough to keep two threads busy at 64.
pub(super) const IMAGES: usize = 4;

/// Runs `work(first_image, output)` for every run of [`IMAGES`] images, where `output` holds their
/// `size` values each.
pub(super) fn for_images(output: &mut [f32], size: usize, work: impl Fn(usize, &mut [f32]) + Sync) {
    let chunks = (IMAGES * size).max(1);
    #[cfg(not(target_arch = "wasm32"))]
    {
        use rayon::prelude::*;
        output.par_chunks_mut(chunks).enumerate().for_each(|(i, chunk)| work(i * IMAGES, chunk));
    }
    #[cfg(target_arch = "wasm32")]
    for (i, chunk) in output.chunks_mut(chunks).enumerate() {
        work(i * IMAGES, chunk);
    }
}

/// Groups a sum over images is split into; their sums are added in order.
const GROUPS: usize = 4;

/// Σ over all `images` of what `work(images, partial)` adds to `partial`, `length` values.
pub(super) fn sum_images(
    images: usize,
    length: usize,
    work: impl Fn(std::ops::Range<usize>, &mut [f32]) + Sync,
) -> Vec<f32> {
    let size = images.div_ceil(GROUPS).max(1);
    let group = |start: usize| {
        let mut partial = vec![0.0; length];
        work(start..(start + size).min(images), &mut partial);
        partial
    };
    #[cfg(not(target_arch = "wasm32"))]
    let partials: Vec<Vec<f32>> = {
        use rayon::prelude::*;
        (0..images.div_ceil(size)).into_par_iter().map(|i| group(i * size)).collect()
    };
    #[cfg(target_arch = "wasm32")]
    let partials: Vec<Vec<f32>> = (0..images).step_by(size).map(group).collect();
    let mut partials = partials.into_iter();
    let mut total = partials.next().unwrap_or_else(|| vec![0.0; length]);
    for partial in partials {
        for (sum, value) in total.iter_mut().zip(partial) {
            *sum += value;
        }
    }
    total
}
