//! Hoyer's sparseness (Hoyer 2004, "Non-negative matrix factorization with sparseness constraints"): (√d
//! − ‖x‖₁ / ‖x‖₂) / (√d − 1) for a vector of d values. 0 if all values have the same magnitude, 1 if only
//! one is nonzero.

/// Returns the sparseness of `values`, or `None` for fewer than two values or only zeros.
pub(super) fn hoyer(values: impl Iterator<Item = f32>) -> Option<f32> {
    let (mut count, mut sum, mut squares) = (0usize, 0f64, 0f64);
    for value in values.map(f64::from) {
        count += 1;
        sum += value.abs();
        squares += value * value;
    }
    let root = (count as f64).sqrt();
    (count >= 2 && squares > 0.0).then(|| ((root - sum / squares.sqrt()) / (root - 1.0)) as f32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_value_alone_is_sparse_and_equal_ones_are_not() {
        let of = |values: &[f32]| hoyer(values.iter().copied());
        assert_eq!(of(&[0.0, -7.0, 0.0, 0.0]), Some(1.0));
        assert_eq!(of(&[3.0, -3.0, 3.0, 3.0]), Some(0.0));
        // (2 − 7/5) / (2 − 1)
        assert!(of(&[3.0, 0.0, 4.0, 0.0]).is_some_and(|value| (value - 0.6).abs() < 1e-6));
        assert_eq!((of(&[0.0; 4]), of(&[1.0]), of(&[])), (None, None, None));
    }
}
