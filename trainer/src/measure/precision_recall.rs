//! Improved precision and recall (Kynkäänniemi et al. 2019, "Improved precision and recall metric for
//! assessing generative models", eq. 1 and 2): the fraction of samples that lie in the manifold of the
//! data, and vice versa. A point lies in a set's manifold if its distance to some member is at most the
//! distance between that member and its third nearest neighbour. Points are pixels here, not features of
//! another network. 0 to 1.

use super::distances::squared;

/// The neighbour whose distance is a member's radius.
const NEIGHBOUR: usize = 3;

/// Returns precision and recall of `samples` `[N, P]` for `data` `[M, P]`, with P `values` per point.
pub(super) fn precision_recall(
    data: &[f32],
    samples: &[f32],
    values: usize,
) -> candle_core::Result<(f64, f64)> {
    let across = squared(samples, data, values)?;
    let data_radii = radii(squared(data, data, values)?);
    let sample_radii = radii(squared(samples, samples, values)?);
    let inside = |row: &&Vec<f32>| row.iter().zip(&data_radii).any(|(distance, radius)| distance <= radius);
    let precise = across.iter().filter(inside).count();
    let reached =
        |place: &usize| across.iter().zip(&sample_radii).any(|(row, radius)| row[*place] <= *radius);
    let recalled = (0..data_radii.len()).filter(reached).count();
    Ok((precise as f64 / across.len().max(1) as f64, recalled as f64 / data_radii.len().max(1) as f64))
}

/// Distance from each member to its third nearest neighbour (excluding itself), or to the furthest if
/// there are fewer.
fn radii(distances: Vec<Vec<f32>>) -> Vec<f32> {
    let radius = |(place, mut row): (usize, Vec<f32>)| {
        row.swap_remove(place);
        let nearest = (NEIGHBOUR - 1).min(row.len().saturating_sub(1));
        if row.is_empty() { 0.0 } else { *row.select_nth_unstable_by(nearest, f32::total_cmp).1 }
    };
    distances.into_iter().enumerate().map(radius).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_match_hand_computed_ones() -> candle_core::Result<()> {
        // Radii of the data: 3, 2, 2, 3 (squared 9, 4, 4, 9); of the samples: 30, 29, 28, 30.
        let (data, samples) = ([0.0, 1.0, 2.0, 3.0], [6.0, 7.0, 8.0, 36.0]);
        let (precision, recall) = precision_recall(&data, &samples, 1)?;
        assert_eq!((precision, recall), (0.25, 1.0));
        assert_eq!(precision_recall(&samples, &data, 1)?, (1.0, 0.25));
        assert_eq!(precision_recall(&data, &data, 1)?, (1.0, 1.0));
        assert_eq!(precision_recall(&data, &[90.0, 91.0, 92.0, 93.0], 1)?, (0.0, 0.0));
        Ok(())
    }
}
