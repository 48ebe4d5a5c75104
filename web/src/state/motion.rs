//! Moves a factor back and forth once, then back to its value.

use worlds::{Factor, FactorKind};

use super::{Effect, State};

/// Duration in milliseconds.
const PERIOD: f64 = 3200.0;

/// Number of pictures shown if the visitor prefers no motion.
const STILLS: f64 = 8.0;

/// A factor in motion.
#[derive(Clone, Debug, PartialEq)]
pub struct FactorMotion {
    /// Factor.
    pub factor: usize,
    /// The value that it returns to.
    home: f64,
    /// Start time, once the clock is known.
    began: Option<f64>,
}

impl State {
    /// Starts to move a factor.
    pub(super) fn play_factor(&mut self, factor: usize, effects: &mut Vec<Effect>) {
        self.stop_animation(effects);
        let home = self.scene.as_ref().and_then(|scene| scene.values.get(factor)).copied();
        if let Some(home) = home {
            self.motion = Some(FactorMotion { factor, home, began: None });
            effects.push(Effect::Animate);
        }
    }

    /// Moves the factor in motion.
    pub(super) fn advance_motion(&mut self, time: f64, effects: &mut Vec<Effect>) {
        let Some(motion) = &mut self.motion else { return };
        let began = *motion.began.get_or_insert(time);
        let share = (time - began) / PERIOD;
        let (factor, home) = (motion.factor, motion.home);
        if share >= 1.0 {
            return self.end_motion(effects);
        }
        let Some(range) = self.scene.as_ref().and_then(|scene| scene.world.factors().get(factor)) else {
            self.motion = None;
            return;
        };
        let share = if self.still { (share * STILLS).floor() / STILLS } else { share };
        let value = along(range, home, share);
        self.move_factor(factor, value, effects);
        effects.push(Effect::Animate);
    }

    /// Returns the factor in motion to its value at once.
    pub(super) fn end_motion(&mut self, effects: &mut Vec<Effect>) {
        if let Some(FactorMotion { factor, home, .. }) = self.motion.take() {
            self.move_factor(factor, home, effects);
        }
    }
}

/// Value of a factor after the fraction `share` of its time: up to its highest value, down to its lowest,
/// and home. Cycles go around once.
fn along(factor: &Factor, home: f64, share: f64) -> f64 {
    let width = factor.high - factor.low;
    let start = (home - factor.low) / width;
    factor.low
        + width
            * match factor.kind {
                FactorKind::Cycle => (start + share).fract(),
                _ => 1.0 - ((start + 2.0 * share).rem_euclid(2.0) - 1.0).abs(),
            }
}

#[cfg(test)]
mod tests {
    use super::*;
    use worlds::World;
    use worlds::sprites::Sprites;

    #[test]
    fn a_quantity_visits_both_ends_and_comes_home_and_a_cycle_goes_around() {
        let [_, scale, orientation, x, _] = Sprites.factors() else { panic!("sprites have five factors") };
        assert_eq!([0.0, 0.25, 0.5, 0.75, 1.0].map(|s| along(x, 0.5, s)), [0.5, 1.0, 0.5, 0.0, 0.5]);
        assert_eq!([0.0, 0.25, 0.75].map(|s| along(scale, 0.75, s)), [0.75, 1.0, 0.5]);
        assert_eq!(along(orientation, 0.0, 0.5), orientation.high / 2.0);
    }
}
