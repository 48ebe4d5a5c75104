//! Sub-grids of a world: a subset of each factor's classes, evenly spaced.
//!
//! Metrics that choose their own images visit nearly every image of a grid. A sub-grid makes them cheaper
//! without changing what they measure: only the factors with the most classes lose values.

use crate::{World, classes_at};

/// The classes of each factor that a sub-grid keeps.
pub struct Lattice {
    world: &'static dyn World,
    /// Distance between two kept classes, per factor.
    strides: Vec<usize>,
    /// Number of kept classes, per factor.
    counts: Vec<usize>,
}

impl Lattice {
    /// Returns the full grid if it has at most `most` images. Otherwise drops every second class of the
    /// factor with the most classes, again and again, until the grid fits or every factor has at most two
    /// classes.
    pub fn of(world: &'static dyn World, most: u64) -> Self {
        let mut counts: Vec<usize> = world.factors().iter().map(|factor| factor.count).collect();
        let mut strides = vec![1; counts.len()];
        while counts.iter().map(|&count| count as u64).product::<u64>() > most {
            let Some(place) = (0..counts.len()).rev().max_by_key(|&place| counts[place]) else { break };
            if counts[place] <= 2 {
                break;
            }
            counts[place] = counts[place].div_ceil(2);
            strides[place] *= 2;
        }
        Self { world, strides, counts }
    }

    /// Number of images.
    pub fn len(&self) -> usize {
        self.counts.iter().product()
    }

    /// Whether there are no images; always false.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// World indices of the images; the last factor varies fastest.
    pub fn indices(&self) -> Vec<u64> {
        (0..self.len())
            .map(|place| {
                let kept = self.kept(place);
                let classes: Vec<usize> =
                    kept.iter().zip(&self.strides).map(|(class, stride)| class * stride).collect();
                self.world.index(&classes)
            })
            .collect()
    }

    /// Kept classes of each image, row-major `[images, factors that vary]`.
    pub fn classes(&self) -> Vec<i64> {
        (0..self.len())
            .flat_map(|place| self.kept(place).into_iter().zip(&self.counts))
            .filter(|(_, count)| **count > 1)
            .map(|(class, _)| class as i64)
            .collect()
    }

    /// Number of factors that vary (more than one kept class).
    pub fn factors(&self) -> usize {
        self.counts.iter().filter(|count| **count > 1).count()
    }

    fn kept(&self, place: usize) -> Vec<usize> {
        classes_at(place as u64, self.counts.iter().copied())
    }
}

/// Returns the classes of the factors that vary, row-major `[indices, factors]`.
///
/// # Panics
/// If an index is outside the grid.
pub fn varying_classes(world: &dyn World, indices: &[u64]) -> Vec<i64> {
    let of = |&index: &u64| {
        let classes = world.classes(index).into_iter().zip(world.factors());
        classes.filter(|(_, factor)| factor.count > 1).map(|(class, _)| class as i64)
    };
    indices.iter().flat_map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sprites::Sprites;

    #[test]
    fn the_whole_grid_is_kept_where_it_fits() {
        let lattice = Lattice::of(&Sprites, Sprites.len());
        assert_eq!(lattice.len() as u64, Sprites.len());
        assert!(lattice.indices().into_iter().eq(0..Sprites.len()));
    }

    #[test]
    fn the_factors_with_most_classes_are_thinned_first() {
        let lattice = Lattice::of(&Sprites, 200_000);
        let varying: Vec<usize> = lattice.counts.iter().copied().filter(|&count| count > 1).collect();
        assert_eq!(varying, [3, 6, 20, 16, 32]);
        let (indices, classes) = (lattice.indices(), lattice.classes());
        assert_eq!(classes.len(), 5 * indices.len());
        let last = Sprites.classes(indices[indices.len() - 1]);
        let last: Vec<usize> = last[last.len() - 5..].to_vec();
        assert_eq!(last, [2, 5, 38, 30, 31]);
        assert_eq!(Lattice::of(&Sprites, 1).len(), 32);
    }
}
