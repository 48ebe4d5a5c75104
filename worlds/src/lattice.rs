//! A part of a world's grid that is a grid itself: of every factor some classes, evenly spaced.
//!
//! The metrics that choose their images draw nearly every image of a grid; on a part of it they cost
//! less and measure the same, with fewer values of the factors that have most.

use crate::World;

/// The classes kept of every factor of a world; factors of one class are held at it.
pub struct Lattice {
    world: &'static dyn World,
    /// Distance between kept classes, a factor each.
    strides: Vec<usize>,
    /// Number of kept classes, a factor each.
    counts: Vec<usize>,
}

impl Lattice {
    /// The whole grid, or where that has more than `most` images, a part of at most as many: every
    /// second class of the factor with most classes is left out until it fits, down to two classes.
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

    /// Images in it.
    pub fn len(&self) -> usize {
        self.counts.iter().product()
    }

    /// Whether it has no image; none is so.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The world's indices of its images, the last factor fastest.
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

    /// For every image which of the kept classes it has, for each factor that varies.
    pub fn classes(&self) -> Vec<i64> {
        (0..self.len())
            .flat_map(|place| self.kept(place).into_iter().zip(&self.counts))
            .filter(|(_, count)| **count > 1)
            .map(|(class, _)| class as i64)
            .collect()
    }

    /// Factors that vary.
    pub fn factors(&self) -> usize {
        self.counts.iter().filter(|count| **count > 1).count()
    }

    fn kept(&self, place: usize) -> Vec<usize> {
        let mut rest = place;
        let mut kept = vec![0; self.counts.len()];
        for (class, count) in kept.iter_mut().zip(&self.counts).rev() {
            *class = rest % count;
            rest /= count;
        }
        kept
    }
}

/// The classes of the factors that vary, of each of the world's images.
///
/// # Panics
/// If the grid lacks one of them.
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
