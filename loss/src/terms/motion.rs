//! Few units for each motion of the image. A pair is an image and the same image shifted along an axis, scaled
//! or rotated. Each group has one kind of motion, the same for all its images.
//!
//! This uses no labels, only the fact that objects move in the plane of the image. A prior alone can't find the
//! axes of a position: a Gaussian prior is the same in every direction, and a Laplace prior even prefers two
//! uniform factors rotated by 45°.

use candle_core::{Result, Tensor};
use model::ModelConfig;
use rand::{Rng, RngCore};
use serde::{Deserialize, Serialize};

use crate::check::{Checked, invalid};
use crate::pairs::affine::Affine;
use crate::pairs::{Source, grouped};
use crate::term::Extra;

/// Pairs of an image and the same image moved.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Motion {
    /// Largest shift in pixels; 0 for no shifts.
    pub pixels: usize,
    /// Largest factor by which an image is enlarged or reduced; 1 for no scaling.
    pub zoom: f64,
    /// Largest rotation in degrees; 0 for no rotations.
    pub turn: f64,
}

impl Default for Motion {
    fn default() -> Self {
        Self { pixels: 8, zoom: 1.0, turn: 0.0 }
    }
}

impl Source for Motion {
    const NAME: &'static str = "motion";

    fn validate(&self, _model: &ModelConfig) -> Checked {
        if self.pixels > model::config::MAX_SIDE {
            let most = model::config::MAX_SIDE;
            return invalid("pixels", format!("is {}; it must be at most {most}", self.pixels));
        }
        if !(1.0..=4.0).contains(&self.zoom) {
            return invalid("zoom", format!("is {}; it must lie between 1 and 4", self.zoom));
        }
        if !(0.0..=180.0).contains(&self.turn) {
            return invalid("turn", format!("is {}; it must lie between 0 and 180 degrees", self.turn));
        }
        if self.pixels == 0 && self.zoom == 1.0 && self.turn == 0.0 {
            return invalid("", "names no motion; set pixels, zoom or turn");
        }
        Ok(())
    }

    /// Moves the first half of the batch (half the cost of the full batch).
    fn images(&self, batch: &Tensor, noise: &mut dyn RngCore) -> Result<Option<Extra>> {
        let motions = self.drawn(noise);
        let half = batch.dim(0)?.div_ceil(2);
        let groups = grouped(half, motions.len().min(half));
        let moved = motions
            .iter()
            .zip(&groups)
            .map(|(motion, rows)| motion.of(&batch.narrow(0, rows.start, rows.len())?));
        let images = Tensor::cat(&moved.collect::<Result<Vec<_>>>()?, 0)?;
        Ok(Some(Extra { images, groups, allowed: Vec::new() }))
    }
}

impl Motion {
    /// Draws one motion of each kind that is turned on.
    fn drawn(self, noise: &mut (impl Rng + ?Sized)) -> Vec<Affine> {
        // Much smaller motions would vanish between pixels.
        let mut part = || {
            let part: f64 = noise.random_range(0.25..=1.0);
            if noise.random() { part } else { -part }
        };
        let mut kinds = Vec::with_capacity(4);
        if self.pixels > 0 {
            let mut pixels = || (part() * self.pixels as f64).round();
            kinds.push(Affine { dx: pixels(), ..Affine::IDENTITY });
            kinds.push(Affine { dy: pixels(), ..Affine::IDENTITY });
        }
        if self.zoom > 1.0 {
            kinds.push(Affine { cos: self.zoom.powf(part()), ..Affine::IDENTITY });
        }
        if self.turn > 0.0 {
            let (sin, cos) = (self.turn * part()).to_radians().sin_cos();
            kinds.push(Affine { sin, cos, ..Affine::IDENTITY });
        }
        kinds
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand::rngs::SmallRng;

    #[test]
    fn only_the_chosen_kinds_are_drawn_and_within_their_bounds() {
        let mut noise = SmallRng::seed_from_u64(3);
        let all = Motion { zoom: 1.5, turn: 40.0, ..Motion::default() };
        let mut seen = [(f64::MAX, f64::MIN); 4];
        for _ in 0..200 {
            let motions = all.drawn(&mut noise);
            let [x, y, zoom, turn] = motions[..] else { panic!("{motions:?}") };
            assert_eq!(
                (x, y),
                (Affine { dx: x.dx, ..Affine::IDENTITY }, Affine { dy: y.dy, ..Affine::IDENTITY })
            );
            assert_eq!(zoom, Affine { cos: zoom.cos, ..Affine::IDENTITY });
            assert!((turn.cos.hypot(turn.sin) - 1.0).abs() < 1e-9);
            let amounts =
                [x.dx / 8.0, y.dy / 8.0, zoom.cos.ln() / 1.5_f64.ln(), turn.sin.asin().to_degrees() / 40.0];
            for (amount, (low, high)) in amounts.into_iter().zip(&mut seen) {
                assert!((0.2..=1.0 + 1e-9).contains(&amount.abs()), "{amount}");
                (*low, *high) = (low.min(amount), high.max(amount));
            }
        }
        assert!(seen.iter().all(|(low, high)| *low < -0.8 && *high > 0.8), "{seen:?}");
        assert_eq!(Motion::default().drawn(&mut noise).len(), 2);
        assert_eq!(Motion { pixels: 0, zoom: 2.0, ..Motion::default() }.drawn(&mut noise).len(), 1);
    }
}
