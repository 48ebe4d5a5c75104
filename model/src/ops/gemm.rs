//! Checked matrix products over slices, computed by the `gemm` crate, or by [`small`] on wasm32.

use gemm::Parallelism;

use super::matrix::{Strides, Write};
use super::small;

/// Computes `c` (m × n) = `a` (m × k) · `b` (k × n), or `c` += with [`Write::Add`].
///
/// # Panics
/// If a matrix reaches beyond its slice or the destination's rows overlap.
#[allow(clippy::too_many_arguments)]
pub(super) fn product(
    [m, k, n]: [usize; 3],
    a: &[f32],
    a_strides: Strides,
    b: &[f32],
    b_strides: Strides,
    c: &mut [f32],
    c_strides: Strides,
    write: Write,
) {
    if m == 0 || n == 0 || k == 0 {
        return;
    }
    assert!(a_strides.last(m, k) < a.len(), "the left matrix leaves its slice");
    assert!(b_strides.last(k, n) < b.len(), "the right matrix leaves its slice");
    assert!(c_strides.last(m, n) < c.len(), "the product leaves its slice");
    assert!(
        (c_strides.columns == 1 && c_strides.rows >= n) || (c_strides.rows == 1 && c_strides.columns >= m),
        "the product's rows overlap"
    );
    if cfg!(target_arch = "wasm32") {
        return small::product([m, k, n], a, a_strides, b, b_strides, c, c_strides, write);
    }
    let add = write == Write::Add;
    // SAFETY: the asserts above bound every element that the three strided matrices touch, and the
    // destination, borrowed mutably, aliases neither source and none of its own elements.
    #[allow(unsafe_code)]
    unsafe {
        gemm::gemm(
            m,
            n,
            k,
            c.as_mut_ptr().add(c_strides.offset),
            c_strides.columns as isize,
            c_strides.rows as isize,
            add,
            a.as_ptr().add(a_strides.offset),
            a_strides.columns as isize,
            a_strides.rows as isize,
            b.as_ptr().add(b_strides.offset),
            b_strides.columns as isize,
            b_strides.rows as isize,
            f32::from(u8::from(add)),
            1.0,
            false,
            false,
            false,
            Parallelism::None,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strided_products_are_plain_sums() {
        let a: Vec<f32> = (0..20).map(|v| v as f32).collect();
        let b: Vec<f32> = (0..12).map(|v| (v * v % 7) as f32).collect();
        // Overlapping rows of length 4, two apart, times the transpose of a 3×4 matrix.
        let (rows, columns) =
            (Strides { offset: 1, rows: 2, columns: 1 }, Strides::row_major(4).transposed());
        let mut c = vec![1.0; 15];
        let mut small = c.clone();
        let out = Strides::row_major(3);
        product([5, 4, 3], &a, rows, &b, columns, &mut c, out, Write::Add);
        small::product([5, 4, 3], &a, rows, &b, columns, &mut small, out, Write::Add);
        for i in 0..5 {
            for j in 0..3 {
                let sum: f32 = (0..4).map(|l| a[1 + 2 * i + l] * b[4 * j + l]).sum();
                assert_eq!(c[3 * i + j], 1.0 + sum);
            }
        }
        assert_eq!(small, c);
    }

    #[test]
    fn a_product_of_whole_and_broken_tiles_is_the_other_ones() {
        let [m, k, n] = [9, 7, 19];
        let a: Vec<f32> = (0..m * k).map(|v| (v % 11) as f32).collect();
        let b: Vec<f32> = (0..k * n).map(|v| (v % 13) as f32).collect();
        let (left, right) = (Strides::row_major(m).transposed(), Strides::row_major(n));
        let (mut c, mut small) = (vec![5.0; m * n], vec![7.0; m * n]);
        product([m, k, n], &a, left, &b, right, &mut c, right, Write::Replace);
        small::product([m, k, n], &a, left, &b, right, &mut small, right, Write::Replace);
        assert_eq!(small, c);
        let (mut c, mut small) = (vec![0.0; m], vec![0.0; m]);
        let (turned, out) = (Strides::row_major(k).transposed(), Strides::row_major(m));
        product([1, k, m], &b, right, &a, turned, &mut c, out, Write::Replace);
        small::product([1, k, m], &b, right, &a, turned, &mut small, out, Write::Replace);
        assert_eq!(small, c);
    }

    #[test]
    #[should_panic(expected = "leaves its slice")]
    fn a_matrix_beyond_its_slice_is_refused() {
        let mut c = vec![0.0; 4];
        let square = Strides::row_major(2);
        product([2, 2, 2], &[0.0; 3], square, &[0.0; 4], square, &mut c, square, Write::Replace);
    }
}
