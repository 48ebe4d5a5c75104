//! How well single units tell binary attributes, and what else moves with them.
//!
//! A unit tells an attribute by the area under the ROC curve of its mean: how often a picture that has the
//! attribute has a larger mean than one that has not. A unit that falls where the attribute is there counts
//! by 1 less its area, so that areas lie between ½, chance, and 1. Nothing is fitted, so every row counts.
//!
//! What else moves is read by linear probes: a logistic regression of each attribute on the standardised
//! code, as scikit-learn fits it by default. The change of an attribute b as unit u goes from the low to
//! the high end of its range [l, h], the other units as they are, is
//!
//! mean over rows of p_b(z with z_u = h) − p_b(z with z_u = l), between −1 and 1.

use crate::area::area;
use crate::learn::{Logistic, Moments, Table};
use crate::parallel;

/// What single units tell of an attribute.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    /// Share of the rows that have it, 0 to 1.
    pub share: f64,
    /// The unit that tells it best, the first of equals.
    pub unit: usize,
    /// Every unit's area, ½ to 1.
    pub areas: Vec<f64>,
    /// Whether the best unit falls where the attribute is there.
    pub falls: bool,
    /// How every attribute's probe changes as the best unit goes from the low to the high end of its
    /// range, −1 to 1, in the attributes' order.
    pub changes: Vec<f64>,
}

impl Told {
    /// The best unit's area.
    pub fn area(&self) -> f64 {
        self.areas[self.unit]
    }

    /// The second best unit and its area; none if there is one unit alone.
    pub fn next(&self) -> Option<(usize, f64)> {
        let others = self.areas.iter().copied().enumerate().filter(|(unit, _)| *unit != self.unit);
        others.reduce(|best, other| if other.1 > best.1 { other } else { best })
    }
}

/// What the units tell of each attribute, from codes `[N, D]`, the ends of every unit's range `[D]` and
/// whether each row has each attribute `[N, K]`. An attribute that all rows have, or none, is told by none.
///
/// # Panics
/// If the lengths don't fit.
pub fn attributes(codes: &[f32], ranges: &[[f32; 2]], has: &[bool], names: usize) -> Vec<Option<Told>> {
    let latent = ranges.len();
    let rows = codes.len() / latent.max(1);
    assert_eq!((codes.len(), has.len()), (rows * latent, rows * names), "a code and all attributes a row");
    let column = |unit: usize| codes.iter().skip(unit).step_by(latent).map(|&mean| f64::from(mean)).collect();
    let classes = |place: usize| has.iter().skip(place).step_by(names).map(|&has| has.into()).collect();
    let classes: Vec<Vec<usize>> = (0..names).map(classes).collect();
    let units: Vec<Vec<f64>> = (0..latent).map(column).collect();
    let moments: Vec<Moments> = units.iter().map(|means| Moments::of(means)).collect();
    let table = |codes: &[f32]| {
        let values = codes.iter().zip(moments.iter().cycle());
        Table::new(values.map(|(&mean, moments)| moments.standard(mean.into())).collect(), latent)
    };
    let points = table(codes);
    let probes = parallel::map(names, |place| Logistic::fit(&points, &classes[place]));
    let areas: Vec<Option<Vec<f64>>> = parallel::map(names, |place| {
        units.iter().map(|means| area(means, |row| classes[place][row] == 1)).collect()
    });
    let best: Vec<Option<usize>> = areas.iter().map(|areas| areas.as_deref().and_then(best)).collect();
    let changes = parallel::map(latent, |unit| {
        if !best.contains(&Some(unit)) {
            return Vec::new();
        }
        let [low, high] = ranges[unit].map(|end| {
            let mut moved = codes.to_vec();
            moved.chunks_exact_mut(latent).for_each(|code| code[unit] = end);
            table(&moved)
        });
        let change = |probe: &Logistic| probe.share(&high) - probe.share(&low);
        probes.iter().zip(&best).map(|(probe, best)| best.map_or(0.0, |_| change(probe))).collect()
    });
    let told = areas.into_iter().zip(best).zip(&classes).map(|((areas, unit), classes)| {
        let (areas, unit) = (areas?, unit?);
        Some(Told {
            share: classes.iter().sum::<usize>() as f64 / rows as f64,
            unit,
            falls: areas[unit] < 0.5,
            changes: changes[unit].clone(),
            areas: areas.iter().map(|area| area.max(1.0 - area)).collect(),
        })
    });
    told.collect()
}

/// The unit whose area is farthest from chance; the first of equals.
fn best(areas: &[f64]) -> Option<usize> {
    let off = |unit: usize| (areas[unit] - 0.5).abs();
    (0..areas.len()).reduce(|best, unit| if off(unit) > off(best) { unit } else { best })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows of three units: the first tells attribute 0, the second tells attribute 1 upside down and a
    /// little of attribute 0, the third nothing; all have attribute 2.
    fn told() -> Vec<Option<Told>> {
        let (mut codes, mut has) = (Vec::new(), Vec::new());
        for row in 0..400usize {
            let (a, b) = (row % 2, row / 2 % 2);
            let noise = |times: usize| (row * times % 101) as f32 / 101.0 - 0.5;
            codes.extend([2.0 * a as f32 + noise(7), noise(13) + 0.2 * a as f32 - 3.0 * b as f32, noise(29)]);
            has.extend([a == 1, b == 1, true]);
        }
        attributes(&codes, &[[-0.5, 2.5], [-3.5, 0.7], [-0.5, 0.5]], &has, 3)
    }

    #[test]
    fn each_attribute_has_its_unit_and_what_all_have_has_none() {
        let told = told();
        let [Some(first), Some(second), None] = told.as_slice() else { panic!("{told:?}") };
        assert_eq!((first.unit, first.falls, first.area()), (0, false, 1.0));
        assert_eq!((second.unit, second.falls, second.area()), (1, true, 1.0));
        assert_eq!(first.share, 0.5);
        assert!(first.next().is_some_and(|(_, area)| (0.5..0.65).contains(&area)), "{first:?}");
    }

    #[test]
    fn moving_a_unit_changes_its_own_attribute_and_little_else() {
        let told = told();
        let (Some(first), Some(second)) = (&told[0], &told[1]) else { panic!("{told:?}") };
        assert!(first.changes[0] > 0.9 && first.changes[1].abs() < 0.1, "{:?}", first.changes);
        assert!(second.changes[1] < -0.9 && second.changes[0].abs() < 0.2, "{:?}", second.changes);
        assert_eq!(first.changes[2], 0.0, "what all rows have stays so");
    }

    #[test]
    fn one_unit_and_one_attribute_are_enough() {
        let told = attributes(&[0.0, 1.0, 2.0, 3.0], &[[0.0, 3.0]], &[false, false, true, false], 1);
        let Some(Some(told)) = told.first() else { panic!("nothing is told") };
        assert_eq!((told.unit, told.area(), told.next()), (0, 2.0 / 3.0, None));
    }
}
