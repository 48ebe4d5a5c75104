//! Paths from one picture to another: along the straight line, and unit by unit.

use super::angle::wrapped;
use super::{COLUMNS, Effect, Loaded, State, Topic};
use crate::worker::SIDES;

/// A path from picture A to picture B.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Path {
    /// All units at once, in equal steps.
    Line,
    /// The active units one after another, by decreasing KL; inactive units change with the last.
    Turns,
}

impl Loaded {
    /// Codes of A, which is the picture until the visitor sets another, and of B; `None` without B.
    pub fn ends(&self) -> Option<[&[f32]; 2]> {
        let [a, b] = &self.ends;
        Some([a.as_deref().unwrap_or(&self.origin), b.as_deref()?])
    }

    /// Whether the current code is at the fraction `share` of the way from A to B, within the precision
    /// of a link.
    pub fn is_along(&self, share: f32) -> bool {
        self.ends().is_some_and(|[a, b]| {
            let there = self.between(a, b, share);
            self.code.iter().zip(&there).all(|(a, b)| (a - b).abs() < 1e-3)
        })
    }

    /// Codes along a path, `[N, D]`.
    pub fn path_codes(&self, path: Path) -> Option<Vec<f32>> {
        let [a, b] = self.ends()?;
        if path == Path::Line {
            let steps = (0..COLUMNS).map(|step| step as f32 / (COLUMNS - 1) as f32);
            return Some(steps.flat_map(|share| self.between(a, b, share)).collect());
        }
        let mut code = a.to_vec();
        let mut codes = code.clone();
        let active = &self.order[..self.active];
        for (turn, &unit) in active.iter().enumerate() {
            code[unit] = b[unit];
            if turn + 1 == active.len() {
                code.copy_from_slice(b);
            }
            codes.extend(&code);
        }
        Some(codes)
    }

    /// Interpolates between two codes; angles take the shorter way around.
    fn between(&self, a: &[f32], b: &[f32], share: f32) -> Vec<f32> {
        let value = |(unit, (&a, &b)): (usize, (&f32, &f32))| match self.is_circle(unit) {
            true if share < 1.0 => wrapped(a + share * wrapped(b - a)),
            _ => a * (1.0 - share) + b * share,
        };
        a.iter().zip(b).enumerate().map(value).collect()
    }
}

impl State {
    /// Sets the current pictures as A (0) or B (1) of both models.
    pub(super) fn pin(&mut self, end: usize, effects: &mut Vec<Effect>) {
        self.stop_animation(effects);
        if end > 1 {
            return;
        }
        self.along = end as f32;
        self.pinned[end] = true;
        effects.push(Effect::Draw(Topic::Along));
        for side in 0..SIDES {
            if let Some(model) = self.sides[side].model_mut() {
                model.ends[end] = Some(model.code.clone());
            }
        }
    }

    /// Uses the survey's first picture as B until the visitor sets another.
    pub(super) fn suggest(&mut self, index: usize) {
        let Some(model) = self.sides[index].model_mut() else { return };
        if model.ends[1].is_none() {
            model.ends[1] = model.survey.codes.first().cloned();
        }
    }

    /// Resets A and B of both sides to the picture and the survey's first one, because a new model has no
    /// codes of the visitor's pictures.
    pub(super) fn suggest_again(&mut self) {
        self.pinned = [false; 2];
        for side in 0..SIDES {
            if let Some(model) = self.sides[side].model_mut() {
                model.ends = [None, model.survey.codes.first().cloned()];
            }
        }
    }

    /// Moves to the fraction `share` of the way from A to B.
    pub(super) fn move_along_path(&mut self, share: f32, effects: &mut Vec<Effect>) {
        if !share.is_finite() {
            return;
        }
        self.along = share.clamp(0.0, 1.0);
        let share = self.along;
        for side in 0..SIDES {
            if self.sides[side].model().is_some_and(|model| model.ends().is_some()) {
                self.change(side, effects, |model| {
                    model.preview = None;
                    if let Some([a, b]) = model.ends() {
                        model.code = model.between(a, b, share);
                    }
                });
            }
        }
        effects.push(Effect::Draw(Topic::Along));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples;
    use std::rc::Rc;

    #[test]
    fn both_ways_lead_from_a_to_b() {
        let mut model = Loaded::new(samples::card(1, 4), Rc::default());
        assert_eq!(model.path_codes(Path::Line), None);
        model.ends = [None, Some(vec![0.0; 4])];
        assert!(model.is_along(0.0), "A is the picture");
        model.ends = [Some(vec![0.0; 4]), Some(vec![1.0, 2.0, 3.0, 4.0])];
        let line = model.path_codes(Path::Line).expect("both ends are set");
        assert_eq!((line.len(), &line[16..20]), (4 * COLUMNS, &[0.5, 1.0, 1.5, 2.0][..]));
        let turns = model.path_codes(Path::Turns).expect("both ends are set");
        // Unit 2 is inactive and changes last, with unit 3.
        assert_eq!(
            turns.chunks(4).collect::<Vec<_>>(),
            [[0.0, 0.0, 0.0, 0.0], [1.0, 0.0, 0.0, 0.0], [1.0, 2.0, 0.0, 0.0], [1.0, 2.0, 3.0, 4.0]]
        );
    }
}
