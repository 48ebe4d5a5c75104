//! Pairs of a world's images that differ in one factor of variation.

use std::f32::consts::TAU;

use rand::Rng;
use rand::seq::index::sample;

use super::{AllowedUnits, grouped};
use crate::term::{Catalogue, KnownValues, Selected};

/// What these pairs need from the data set.
pub const NEEDS: &str = "images that are a whole grid of factors";

/// Selects second images for the first half of the `batch`, in which one factor has another random class. Each of
/// up to `groups` groups has another factor. The known values are the angles in radians by which cyclic factors
/// turn, NaN for others. Returns `None` if the images of the data set don't form a full grid
/// of factors.
pub fn draw(
    data: &dyn Catalogue,
    batch: &[u64],
    groups: usize,
    noise: &mut (impl Rng + ?Sized),
) -> Option<Selected> {
    let counts = data.factors();
    let free: Vec<usize> = (0..counts.len()).filter(|&factor| counts[factor] > 1).collect();
    let half = batch.len().div_ceil(2);
    let groups = groups.min(half).min(free.len());
    let (images, allowed) = (Vec::with_capacity(half), Vec::new());
    let mut selected = Selected { images, groups: grouped(half, groups), allowed, known: None };
    let cycles = data.cycles();
    let mut angles = Vec::with_capacity(half);
    for (rows, place) in selected.groups.iter().zip(sample(noise, free.len(), groups)) {
        let factor = free[place];
        let units = |cycles: &bool| if *cycles { AllowedUnits::Circular } else { AllowedUnits::Linear };
        selected.allowed.extend(cycles.get(factor).map(units));
        for &image in &batch[rows.clone()] {
            let mut classes = data.classes(image);
            let step = noise.random_range(1..counts[factor]);
            classes[factor] = (classes[factor] + step) % counts[factor];
            selected.images.push(data.image(&classes)?);
            let cyclic = cycles.get(factor).is_some_and(|cyclic| *cyclic);
            angles.push(if cyclic { TAU * step as f32 / counts[factor] as f32 } else { f32::NAN });
        }
    }
    selected.known = Some(KnownValues { values: angles, factors: 1 });
    (groups > 0).then_some(selected)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use rand::SeedableRng;
    use rand::rngs::SmallRng;
    use worlds::{FactorKind, World};

    use super::*;

    struct Grid(&'static dyn World);

    impl Catalogue for Grid {
        fn factors(&self) -> Vec<usize> {
            self.0.factors().iter().map(|factor| factor.count).collect()
        }

        fn cycles(&self) -> Vec<bool> {
            self.0.factors().iter().map(|factor| factor.kind == FactorKind::Cycle).collect()
        }

        fn classes(&self, image: u64) -> Vec<usize> {
            self.0.classes(image)
        }

        fn image(&self, classes: &[usize]) -> Option<u64> {
            Some(self.0.index(classes))
        }
    }

    fn world(name: &str) -> Grid {
        Grid(worlds::by_name(name).expect("a world"))
    }

    #[test]
    fn pairs_of_a_group_differ_in_one_factor_and_every_factor_is_drawn() {
        let data = world("faces");
        let mut noise = SmallRng::seed_from_u64(1);
        let batch: Vec<u64> = (0..20).map(|i| i * 50_021).collect();
        let mut seen = BTreeSet::new();
        for _ in 0..100 {
            let Selected { images, groups, allowed, .. } =
                draw(&data, &batch, 4, &mut noise).expect("a grid");
            assert_eq!((images.len(), &groups[..]), (10, &[0..2, 2..5, 5..7, 7..10][..]));
            let mut moved = BTreeSet::new();
            assert_eq!(allowed.len(), 4);
            for (rows, units) in groups.into_iter().zip(allowed) {
                let factors: BTreeSet<usize> = rows
                    .map(|row| {
                        let (a, b) = (data.classes(batch[row]), data.classes(images[row]));
                        let apart: Vec<usize> = (0..a.len()).filter(|&f| a[f] != b[f]).collect();
                        assert_eq!(apart.len(), 1);
                        apart[0]
                    })
                    .collect();
                assert_eq!(factors.len(), 1);
                assert!(
                    factors.iter().all(|&factor| data.cycles()[factor] == (units == AllowedUnits::Circular))
                );
                moved.extend(factors);
            }
            assert_eq!(moved.len(), 4, "each group moves another factor");
            seen.extend(moved);
        }
        assert_eq!(seen.len(), 10);
    }

    #[test]
    fn the_angles_of_cyclic_factors_are_known() {
        let data = world("sprites");
        let cycle = data.cycles().iter().position(|cyclic| *cyclic).expect("sprites turn");
        let (batch, mut noise) = ([5, 300_006, 70_000, 123_456], SmallRng::seed_from_u64(3));
        for _ in 0..20 {
            let Selected { images, known, .. } = draw(&data, &batch, 2, &mut noise).expect("a grid");
            let angles = known.expect("angles").values;
            for ((&before, &after), angle) in batch.iter().zip(&images).zip(angles) {
                let (before, after) = (data.classes(before)[cycle], data.classes(after)[cycle]);
                if before == after {
                    assert!(angle.is_nan());
                } else {
                    let count = data.factors()[cycle];
                    let steps = angle / TAU * count as f32;
                    assert_eq!((after + count - before) % count, steps.round() as usize);
                }
            }
        }
    }

    #[test]
    fn small_batches_have_fewer_groups_and_data_without_factors_none() {
        let mut noise = SmallRng::seed_from_u64(1);
        let drawn = draw(&world("sprites"), &[5, 6, 7], 100, &mut noise);
        assert_eq!(drawn.map(|drawn| drawn.groups), Some(vec![0..1, 1..2]));
        struct Bare;
        impl Catalogue for Bare {
            fn factors(&self) -> Vec<usize> {
                Vec::new()
            }

            fn classes(&self, _image: u64) -> Vec<usize> {
                Vec::new()
            }

            fn image(&self, _classes: &[usize]) -> Option<u64> {
                None
            }
        }
        assert_eq!(draw(&Bare, &[5, 6, 7], 100, &mut noise), None);
    }
}
