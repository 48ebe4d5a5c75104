//! The opening: moves one factor after another back and forth in both models, through the unit that
//! encodes it, until the visitor touches something.

use super::{Effect, Pair, Preview, State, Topic, pairs};
use crate::worker::SIDES;

/// Duration of a factor's motion, in milliseconds.
pub(super) const PERIOD: f64 = 4800.0;

/// Maximum number of factors shown in turn.
const MAX_PAIRS: usize = 6;

impl State {
    /// Pauses or resumes automatic motion.
    pub(super) fn play(&mut self, effects: &mut Vec<Effect>) {
        if self.moves() {
            return self.stop_animation(effects);
        }
        self.animated = true;
        self.opened = None;
        effects.extend([Effect::Animate, Effect::Draw(Topic::Live(0)), Effect::Draw(Topic::Live(1))]);
    }

    /// Ends automatic motion.
    pub(super) fn stop_animation(&mut self, effects: &mut Vec<Effect>) {
        self.end_motion(effects);
        if !std::mem::take(&mut self.animated) {
            return;
        }
        self.suggests_dragging = false;
        for index in 0..SIDES {
            if let Some(model) = self.sides[index].model_mut() {
                model.preview = None;
                effects.push(Effect::Draw(Topic::Live(index)));
            }
        }
    }

    /// Pairs shown in turn: those with a unit in both models.
    fn animated_pairs(&self) -> Vec<Pair> {
        let mut all = pairs(self);
        let both = |pair: &Pair| pair.units.iter().all(Option::is_some);
        let named = all.iter().any(|pair| both(pair) && pair.name.is_some());
        all.retain(|pair| both(pair) && (pair.name.is_some() || !named));
        all.truncate(MAX_PAIRS);
        all
    }

    /// Moves the units of one factor back and forth, then those of the next.
    pub(super) fn tick(&mut self, time: f64, effects: &mut Vec<Effect>) {
        if !self.animated {
            return;
        }
        effects.push(Effect::Animate);
        // If pictures are slow, moving ones would keep the rows from being drawn.
        if self.queue.has_soon() {
            return;
        }
        let animated = self.animated_pairs();
        if animated.is_empty() {
            return;
        }
        let turns = (time - *self.opened.get_or_insert(time)) / PERIOD;
        self.suggests_dragging = turns > 1.0;
        let pair = &animated[turns as usize % animated.len()];
        for index in 0..SIDES {
            let Some(model) = self.sides[index].model_mut() else { continue };
            model.preview = pair.units[index].map(|unit| {
                let home = f64::from(model.position_of(unit, model.code[unit]));
                let position = position_at(home, turns.fract(), model.is_circle(unit)) as f32;
                Preview { unit, value: model.value_at(unit, position) }
            });
            effects.push(Effect::Draw(Topic::Live(index)));
        }
    }
}

/// Position of a unit within its range after the fraction `share` of its time: from home to the top, down
/// to the bottom and home again, slower at the turns. A circular unit goes around once.
fn position_at(home: f64, share: f64, circle: bool) -> f64 {
    let eased = share * share * (3.0 - 2.0 * share);
    if circle {
        return (home + eased).fract();
    }
    1.0 - ((home + 2.0 * share).rem_euclid(2.0) - 1.0).abs()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_starts_and_ends_at_home_and_reaches_both_ends() {
        for home in [0.0, 0.3, 1.0] {
            let way: Vec<f64> = (0..=100).map(|i| position_at(home, f64::from(i) / 100.0, false)).collect();
            assert!((way[0] - home).abs() < 1e-9 && (way[100] - home).abs() < 1e-9, "{home}");
            assert!(way.iter().any(|at| *at > 0.97) && way.iter().any(|at| *at < 0.03), "{home}: {way:?}");
            assert!(way.windows(2).all(|two| (two[0] - two[1]).abs() < 0.03), "{home}");
        }
        assert_eq!(position_at(0.25, 0.5, true), 0.75);
    }
}
