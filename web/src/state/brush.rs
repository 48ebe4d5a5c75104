//! A region of a map: the random pictures whose codes lie in it, and the factor that they have most in
//! common.

use std::f64::consts::TAU;

use model::order;
use worlds::{Factor, FactorKind, World};

use super::{Loaded, State, Topic};
use crate::draws::draws;
use crate::state::Effect;
use crate::worker::SIDES;

/// Number of pictures shown for a region.
pub const BRUSHED: usize = 12;

/// Maximum number of pictures shown on a map instead of dots: one in each square of a grid.
pub(super) const THUMBS: usize = SQUARES * SQUARES;
const SQUARES: usize = 8;

/// A region of a side's map.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Brush {
    /// Side of the map.
    pub side: usize,
    /// Two corners, from the left and from the bottom, 0 to 1.
    pub corners: [[f32; 2]; 2],
}

impl Brush {
    /// Lowest and highest value, horizontal (0) or vertical (1).
    pub fn span(&self, axis: usize) -> [f32; 2] {
        let [a, b] = self.corners.map(|corner| corner[axis].clamp(0.0, 1.0));
        [a.min(b), a.max(b)]
    }

    fn holds(&self, at: [f32; 2]) -> bool {
        (0..2).all(|axis| {
            let [low, high] = self.span(axis);
            (low..=high).contains(&at[axis])
        })
    }
}

/// What the pictures of a region have most in common.
#[derive(Clone, Debug, PartialEq)]
pub struct Shared {
    /// Index of the factor.
    pub factor: usize,
    /// Lowest and highest class of the pictures; for a category, the most frequent class twice.
    pub classes: [usize; 2],
    /// Number of pictures with such a class.
    pub count: usize,
}

impl Loaded {
    /// The survey's pictures shown on the map: the first in each square.
    pub fn thumbs(&self) -> Vec<usize> {
        let mut taken = [false; THUMBS];
        let free = |&n: &usize| {
            let [x, y] = self.pad_at(&self.survey.codes[n]);
            let place = |share: f32| ((share * SQUARES as f32) as usize).min(SQUARES - 1);
            !std::mem::replace(&mut taken[place(y) * SQUARES + place(x)], true)
        };
        (0..self.survey.len()).filter(free).collect()
    }
}

impl State {
    /// The survey's pictures in the region.
    pub fn brushed(&self) -> Vec<usize> {
        let model = self.brush.and_then(|brush| Some((brush, self.sides.get(brush.side)?.model()?)));
        let Some((brush, model)) = model else { return Vec::new() };
        (0..model.survey.len()).filter(|&n| brush.holds(model.pad_at(&model.survey.codes[n]))).collect()
    }

    /// What the pictures of the region have most in common, in their world.
    pub fn shared(&self) -> Option<Shared> {
        shared(self.scene.as_ref()?.world, &self.brushed())
    }

    /// Selects a region, or none.
    pub(super) fn mark(&mut self, brush: Option<Brush>, effects: &mut Vec<Effect>) {
        self.stop_animation(effects);
        let finite =
            |brush: &Brush| brush.side < SIDES && brush.corners.as_flattened().iter().all(|v| v.is_finite());
        self.brush = brush.filter(finite);
        effects.extend((0..SIDES).map(|side| Effect::Draw(Topic::Map(side))));
    }
}

/// The factor whose spread over some pictures is the smallest fraction of its spread over all.
fn shared(world: &dyn World, chosen: &[usize]) -> Option<Shared> {
    if chosen.len() < 2 {
        return None;
    }
    let classes: Vec<Vec<usize>> = chosen.iter().map(|&n| draws(world, n).swap_remove(0)).collect();
    let parts = world.factors().iter().enumerate().map(|(place, factor)| {
        let values: Vec<usize> = classes.iter().filter_map(|classes| classes.get(place).copied()).collect();
        let all: Vec<usize> = (0..factor.count).collect();
        (spread(factor, &values) / spread(factor, &all).max(f64::MIN_POSITIVE), place, values)
    });
    let (part, factor, values) = parts.min_by(|a, b| a.0.total_cmp(&b.0))?;
    // In a small region, two thirds of the total spread occur by chance.
    if part > 2.0 / 3.0 {
        return None;
    }
    let count = |class: usize| values.iter().filter(|value| **value == class).count();
    if world.factors()[factor].kind == FactorKind::Category {
        let most = values.iter().copied().max_by_key(|&class| count(class))?;
        return Some(Shared { factor, classes: [most; 2], count: count(most) });
    }
    let sorted: Vec<usize> =
        order::ascending(values.iter().map(|&class| class as u64)).map(|at| values[at]).collect();
    let [mut low, mut high] = [*sorted.first()?, *sorted.last()?];
    if world.factors()[factor].kind == FactorKind::Cycle {
        // The range excludes the widest gap of the cycle.
        let mut widest = low + world.factors()[factor].count - high;
        for pair in sorted.windows(2).filter(|pair| pair[1] != pair[0]) {
            if pair[1] - pair[0] > widest {
                (widest, low, high) = (pair[1] - pair[0], pair[1], pair[0]);
            }
        }
    }
    Some(Shared { factor, classes: [low, high], count: values.len() })
}

/// Spread of a factor's classes: the standard deviation of a quantity, 1 − |mean of e^iφ| of a cycle, or
/// the probability that two values of a category differ.
fn spread(factor: &Factor, classes: &[usize]) -> f64 {
    let n = classes.len().max(1) as f64;
    match factor.kind {
        FactorKind::Quantity => {
            let mean = classes.iter().sum::<usize>() as f64 / n;
            (classes.iter().map(|&class| (class as f64 - mean).powi(2)).sum::<f64>() / n).sqrt()
        }
        FactorKind::Cycle => {
            let angle = |&class: &usize| TAU * class as f64 / factor.count as f64;
            let [x, y] =
                [f64::cos, f64::sin].map(|part| classes.iter().map(|c| part(angle(c))).sum::<f64>() / n);
            1.0 - x.hypot(y)
        }
        FactorKind::Category => {
            let same = |class: usize| classes.iter().filter(|other| **other == class).count() as f64 / n;
            1.0 - (0..factor.count).map(|class| same(class).powi(2)).sum::<f64>()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_has_an_inside_however_it_is_drawn() {
        let brush = Brush { side: 0, corners: [[0.6, 0.2], [0.4, 1.7]] };
        assert_eq!([brush.span(0), brush.span(1)], [[0.4, 0.6], [0.2, 1.0]]);
        assert!(brush.holds([0.5, 0.9]) && !brush.holds([0.7, 0.9]) && !brush.holds([0.5, 0.1]));
    }

    #[test]
    fn pictures_that_were_chosen_by_a_factor_share_it() {
        for world in worlds::all() {
            for (place, factor) in world.factors().iter().enumerate().filter(|(_, factor)| factor.count > 2) {
                let low = |n: &usize| draws(*world, *n)[0][place] * 4 < factor.count;
                let chosen: Vec<usize> = (0..256).filter(low).collect();
                let shared = shared(*world, &chosen).expect("they share it");
                assert_eq!(shared.factor, place, "{} of {}", factor.name, world.name());
                assert!(shared.classes[1] * 4 < factor.count && shared.count <= chosen.len());
            }
            assert_eq!(shared(*world, &(0..256).collect::<Vec<_>>()), None, "all share nothing");
            assert_eq!(shared(*world, &[3]), None);
        }
    }
}
