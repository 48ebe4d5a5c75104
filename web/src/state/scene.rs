//! The picture that both models are shown: a world and the values of its factors.

use model::Card;
use worlds::{FactorKind, World};

/// A picture of a world.
#[derive(Clone)]
pub struct Scene {
    /// The world.
    pub world: &'static dyn World,
    /// Values of the factors.
    pub values: Vec<f64>,
    /// The picture, `[H, W, C]`, 0 to 255.
    pub picture: Vec<u8>,
}

impl Scene {
    /// Creates a world's first picture: quantities in the middle of their ranges, the last class of each
    /// category.
    pub fn new(world: &'static dyn World) -> Self {
        let values = world
            .factors()
            .iter()
            .map(|factor| match factor.kind {
                FactorKind::Category => factor.high,
                FactorKind::Quantity => (factor.low + factor.high) / 2.0,
                FactorKind::Cycle => factor.low,
            })
            .collect();
        let mut scene = Self { world, values, picture: vec![0; world.image_shape().iter().product()] };
        scene.render();
        scene
    }

    /// Creates the scene of a model's training data, if its world is available here.
    pub fn of(card: &Card) -> Option<Self> {
        worlds::by_name(&card.training.dataset).filter(|world| fits(*world, card)).map(Self::new)
    }

    /// Whether a model was trained on this world.
    pub fn suits(&self, card: &Card) -> bool {
        self.world.name() == card.training.dataset && fits(self.world, card)
    }

    /// Sets a factor, within its range.
    pub fn set(&mut self, factor: usize, value: f64) {
        let (Some(slot), Some(factor)) = (self.values.get_mut(factor), self.world.factors().get(factor))
        else {
            return;
        };
        if value.is_finite() {
            let value = value.clamp(factor.low, factor.high);
            *slot = if factor.kind == FactorKind::Category { value.round() } else { value };
            self.render();
        }
    }

    fn render(&mut self) {
        self.world.render(&self.values, &mut self.picture);
    }
}

fn fits(world: &dyn World, card: &Card) -> bool {
    let image = card.model.image;
    world.image_shape() == [image.height, image.width, image.channels]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples;

    #[test]
    fn a_scene_suits_models_of_its_world_and_shape() {
        let card = samples::card(1, 3);
        let scene = Scene::of(&card).expect("sprites can be drawn");
        assert!(scene.suits(&card) && !scene.suits(&samples::card(3, 3)));
        assert!(Scene::of(&samples::card(3, 3)).is_none());
        assert!(scene.picture.contains(&255));
    }

    #[test]
    fn factors_stay_within_their_range() {
        let mut scene = Scene::of(&samples::card(1, 3)).expect("sprites can be drawn");
        let before = scene.picture.clone();
        scene.set(3, 7.0);
        assert_eq!(scene.values[3], 1.0);
        assert_ne!(scene.picture, before);
        scene.set(0, 0.7);
        assert_eq!(scene.values[0], 1.0, "a category is one of its classes");
        scene.set(3, f64::NAN);
        scene.set(99, 0.0);
        assert_eq!(scene.values[3], 1.0);
    }
}
