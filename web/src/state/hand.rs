//! The picture that both models are shown: the world's, or the visitor's own.

use model::{Card, ImageShape};

use super::{Effect, Loaded, Paper, Side, State, Topic, Trace};
use crate::dice::Dice;
use crate::pictures::Slot;
use crate::worker::SIDES;

/// What the visitor does with the picture.
#[derive(Clone, Debug)]
pub enum Hand {
    /// Turns to the visitor's own picture, or back to the world's.
    Own(bool),
    /// A picture of the world at random.
    Random {
        /// What decides which.
        seed: u64,
    },
    /// Puts the pen down, x and y from 0 to 1.
    Begin([f32; 2]),
    /// Moves the pen.
    Go([f32; 2]),
    /// Lifts the pen.
    End,
    /// Moves the pen by pixels.
    Nudge([f32; 2]),
    /// Puts the pen down where it is, or lifts it.
    Press,
    /// Takes another pen, of that many pixels.
    Pen(f32),
    /// Takes the eraser, or the pen.
    Erase(bool),
    /// Wipes the paper.
    Clear,
    /// Gives a picture, RGBA of the paper's size, or a sentence that says why there is none.
    Give(Result<Vec<u8>, String>),
}

impl State {
    /// The picture that both models are shown, and its shape.
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

    /// Whether a model can be shown the picture.
    pub fn suits(&self, card: &Card) -> bool {
        match &self.paper {
            Some(paper) if self.own => paper.shape == card.model.image,
            _ => self.scene.as_ref().is_some_and(|scene| scene.suits(card)),
        }
    }

    /// The shape of a picture that the visitor gives.
    pub fn paper_shape(&self) -> Option<ImageShape> {
        let shapes = || self.sides.iter().filter_map(Side::model).map(|model| model.card.model.image);
        let seen =
            self.picture().map(|(_, shape)| shape).filter(|shape| shapes().any(|other| other == *shape));
        seen.or_else(|| shapes().next())
    }

    /// The share of random pictures that a model redraws better than the visitor's own, and their
    /// number.
    pub fn rank(&self, model: &Loaded) -> Option<(f64, usize)> {
        let nll = model.reconstruction.as_ref().filter(|_| self.own)?.0.nll;
        let all = &model.survey.nll;
        let better = all.iter().filter(|other| **other < nll).count();
        (!all.is_empty()).then(|| (better as f64 / all.len() as f64, all.len()))
    }

    /// The unit that the visitor's own picture takes to where no training picture took it, if one is.
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

    /// Whether the picture may have changed.
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

    /// Sees to it that there is a paper that a model can see, at first with the present picture on it.
    fn spread(&mut self) -> bool {
        let Some(shape) = self.paper_shape() else { return false };
        if self.paper.as_ref().is_none_or(|paper| paper.shape != shape) {
            let present = self.picture().filter(|(_, seen)| *seen == shape).map(|(pixels, _)| pixels);
            // Where no world draws pictures, the first model's is one that both can make something of.
            let live = self.pictures.pixels(Slot::live(0));
            let pixels = match present.or(Some(live).filter(|live| live.len() == shape.len())) {
                Some(pixels) => pixels.to_vec(),
                None => vec![0; shape.len()],
            };
            self.paper = Some(Paper::of(pixels, shape));
        }
        true
    }

    /// Fits the visitor's own picture to models of other colours, if it is of their size.
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

    /// Has both models look at a picture that no factor led to.
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
