//! The modes of a unit: values of μ around which the training pictures cluster, with few in between.

use model::card::Histogram;

use super::Loaded;

/// Maximum height of a valley between two modes, as a fraction of the lower mode.
const VALLEY: f64 = 0.25;
/// Minimum fraction of all pictures in a mode.
const LEAST: f64 = 0.05;
/// Maximum number of modes; more of them are steps of a scale, which the slider shows.
pub(crate) const MODES: usize = 5;

impl Loaded {
    /// Returns the modes of an active unit in ascending order, two to `MODES`. Returns none for a
    /// circular unit, or if the pictures don't cluster.
    pub fn modes(&self, unit: usize) -> Vec<f32> {
        let active = self.card.units.get(unit).filter(|entry| entry.is_active() && !self.is_circle(unit));
        active.map(|entry| modes(&entry.mean_histogram)).unwrap_or_default()
    }
}

fn modes(histogram: &Histogram) -> Vec<f32> {
    let count = |bin: usize| histogram.counts.get(bin).copied().map_or(0.0, f64::from);
    let bins = histogram.counts.len();
    // Smooths slightly, so that single bins are neither modes nor valleys.
    let height: Vec<f64> =
        (0..bins).map(|bin| count(bin.wrapping_sub(1)) + 2.0 * count(bin) + count(bin + 1)).collect();
    // The peaks, and the deepest position before each.
    let mut peaks: Vec<(usize, usize)> = Vec::new();
    let mut valley = 0;
    for bin in 0..bins {
        let Some((peak, _)) = peaks.last_mut() else {
            peaks.push((bin, 0));
            continue;
        };
        if height[bin] < height[valley] || valley < *peak {
            valley = bin;
        }
        if height[valley] < VALLEY * height[*peak].min(height[bin]) {
            peaks.push((bin, valley));
            valley = bin;
        } else if height[bin] > height[*peak] {
            *peak = bin;
            valley = bin;
        }
    }
    let all: f64 = (0..bins).map(count).sum();
    let ends = peaks.iter().skip(1).map(|(_, start)| *start).chain([bins]);
    let width = (histogram.high - histogram.low) / bins.max(1) as f32;
    let modes: Vec<f32> = peaks
        .iter()
        .zip(ends)
        .filter(|&(&(_, start), end)| (start..end).map(count).sum::<f64>() >= LEAST * all)
        .map(|(&(peak, _), _)| histogram.low + (peak as f32 + 0.5) * width)
        .collect();
    if (2..=MODES).contains(&modes.len()) { modes } else { Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(counts: &[u32]) -> Vec<f32> {
        modes(&Histogram { low: 0.0, high: counts.len() as f32, counts: counts.to_vec() })
    }

    #[test]
    fn modes_lie_where_the_pictures_are_and_valleys_part_them() {
        assert_eq!(of(&[0, 9, 20, 9, 0, 0, 1, 30, 2, 0, 0, 0, 25, 25, 3]), [2.5, 7.5, 13.5]);
        assert_eq!(of(&[40, 3, 0, 0, 0, 3, 40]), [0.5, 6.5]);
        assert!(of(&[1, 5, 9, 7, 6, 8, 9, 4, 1]).is_empty(), "a dent is no valley");
        assert!(of(&[0, 0, 90, 80, 0, 0, 0, 0, 2, 0]).is_empty(), "a few strays are no mode");
        assert!(of(&[9, 0, 0, 0].repeat(6)).is_empty(), "six steps are a scale");
        assert!(of(&[]).is_empty() && of(&[0, 0]).is_empty() && of(&[5]).is_empty());
    }
}
