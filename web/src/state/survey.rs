//! Surveys a model with random pictures of its world: how large its errors are, and which unit responds
//! to which factor.
//!
//! The response of unit u to factor f is Sobol's total index of μ_u, `S(f, u) = E[Var(μ_u | all factors
//! but f)] / Var(μ_u)`: the fraction of the unit's variance that is caused by f. It is estimated with
//! Jansen's formula, `Σ_n (μ_u(x_n) − μ_u(x_n with f redrawn))² / (2 N Var(μ_u))`, over pictures whose
//! factors are all drawn at random (Jansen, *Analysis of variance designs for model output*, 1999;
//! Saltelli et al., *Variance based sensitivity analysis of model output*, 2010). The angle of a circle counts as
//! a point on the unit circle, with the variance 1 of a uniform angle.

use super::{Effect, Side, State, Topic};
use crate::protocol::{Request, Surveyed};
use crate::queue::RequestKind;
use crate::worker::SIDES;

/// Number of pictures in a survey.
pub const SURVEYED: usize = 256;

/// Number of pictures between two updates of the display.
const SHOWN: usize = 4;

/// Results so far.
#[derive(Clone, Debug, Default)]
pub struct Survey {
    /// Negative log-likelihood of each picture, in nats.
    pub nll: Vec<f32>,
    /// Mean squared error of each picture, per value.
    pub mse: Vec<f32>,
    /// Code of each picture.
    pub codes: Vec<Vec<f32>>,
    /// Sums of squared differences for each factor and unit.
    squares: Vec<Vec<f64>>,
    /// Whether each unit is a circle.
    circles: Vec<bool>,
}

impl Survey {
    /// Number of pictures so far.
    pub fn len(&self) -> usize {
        self.codes.len()
    }

    /// Whether there are no results yet.
    pub fn is_empty(&self) -> bool {
        self.codes.is_empty()
    }

    /// Mean errors: nats, and squared error per value; `None` before the first picture.
    pub fn errors(&self) -> Option<[f64; 2]> {
        let mean = |values: &[f32]| values.iter().copied().map(f64::from).sum::<f64>() / values.len() as f64;
        (!self.is_empty()).then(|| [mean(&self.nll), mean(&self.mse)])
    }

    /// S(f, u) for a unit with the standard deviation `std` over the data.
    pub fn answer(&self, factor: usize, unit: usize, std: f32) -> f64 {
        let sum = self.squares.get(factor).and_then(|row| row.get(unit)).copied().unwrap_or(0.0);
        let circle = self.circles.get(unit).is_some_and(|circle| *circle);
        let variance = if circle { 1.0 } else { f64::from(std).powi(2) };
        let whole = 2.0 * self.len() as f64 * variance;
        if whole > 0.0 { sum / whole } else { 0.0 }
    }

    /// Adds a picture's code, `[D]`, followed by those of its redrawn versions, one per factor.
    fn add(&mut self, found: &Surveyed, latent: usize, circle: impl Fn(usize) -> bool) {
        let mut codes = found.means.chunks_exact(latent.max(1));
        let Some(base) = codes.next() else { return };
        self.squares.resize(codes.len(), vec![0.0; latent]);
        self.circles = (0..latent).map(circle).collect();
        for (squares, code) in self.squares.iter_mut().zip(codes) {
            for (((square, a), b), circle) in squares.iter_mut().zip(base).zip(code).zip(&self.circles) {
                let apart = f64::from(a - b);
                *square += if *circle { 2.0 - 2.0 * apart.cos() } else { apart.powi(2) };
            }
        }
        self.codes.push(base.to_vec());
        self.nll.push(found.nll);
        self.mse.push(found.mse);
    }
}

impl State {
    /// Prepares for the survey to become visible.
    pub(super) fn near(&mut self) {
        self.near = true;
        (0..SIDES).for_each(|side| self.survey(side));
    }

    /// Requests the next picture of a side's survey, with the lowest priority.
    pub(super) fn survey(&mut self, index: usize) {
        if let (true, Some(scene), Some(model)) = (self.near, &self.scene, self.sides[index].model())
            && scene.suits(&model.card)
            && model.survey.len() < SURVEYED
        {
            let step = model.survey.len();
            self.queue.ask(
                RequestKind::Survey(step, index),
                Request::Survey { side: index, step },
                Vec::new(),
            );
        }
    }

    pub(super) fn surveyed(&mut self, index: usize, found: &Surveyed, effects: &mut Vec<Effect>) {
        let Some(model) = self.sides.get_mut(index).and_then(Side::model_mut) else { return };
        let config = &model.card.model;
        model.survey.add(found, config.latent, |unit| config.is_circle(unit));
        let seen = model.survey.len();
        if seen == 1 || seen.is_multiple_of(SHOWN) {
            effects.push(Effect::Draw(Topic::Survey(index)));
        }
        self.suggest(index);
        self.survey(index);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draws::draws;
    use worlds::sprites::Sprites;

    /// A survey of a network that maps classes to `code`, the last unit of which may be a circle.
    fn survey(code: impl Fn(&[usize]) -> Vec<f32>, circle: bool) -> Survey {
        let mut survey = Survey::default();
        for n in 0..1000 {
            let means: Vec<f32> = draws(&Sprites, n).iter().flat_map(|classes| code(classes)).collect();
            let latent = means.len() / 6;
            survey.add(&Surveyed { means, nll: n as f32, mse: 0.5 }, latent, |unit| {
                circle && unit + 1 == latent
            });
        }
        survey
    }

    #[test]
    fn a_unit_of_one_factor_answers_to_it_alone_and_a_mixed_one_to_both() {
        // The variance of a uniform class of 32 is (32² − 1) / 12.
        let std = (1023.0_f32 / 12.0).sqrt();
        let survey = survey(
            |classes| {
                let [x, y] = [classes[3], classes[4]].map(|class| class as f32);
                vec![x, (x + y) / 2.0_f32.sqrt(), 7.0]
            },
            false,
        );
        let close = |factor, unit, share: f64| {
            let answer = survey.answer(factor, unit, std);
            assert!((answer - share).abs() < 0.08, "{factor} {unit}: {answer} is not {share}");
        };
        for (factor, shares) in [(0, [0.0, 0.0]), (1, [0.0, 0.0]), (3, [1.0, 0.5]), (4, [0.0, 0.5])] {
            shares.iter().enumerate().for_each(|(unit, share)| close(factor, unit, *share));
        }
        assert_eq!(survey.answer(3, 2, 0.0), 0.0, "a unit that never moves answers to nothing");
        assert_eq!(survey.answer(9, 9, 1.0), 0.0);
        assert_eq!(survey.errors(), Some([499.5, 0.5]));
    }

    #[test]
    fn a_circle_that_holds_an_angle_answers_to_it_fully() {
        let turned = |classes: &[usize]| std::f32::consts::TAU * classes[2] as f32 / 40.0;
        let survey = survey(|classes| vec![classes[3] as f32, turned(classes)], true);
        let answer = survey.answer(2, 1, 1.8);
        assert!((answer - 1.0).abs() < 0.08, "{answer}");
        assert_eq!(survey.answer(3, 1, 1.8), 0.0);
    }
}
