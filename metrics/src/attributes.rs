//! How well single units separate binary attributes, and which other attributes change with them.
//!
//! A unit's score for an attribute is the area under the ROC curve of its mean: how often a row with the
//! attribute has a larger mean than a row without. If the unit falls where the attribute is present, its
//! score is 1 minus that area, so that scores lie between ½ (chance) and 1. Nothing is fitted, so every
//! row counts.
//!
//! Changes are measured by linear probes: a logistic regression of each attribute on the standardised
//! code, as scikit-learn fits it by default. When unit u goes from the low end l to the high end h of its
//! range, with all other units unchanged, the probe of attribute b changes by
//!
//! mean over rows of p_b(z with z_u = h) − p_b(z with z_u = l), which lies between −1 and 1.

use crate::area::area;
use crate::learn::{Logistic, Moments, Table};
use crate::parallel;

/// How well single units separate one attribute.
#[derive(Clone, Debug, PartialEq)]
pub struct AttributeScore {
    /// Fraction of rows with the attribute, 0 to 1.
    pub share: f64,
    /// The unit with the largest area; the first of equals.
    pub unit: usize,
    /// Area of each unit, ½ to 1.
    pub areas: Vec<f64>,
    /// Whether the best unit falls where the attribute is present.
    pub falls: bool,
    /// Change of each attribute's probe as the best unit goes from the low to the high end of its range,
    /// −1 to 1, in the order of the attributes.
    pub changes: Vec<f64>,
}

impl AttributeScore {
    /// Returns the area of the best unit.
    pub fn area(&self) -> f64 {
        self.areas[self.unit]
    }

    /// Returns the second best unit and its area, or `None` for a code of one unit.
    pub fn next(&self) -> Option<(usize, f64)> {
        let others = self.areas.iter().copied().enumerate().filter(|(unit, _)| *unit != self.unit);
        others.reduce(|best, other| if other.1 > best.1 { other } else { best })
    }
}

/// Scores each of `names` attributes from codes `[N, D]`, each unit's range `[D]` and the attributes of
/// each row, `has` `[N, names]`. An attribute that all rows or no rows have gets `None`.
///
/// # Panics
/// If the lengths don't match.
pub fn attributes(
    codes: &[f32],
    ranges: &[[f32; 2]],
    has: &[bool],
    names: usize,
) -> Vec<Option<AttributeScore>> {
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
    let scores = areas.into_iter().zip(best).zip(&classes).map(|((areas, unit), classes)| {
        let (areas, unit) = (areas?, unit?);
        Some(AttributeScore {
            share: classes.iter().sum::<usize>() as f64 / rows as f64,
            unit,
            falls: areas[unit] < 0.5,
            changes: changes[unit].clone(),
            areas: areas.iter().map(|area| area.max(1.0 - area)).collect(),
        })
    });
    scores.collect()
}

/// Returns the unit whose area is farthest from ½; the first of equals.
fn best(areas: &[f64]) -> Option<usize> {
    let off = |unit: usize| (areas[unit] - 0.5).abs();
    (0..areas.len()).reduce(|best, unit| if off(unit) > off(best) { unit } else { best })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Three units: the first separates attribute 0; the second separates attribute 1 (falling) and
    /// attribute 0 weakly; the third is noise. All rows have attribute 2.
    fn scores() -> Vec<Option<AttributeScore>> {
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
        let scores = scores();
        let [Some(first), Some(second), None] = scores.as_slice() else { panic!("{scores:?}") };
        assert_eq!((first.unit, first.falls, first.area()), (0, false, 1.0));
        assert_eq!((second.unit, second.falls, second.area()), (1, true, 1.0));
        assert_eq!(first.share, 0.5);
        assert!(first.next().is_some_and(|(_, area)| (0.5..0.65).contains(&area)), "{first:?}");
    }

    #[test]
    fn moving_a_unit_changes_its_own_attribute_and_little_else() {
        let scores = scores();
        let (Some(first), Some(second)) = (&scores[0], &scores[1]) else { panic!("{scores:?}") };
        assert!(first.changes[0] > 0.9 && first.changes[1].abs() < 0.1, "{:?}", first.changes);
        assert!(second.changes[1] < -0.9 && second.changes[0].abs() < 0.2, "{:?}", second.changes);
        assert_eq!(first.changes[2], 0.0, "what all rows have stays so");
    }

    #[test]
    fn one_unit_and_one_attribute_are_enough() {
        let scores = attributes(&[0.0, 1.0, 2.0, 3.0], &[[0.0, 3.0]], &[false, false, true, false], 1);
        let Some(Some(score)) = scores.first() else { panic!("nothing is scored") };
        assert_eq!((score.unit, score.area(), score.next()), (0, 2.0 / 3.0, None));
    }
}
