//! Tiles of sums of products that stay in registers: the innermost loop of the convolutions.

use pulp::Simd;

/// Left factors: the factor of row `m` and term `k` is at `start + row(m) + k·step`.
pub(super) struct Left<'a, R> {
    pub(super) values: &'a [f32],
    pub(super) start: usize,
    pub(super) step: usize,
    pub(super) row: R,
}

/// Right factors: the vectors of term `k` are contiguous from `start + k·step`.
pub(super) struct Right<'a> {
    pub(super) values: &'a [f32],
    pub(super) start: usize,
    pub(super) step: usize,
}

/// Splits `vectors` into runs of `most`, then single ones; returns the first vector and the length of
/// each run.
#[inline(always)]
pub(super) fn runs(vectors: usize, most: usize) -> impl Iterator<Item = (usize, usize)> {
    let whole = vectors / most * most;
    (0..whole).step_by(most).map(move |first| (first, most)).chain((whole..vectors).map(|first| (first, 1)))
}

/// Adds Σₖ left(m, k) · right(k)\[v\] over `terms` terms to `sums[m][v]`.
///
/// # Panics
/// If a factor lies outside its slice.
#[inline(always)]
pub(super) fn add_products<S: Simd, R: Fn(usize) -> usize, const M: usize, const V: usize>(
    simd: S,
    terms: usize,
    left: Left<R>,
    right: Right,
    sums: &mut [[S::f32s; V]; M],
) {
    if terms == 0 {
        return;
    }
    let mut farthest = 0;
    for m in 0..M {
        farthest = farthest.max((left.row)(m));
    }
    let (left_end, right_end) = (
        left.start + (terms - 1) * left.step + farthest,
        right.start + (terms - 1) * right.step + V * S::F32_LANES,
    );
    assert!(left_end < left.values.len(), "a left factor lies beyond its slice");
    assert!(right_end <= right.values.len(), "a right factor lies beyond its slice");
    // SAFETY: both pointers start within their slices. Term k reads left values at most `farthest` behind
    // `start + k·step` and V vectors from the right `start + k·step` on. The asserts bound this for the
    // last term and so for all. After the last term the pointers may point outside, but are not read.
    #[allow(unsafe_code)]
    unsafe {
        let mut l = left.values.as_ptr().wrapping_add(left.start);
        let mut r = right.values.as_ptr().wrapping_add(right.start);
        for _ in 0..terms {
            let mut vectors = [simd.splat_f32s(0.0); V];
            for (v, vector) in vectors.iter_mut().enumerate() {
                *vector = r.cast::<S::f32s>().add(v).read_unaligned();
            }
            for (m, sums) in sums.iter_mut().enumerate() {
                let factor = simd.splat_f32s(*l.add((left.row)(m)));
                for (sum, vector) in sums.iter_mut().zip(vectors) {
                    *sum = simd.mul_add_e_f32s(factor, vector, *sum);
                }
            }
            l = l.wrapping_add(left.step);
            r = r.wrapping_add(right.step);
        }
    }
}
