//! The picture that both models are shown: the world's or the visitor's own.

use model::{Card, ImageShape};

use super::{Effect, Loaded, Paper, Side, State, Topic, Trace};
use crate::dice::Dice;
use crate::pictures::Slot;
use crate::worker::SIDES;

/// A change of the picture by the visitor.
#[derive(Clone, Debug)]
pub enum Hand {
    /// Switch to the visitor's own picture (true), or back to the world's.
    Own(bool),
    /// Show a random picture of the world.
    Random {
        /// Seed.
        seed: u64,
    },
    /// Put the pen down at x and y from 0 to 1.
    Begin([f32; 2]),
    /// Move the pen.
    Go([f32; 2]),
    /// Lift the pen.
    End,
    /// Move the pen by pixels.
    Nudge([f32; 2]),
    /// Put the pen down where it is, or lift it.
    Press,
    /// Set the width of the pen in pixels.
    Pen(f32),
    /// Select the eraser (true) or the pen.
    Erase(bool),
    /// Clear the paper.
    Clear,
    /// Show an RGBA picture of the paper's size, or the reason why there is none.
    Give(Result<Vec<u8>, String>),
}

impl State {
    /// The picture that both models are shown, with its shape.
    pub fn picture(&self) -> Option<(&[u8], ImageShape)> {
        match (&self.paper, &self.scene) {
            (Some(paper), _) if self.own => Some((&paper.pixels, paper.shape)),
            (_, Some(scene)) => {
                let [height, width, channels] = scene.world.image_shape();
                Some((&scene.picture, ImageShape { height, width, channels }))
            }
            _ => None,
        }
    }

    /// Whether the picture fits a model.
    pub fn suits(&self, card: &Card) -> bool {
        match &self.paper {
            Some(paper) if self.own => paper.shape == card.model.image,
            _ => self.scene.as_ref().is_some_and(|scene| scene.suits(card)),
        }
    }

    /// Shape of the visitor's own picture.
    pub fn paper_shape(&self) -> Option<ImageShape> {
        let shapes = || self.sides.iter().filter_map(Side::model).map(|model| model.card.model.image);
        let seen =
            self.picture().map(|(_, shape)| shape).filter(|shape| shapes().any(|other| other == *shape));
        seen.or_else(|| shapes().next())
    }

    /// Fraction of random pictures that a model reconstructs better than the visitor's own, and the
    /// number of random pictures.
    pub fn rank(&self, model: &Loaded) -> Option<(f64, usize)> {
        let nll = model.reconstruction.as_ref().filter(|_| self.own)?.0.nll;
        let all = &model.survey.nll;
        let better = all.iter().filter(|other| **other < nll).count();
        (!all.is_empty()).then(|| (better as f64 / all.len() as f64, all.len()))
    }

    /// The unit whose value for the visitor's own picture is outside the range of the training data, if
    /// there is one.
    pub fn beyond(&self, model: &Loaded) -> Option<usize> {
        let mean = &model.reconstruction.as_ref().filter(|_| self.own)?.0.mean;
        let outside = |unit: &usize| {
            let seen = &model.card.units[*unit].mean_histogram;
            !(seen.low..=seen.high).contains(&mean[*unit])
        };
        model.order[..model.active].iter().copied().find(outside)
    }

    pub(super) fn hand(&mut self, hand: Hand, effects: &mut Vec<Effect>) {
        self.settle(effects);
        match hand {
            Hand::Random { seed } => {
                self.own = false;
                if let Some(scene) = &mut self.scene {
                    let mut dice = Dice::new(seed);
                    for (index, factor) in scene.world.factors().iter().enumerate() {
                        scene.set(index, factor.value(dice.below(factor.count)));
                    }
                }
            }
            Hand::Own(own) => self.own = own && self.spread(),
            Hand::Give(Ok(rgba)) => {
                self.own = self.spread();
                self.refused = None;
                if let Some(paper) = &mut self.paper {
                    paper.show(&rgba);
                }
            }
            Hand::Give(Err(sentence)) => {
                self.refused = Some(sentence);
                return effects.push(Effect::Draw(Topic::Original));
            }
            _ => {
                if !self.draw_by_hand(hand) {
                    return effects.push(Effect::Draw(Topic::Original));
                }
            }
        }
        self.shown_anew(effects);
    }

    /// Applies a change; returns whether the picture may have changed.
    fn draw_by_hand(&mut self, hand: Hand) -> bool {
        let Some(paper) = self.paper.as_mut().filter(|_| self.own) else { return false };
        let draws = match hand {
            Hand::Begin(_) | Hand::Clear => true,
            Hand::Go(_) | Hand::Nudge(_) => paper.down,
            Hand::Press => !paper.down,
            _ => false,
        };
        match hand {
            Hand::Begin(at) => paper.begin(at),
            Hand::Go(to) => paper.go(to),
            Hand::End => paper.down = false,
            Hand::Nudge(by) => paper.nudge(by),
            Hand::Press if paper.down => paper.down = false,
            Hand::Press => paper.begin(paper.tip.unwrap_or([0.5; 2])),
            Hand::Pen(width) if width.is_finite() => paper.pen = width.clamp(1.0, 32.0),
            Hand::Erase(erases) => paper.erases = erases,
            Hand::Clear => paper.clear(),
            _ => {}
        }
        draws
    }

    /// Creates a paper that fits a model, if there is none, with the current picture on it.
    fn spread(&mut self) -> bool {
        let Some(shape) = self.paper_shape() else { return false };
        if self.paper.as_ref().is_none_or(|paper| paper.shape != shape) {
            let present = self.picture().filter(|(_, seen)| *seen == shape).map(|(pixels, _)| pixels);
            // Without a world, the first model's live picture is one that both models can handle.
            let live = self.pictures.pixels(Slot::live(0));
            let pixels = match present.or(Some(live).filter(|live| live.len() == shape.len())) {
                Some(pixels) => pixels.to_vec(),
                None => vec![0; shape.len()],
            };
            self.paper = Some(Paper::of(pixels, shape));
        }
        true
    }

    /// Adapts the visitor's own picture to models with other channels, if the size matches.
    pub(super) fn fit_paper(&mut self) {
        let shapes = || self.sides.iter().filter_map(Side::model).map(|model| model.card.model.image);
        let Some(paper) = &self.paper else { return };
        let alike =
            |shape: &ImageShape| (shape.height, shape.width) == (paper.shape.height, paper.shape.width);
        if shapes().any(|shape| shape == paper.shape) {
            return;
        }
        if let (Some(shape), Some(paper)) = (shapes().find(alike), &mut self.paper) {
            paper.recolour(shape.channels);
        }
    }

    /// Shows both models a picture without factors.
    fn shown_anew(&mut self, effects: &mut Vec<Effect>) {
        self.moved = None;
        effects.extend([Topic::Factors, Topic::Original].map(Effect::Draw));
        for side in 0..SIDES {
            if let Some(model) = self.sides[side].model_mut() {
                model.trace = Trace::default();
            }
            effects.push(Effect::Draw(Topic::Reconstruction(side)));
            self.encode(side);
        }
    }
}
