//! Area under the ROC curve.

/// Returns how often a row inside has a larger value than a row outside; ties count half (Mann & Whitney
/// 1947). Returns `None` if no row is inside or none is outside.
pub(crate) fn area(values: &[f64], inside: impl Fn(usize) -> bool) -> Option<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    let (mut inner, mut outer, mut wins) = (0.0, 0.0, 0.0);
    for equal in order.chunk_by(|&a, &b| values[a] == values[b]) {
        let here = equal.iter().filter(|&&row| inside(row)).count() as f64;
        let others = equal.len() as f64 - here;
        wins += here * (outer + others / 2.0);
        inner += here;
        outer += others;
    }
    (inner > 0.0 && outer > 0.0).then(|| wins / (inner * outer))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn areas_match_hand_computed_ones() {
        let values = [0.1, 0.4, 0.4, 0.8];
        assert_eq!(area(&values, |row| row == 3), Some(1.0));
        assert_eq!(area(&values, |row| row == 0), Some(0.0));
        assert_eq!(area(&values, |row| row == 1), Some(0.5));
        assert_eq!(area(&values, |row| row >= 2), Some(3.5 / 4.0));
        assert_eq!((area(&values, |_| true), area(&values, |_| false)), (None, None));
    }
}
