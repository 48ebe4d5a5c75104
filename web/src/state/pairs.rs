//! Pairs of units from both models: those that encode the same factor are next to each other, best
//! encoded factors first. Units without a factor follow in order of decreasing KL.

use super::{Loaded, Side, State};
use crate::worker::SIDES;

/// Two units next to each other; one may be missing.
#[derive(Clone, Debug, PartialEq)]
pub struct Pair {
    /// The factor or attribute that both units encode best.
    pub name: Option<String>,
    /// Unit of each side.
    pub units: [Option<usize>; SIDES],
}

/// What a unit encodes best, and how well.
struct BestFactor {
    unit: usize,
    name: String,
    share: f64,
}

/// Returns what each active unit of a model encodes best, best encoded first.
fn best_factors(model: &Loaded) -> Vec<BestFactor> {
    let active = model.order[..model.active].iter();
    let mut all: Vec<BestFactor> = active
        .filter_map(|&unit| {
            let (name, share) = model.best_factor(unit)?;
            Some(BestFactor { unit, name, share })
        })
        .collect();
    // Ties stay in order of decreasing KL.
    sort_descending(&mut all, |best| best.share);
    all
}

/// Sorts by decreasing key, with ties in order; simple, because there are few units.
pub(super) fn sort_descending<T>(items: &mut [T], key: impl Fn(&T) -> f64) {
    for end in 1..items.len() {
        for i in (0..end).rev() {
            if key(&items[i]) >= key(&items[i + 1]) {
                break;
            }
            items.swap(i, i + 1);
        }
    }
}

/// Pairs of the rows of both models.
pub fn pairs(state: &State) -> Vec<Pair> {
    let models = state.sides.each_ref().map(Side::model);
    let factors = models.map(|model| model.map(best_factors).unwrap_or_default());
    // Factors by how well the better model encodes them; ties start with the right model's.
    let mut named: Vec<(&str, f64)> = Vec::new();
    for BestFactor { name, share, .. } in factors.iter().rev().flatten() {
        match named.iter_mut().find(|(known, _)| known == name) {
            Some((_, best)) => *best = best.max(*share),
            None => named.push((name, *share)),
        }
    }
    sort_descending(&mut named, |(_, share)| *share);
    let best =
        |side: usize, name: &str| factors[side].iter().find(|best| best.name == name).map(|best| best.unit);
    let mut pairs: Vec<Pair> = named
        .iter()
        .map(|(name, _)| Pair {
            name: Some((*name).to_owned()),
            units: std::array::from_fn(|side| best(side, name)),
        })
        .collect();
    let mut rest: [Vec<usize>; SIDES] = std::array::from_fn(|side| {
        let taken = |unit: &usize| pairs.iter().any(|pair| pair.units[side] == Some(*unit));
        let active = models[side].map_or(&[][..], |model| &model.order[..model.active]);
        active.iter().copied().filter(|unit| !taken(unit)).rev().collect()
    });
    while rest.iter().any(|rest| !rest.is_empty()) {
        pairs.push(Pair { name: None, units: std::array::from_fn(|side| rest[side].pop()) });
    }
    pairs
}

/// Active units of a side, in the order of its rows.
pub fn ranked(state: &State, side: usize) -> Vec<usize> {
    pairs(state).into_iter().filter_map(|pair| pair.units[side]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples;
    use crate::state::Phase;
    use model::card::FactorMatch;
    use std::rc::Rc;

    fn side(factors: &[(&str, f64)]) -> Side {
        let mut card = samples::card(1, 4);
        for (unit, entry) in card.units.iter_mut().enumerate() {
            entry.std = 1.0;
            entry.factor = factors.get(unit).map(|(name, information)| FactorMatch {
                name: (*name).into(),
                information: *information as f32,
            });
        }
        Side { phase: Phase::Ready(Box::new(Loaded::new(card, Rc::default()))), ..Side::default() }
    }

    #[test]
    fn units_of_the_same_factor_are_paired_best_encoded_first() {
        let mut state = State::new(false);
        state.sides = [
            side(&[("x", 0.2), ("x", 0.3), ("y", 0.1)]),
            side(&[("y", 0.5), ("smile", 0.9), ("x", 0.4), ("x", 0.1)]),
        ];
        let pair =
            |name: Option<&str>, left, right| Pair { name: name.map(Into::into), units: [left, right] };
        assert_eq!([0, 1].map(|side| ranked(&state, side)), [vec![2, 1, 0, 3], vec![1, 0, 2, 3]]);
        assert_eq!(
            pairs(&state),
            [
                pair(Some("smile"), None, Some(1)),
                pair(Some("y"), Some(2), Some(0)),
                pair(Some("x"), Some(1), Some(2)),
                pair(None, Some(0), Some(3)),
                pair(None, Some(3), None),
            ]
        );
    }

    #[test]
    fn before_a_model_is_there_nothing_stands_anywhere() {
        assert!(pairs(&State::new(false)).is_empty());
    }
}
