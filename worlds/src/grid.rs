//! Indices of a grid's images.

/// Returns the class of each factor for image `index` of a grid with `counts` classes per factor. The
/// last factor varies fastest.
///
/// ```
/// assert_eq!(worlds::classes_at(7, [2, 3, 2]), [1, 0, 1]);
/// ```
pub fn classes_at<I>(index: u64, counts: I) -> Vec<usize>
where
    I: IntoIterator<Item = usize, IntoIter: DoubleEndedIterator>,
{
    let mut rest = index;
    let classes = counts.into_iter().rev().map(|count| {
        let class = rest % count as u64;
        rest /= count as u64;
        class as usize
    });
    let mut classes: Vec<usize> = classes.collect();
    classes.reverse();
    classes
}
