//! Retouches photographs of aligned faces: draws a fringe or a bare forehead, a mouth from sad to
//! laughing, or features of gender. The original is covered, so that the value is known for every
//! photograph without labels.
//!
//! If a value has several features, they are drawn independently: a network could otherwise read a single
//! feature, or even the traces of retouching.
//!
//! Coordinates are in 64ths of the image, x to the right and y down, for CelebA's alignment with the crop
//! in [`RECIPES`](super::RECIPES): eyes at (22, 31) and (42, 31), mouth at (32, 51.5).

mod fringe;
mod gender;
mod pixels;
mod smile;
mod strands;

use model::random::{Purpose, stream};
use rand::{Rng, RngCore};

use fringe::Fringe;
use gender::Gender;
use pixels::Pixels;
use smile::Smile;

use crate::config::Feature;

/// Number of ways to retouch a photograph.
pub(super) const WAYS: u64 = 1 << 32;
/// Number of features. The remainder of a way's number is the place of its feature in [`Feature`].
const FEATURES: u64 = 3;

/// One way of retouching.
pub(super) struct Retouch(Way);

enum Way {
    Fringe(Fringe),
    Gender(Gender),
    Smile(Smile),
}

impl Retouch {
    /// Returns the way with this number of drawing a feature.
    pub(super) fn numbered(way: u64) -> Self {
        let rng = &mut stream(way, Purpose::Objective, 0);
        Self(match way % FEATURES {
            0 => Way::Fringe(Fringe::draw(rng)),
            1 => Way::Gender(Gender::draw(rng)),
            _ => Way::Smile(Smile::draw(rng)),
        })
    }

    /// Draws the number of a way of drawing `feature`.
    pub(super) fn number(feature: Feature, rng: &mut dyn RngCore) -> u64 {
        rng.random_range(0..WAYS / FEATURES) * FEATURES + feature as u64
    }

    /// Returns the feature and its value, scaled to mean 0 and variance 1. Higher values mean more fringe, more
    /// masculine, more smile.
    pub(super) fn known(&self) -> (Feature, f32) {
        match &self.0 {
            Way::Fringe(fringe) => (Feature::Fringe, fringe.value()),
            Way::Gender(gender) => (Feature::Gender, gender.value()),
            Way::Smile(smile) => (Feature::Smile, smile.value()),
        }
    }

    /// Retouches a square picture, `[side, side, 3]` in `[0, 1]`.
    pub(super) fn apply(&self, picture: &mut [f32], side: usize) {
        let mut pixels = Pixels::new(picture, side);
        match &self.0 {
            Way::Fringe(fringe) => fringe.apply(&mut pixels),
            Way::Gender(gender) => gender.apply(&mut pixels),
            Way::Smile(smile) => smile.apply(&mut pixels),
        }
        pixels.clamp();
    }
}

/// Draws a number from −1 to 1.
fn cue(rng: &mut dyn RngCore) -> f32 {
    rng.random_range(-1.0..=1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIDE: usize = 64;

    /// A smooth picture with different colours everywhere.
    fn picture() -> Vec<f32> {
        let at = |i: usize| {
            let (x, y, c) = ((i / 3 % SIDE) as f32, (i / 3 / SIDE) as f32, (i % 3) as f32);
            0.5 + 0.3 * (0.21 * x + 0.4 * c).sin() * (0.17 * y - 0.3 * c).cos()
        };
        (0..SIDE * SIDE * 3).map(at).collect()
    }

    /// The amount of change in each row of a picture.
    fn rows_changed(way: u64) -> Vec<f32> {
        let (before, mut after) = (picture(), picture());
        Retouch::numbered(way).apply(&mut after, SIDE);
        assert!(after.iter().all(|value| (0.0..=1.0).contains(value)));
        let rows = before.chunks(SIDE * 3).zip(after.chunks(SIDE * 3));
        rows.map(|(a, b)| a.iter().zip(b).map(|(a, b)| (a - b).abs()).sum()).collect()
    }

    #[test]
    fn the_value_of_each_feature_has_mean_0_and_variance_1() {
        let count = 4000;
        let rng = &mut stream(1, Purpose::Objective, 0);
        for feature in [Feature::Fringe, Feature::Gender, Feature::Smile] {
            let (mut sum, mut squares) = (0.0, 0.0);
            for _ in 0..count {
                let (drawn, value) = Retouch::numbered(Retouch::number(feature, rng)).known();
                assert_eq!(drawn, feature);
                sum += f64::from(value);
                squares += f64::from(value).powi(2);
            }
            let (mean, square) = (sum / f64::from(count), squares / f64::from(count));
            assert!(mean.abs() < 0.08 && (square - 1.0).abs() < 0.12, "{feature:?}: {mean} {square}");
        }
    }

    #[test]
    fn a_retouch_is_its_number_and_changes_its_own_part_of_the_face() {
        for way in 0..60 {
            let rows = rows_changed(way);
            assert_eq!(rows, rows_changed(way));
            let of = |rows: &[f32]| rows.iter().sum::<f32>();
            assert!(way % 3 == 1 || of(&rows) > 0.5, "{way} changes nothing");
            match way % 3 {
                0 => assert!(of(&rows[36..]) < 1e-3, "{way}: a fringe below the eyes"),
                2 => assert!(of(&rows[..24]) < 0.02 * of(&rows), "{way}: a smile on the forehead"),
                _ => {}
            }
        }
        assert_ne!(rows_changed(0), rows_changed(3));
    }
}
