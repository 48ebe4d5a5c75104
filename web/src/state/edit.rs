//! The picture that both models are shown: the world's or the visitor's own.

use model::{Card, ImageShape};

use super::{Effect, Loaded, OwnPicture, Ranges, Side, State, Topic};
use crate::pictures::Slot;
use crate::random::Random;
use crate::worker::SIDES;

/// A change of the picture by the visitor.
#[derive(Clone, Debug)]
pub enum PictureEdit {
    /// Switch to the visitor's own picture (true), or back to the world's.
    ShowOwn(bool),
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
    /// Clear the drawing.
    Clear,
    /// Show RGBA pixels of the picture's size, or the reason why there is none.
    Replace(Result<Vec<u8>, String>),
}

impl State {
    /// The picture that both models are shown, with its shape.
    pub fn picture(&self) -> Option<(&[u8], ImageShape)> {
        match (&self.own_picture, &self.scene) {
            (Some(own), _) if self.shows_own => Some((&own.pixels, own.shape)),
            (_, Some(scene)) => {
                let [height, width, channels] = scene.world.image_shape();
                Some((&scene.picture, ImageShape { height, width, channels }))
            }
            _ => None,
        }
    }

    /// Whether the picture fits a model.
    pub fn suits(&self, card: &Card) -> bool {
        match &self.own_picture {
            Some(own) if self.shows_own => own.shape == card.model.image,
            _ => self.scene.as_ref().is_some_and(|scene| scene.suits(card)),
        }
    }

    /// Shape of the visitor's own picture.
    pub fn own_picture_shape(&self) -> Option<ImageShape> {
        let shapes = || self.sides.iter().filter_map(Side::model).map(|model| model.card.model.image);
        let seen =
            self.picture().map(|(_, shape)| shape).filter(|shape| shapes().any(|other| other == *shape));
        seen.or_else(|| shapes().next())
    }

    /// Fraction of random pictures that a model reconstructs better than the visitor's own, and the
    /// number of random pictures.
    pub fn rank(&self, model: &Loaded) -> Option<(f64, usize)> {
        let nll = model.reconstruction.as_ref().filter(|_| self.shows_own)?.0.nll;
        let all = &model.survey.nll;
        let better = all.iter().filter(|other| **other < nll).count();
        (!all.is_empty()).then(|| (better as f64 / all.len() as f64, all.len()))
    }

    /// The unit whose value for the visitor's own picture is outside the range of the training data, if
    /// there is one.
    pub fn beyond(&self, model: &Loaded) -> Option<usize> {
        let mean = &model.reconstruction.as_ref().filter(|_| self.shows_own)?.0.mean;
        let outside = |unit: &usize| {
            let seen = &model.card.units[*unit].mean_histogram;
            !(seen.low..=seen.high).contains(&mean[*unit])
        };
        model.order[..model.active].iter().copied().find(outside)
    }

    pub(super) fn edit_picture(&mut self, edit: PictureEdit, effects: &mut Vec<Effect>) {
        self.stop_animation(effects);
        match edit {
            PictureEdit::Random { seed } => {
                self.shows_own = false;
                if let Some(scene) = &mut self.scene {
                    let mut random = Random::new(seed);
                    for (index, factor) in scene.world.factors().iter().enumerate() {
                        scene.set(index, factor.value(random.below(factor.count)));
                    }
                }
            }
            PictureEdit::ShowOwn(own) => self.shows_own = own && self.spread(),
            PictureEdit::Replace(Ok(rgba)) => {
                self.shows_own = self.spread();
                self.refused = None;
                if let Some(own) = &mut self.own_picture {
                    own.show(&rgba);
                }
            }
            PictureEdit::Replace(Err(sentence)) => {
                self.refused = Some(sentence);
                return effects.push(Effect::Draw(Topic::Original));
            }
            _ => {
                if !self.draw_by_hand(edit) {
                    return effects.push(Effect::Draw(Topic::Original));
                }
            }
        }
        self.picture_changed(effects);
    }

    /// Applies a change; returns whether the picture may have changed.
    fn draw_by_hand(&mut self, edit: PictureEdit) -> bool {
        let Some(own) = self.own_picture.as_mut().filter(|_| self.shows_own) else { return false };
        let draws = match edit {
            PictureEdit::Begin(_) | PictureEdit::Clear => true,
            PictureEdit::Go(_) | PictureEdit::Nudge(_) => own.down,
            PictureEdit::Press => !own.down,
            _ => false,
        };
        match edit {
            PictureEdit::Begin(at) => own.begin(at),
            PictureEdit::Go(to) => own.go(to),
            PictureEdit::End => own.down = false,
            PictureEdit::Nudge(by) => own.nudge(by),
            PictureEdit::Press if own.down => own.down = false,
            PictureEdit::Press => own.begin(own.tip.unwrap_or([0.5; 2])),
            PictureEdit::Pen(width) if width.is_finite() => own.pen = width.clamp(1.0, 32.0),
            PictureEdit::Erase(erases) => own.erases = erases,
            PictureEdit::Clear => own.clear(),
            _ => {}
        }
        draws
    }

    /// Creates a picture that fits a model, if there is none, as a copy of the current one.
    fn spread(&mut self) -> bool {
        let Some(shape) = self.own_picture_shape() else { return false };
        if self.own_picture.as_ref().is_none_or(|own| own.shape != shape) {
            let present = self.picture().filter(|(_, seen)| *seen == shape).map(|(pixels, _)| pixels);
            // Without a world, the first model's live picture is one that both models can handle.
            let live = self.pictures.pixels(Slot::live(0));
            let pixels = match present.or(Some(live).filter(|live| live.len() == shape.len())) {
                Some(pixels) => pixels.to_vec(),
                None => vec![0; shape.len()],
            };
            self.own_picture = Some(OwnPicture::of(pixels, shape));
        }
        true
    }

    /// Adapts the visitor's own picture to models with other channels, if the size matches.
    pub(super) fn fit_own_picture(&mut self) {
        let shapes = || self.sides.iter().filter_map(Side::model).map(|model| model.card.model.image);
        let Some(own) = &self.own_picture else { return };
        let alike = |shape: &ImageShape| (shape.height, shape.width) == (own.shape.height, own.shape.width);
        if shapes().any(|shape| shape == own.shape) {
            return;
        }
        if let (Some(shape), Some(own)) = (shapes().find(alike), &mut self.own_picture) {
            own.recolour(shape.channels);
        }
    }

    /// Shows both models a picture without factors.
    fn picture_changed(&mut self, effects: &mut Vec<Effect>) {
        self.moved = None;
        effects.extend([Topic::Factors, Topic::Original].map(Effect::Draw));
        for side in 0..SIDES {
            if let Some(model) = self.sides[side].model_mut() {
                model.ranges = Ranges::default();
            }
            effects.push(Effect::Draw(Topic::Reconstruction(side)));
            self.encode(side);
        }
    }
}
