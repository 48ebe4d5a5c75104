//! Changes two units at once on a map of their values in the data.

use super::{Loaded, Side, State, pairs};

impl Loaded {
    /// The initial units: the best encoded factor vertical, the second best horizontal.
    pub(super) fn first_pair(order: &[usize]) -> [usize; 2] {
        let unit = |rank: usize| order.get(rank).copied().unwrap_or(0);
        [unit(1), unit(0)]
    }

    /// Position of a code on the map, 0 to 1 from the left and from the bottom.
    pub fn pad_at(&self, code: &[f32]) -> [f32; 2] {
        self.pair.map(|unit| {
            let [low, high] = self.slider_range(unit);
            code.get(unit).map_or(0.5, |value| (value - low) / (high - low))
        })
    }

    /// Sets both units to a position on the map.
    pub(super) fn pad_to(&mut self, at: [f32; 2]) {
        let ranges = self.pair.map(|unit| self.slider_range(unit));
        for ((unit, [low, high]), at) in self.pair.into_iter().zip(ranges).zip(at) {
            if let Some(value) = self.code.get_mut(unit).filter(|_| at.is_finite()) {
                *value = low + (high - low) * at.clamp(0.0, 1.0);
            }
        }
    }
}

impl State {
    /// Shows the two factors that both models encode best on both maps, coloured by the first.
    pub(super) fn suggest_map(&mut self) {
        let named: Vec<_> = pairs(self).into_iter().filter(|pair| pair.name.is_some()).collect();
        let both = |pair: &&super::Pair| pair.units.iter().all(Option::is_some);
        let best: Vec<_> = named.iter().filter(both).take(2).collect();
        let [first, second] = best[..] else { return };
        for (side, entry) in self.sides.iter_mut().enumerate() {
            if let (Some(model), Some(across), Some(up)) =
                (Side::model_mut(entry), first.units[side], second.units[side])
            {
                model.pair = [across, up];
            }
        }
        let factors = self.scene.as_ref().map_or(&[][..], |scene| scene.world.factors());
        let named = |factor: &worlds::Factor| first.name.as_deref() == Some(factor.name);
        self.colour = factors.iter().position(named).unwrap_or(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples;
    use std::rc::Rc;

    #[test]
    fn a_place_on_the_pad_is_the_values_of_its_two_units() {
        let mut model = Loaded::new(samples::card(1, 4), Rc::default());
        assert_eq!(model.pair, [1, 0]);
        let others = model.code[2..].to_vec();
        model.pad_to([1.0, 0.25]);
        assert_eq!((model.code[1], model.code[0], &model.code[2..]), (2.0, -1.0, &others[..]));
        assert_eq!(model.pad_at(&model.code), [1.0, 0.25]);
        model.pad_to([7.0, f32::NAN]);
        assert_eq!((model.code[1], model.code[0]), (2.0, -1.0));
    }

    #[test]
    fn a_model_of_one_unit_has_a_pad_too() {
        assert_eq!(Loaded::first_pair(&[0]), [0, 0]);
    }
}
