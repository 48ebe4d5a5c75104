//! One change, few units: when images are moved alike, few units of their codes should answer, the same in
//! all. λ·(‖g‖₁/‖g‖₂ − 1) with g_j = √E\[d_j²\] over images moved alike and d = (μ(x') − μ(x))/σ(x), x'
//! being x shifted along an axis, made larger or smaller, or turned; the mean over the kinds of motion. It
//! is a group sparsity over pairs of images by Hoyer's ratio of norms (Hoyer 2004, eq. 3): 0 if a single
//! unit moves, however far, and largest if all move alike. Image by image, a code could pass it with a
//! factor split over units that take turns. Changes count in the posterior's standard deviations, whatever
//! scale a unit has: in the prior's, a precise unit could tell much by changes too small to cost.
//!
//! No label enters, only that pictures lie in a plane. A Gaussian prior is the same in every direction,
//! and a Laplace prior even prefers two evenly spread factors turned by 45°, so neither can tell the axes
//! of a position by itself.

use candle_core::{Result, Tensor};
use model::network::Encoding;
use model::{Posterior, Vae};
use rand::Rng;
use serde::{Deserialize, Serialize};

use super::affine::Affine;
use crate::objective::{Checked, Weight, positive_weight};

/// Added to ‖d‖₂, in standard deviations of the posterior: changes below it don't count.
const FLOOR: f64 = 0.1;

/// Sparse answers to motions of the image.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Motion {
    /// Weight λ, in nats.
    pub weight: Weight,
    /// Longest shift in pixels; 0 for none.
    pub pixels: usize,
    /// Largest factor by which an image is made larger or smaller; 1 for none.
    pub zoom: f64,
    /// Largest turn in degrees; 0 for none.
    pub turn: f64,
}

impl Default for Motion {
    fn default() -> Self {
        Self { weight: Weight::Constant(5.0), pixels: 8, zoom: 1.0, turn: 0.0 }
    }
}

impl Motion {
    /// The penalty on `images`, `[N, H, W, C]`, that `vae` has encoded so: on the first half of them,
    /// which makes it half as dear, in as many parts as there are kinds of motion.
    pub(super) fn penalty(
        self,
        vae: &Vae,
        images: &Tensor,
        encoding: &Encoding,
        step: u64,
        noise: &mut impl Rng,
    ) -> Result<Tensor> {
        let motions = self.drawn(noise);
        let half = images.dim(0)?.div_ceil(2);
        let parts = motions.len().min(half);
        let bounds: Vec<usize> = (0..=parts).map(|part| part * half / parts).collect();
        let moved = motions
            .iter()
            .zip(bounds.windows(2))
            .map(|(motion, at)| motion.of(&images.narrow(0, at[0], at[1] - at[0])?));
        let images = Tensor::cat(&moved.collect::<Result<Vec<_>>>()?, 0)?;
        let changes = in_deviations(&shift(vae, &images, encoding)?, &encoding.posterior)?;
        spread_of(&changes, &bounds)? * self.weight.at(step)
    }

    pub(super) fn validate(self) -> Checked {
        positive_weight("motion.weight", self.weight)?;
        if self.pixels > model::config::MAX_SIDE {
            let most = model::config::MAX_SIDE;
            return Err(("motion.pixels", format!("is {}; it must be at most {most}", self.pixels)));
        }
        if !(1.0..=4.0).contains(&self.zoom) {
            return Err(("motion.zoom", format!("is {}; it must lie between 1 and 4", self.zoom)));
        }
        if !(0.0..=180.0).contains(&self.turn) {
            return Err(("motion.turn", format!("is {}; it must lie between 0 and 180 degrees", self.turn)));
        }
        if self.pixels == 0 && self.zoom == 1.0 && self.turn == 0.0 {
            return Err(("motion", "names no motion; set pixels, zoom or turn".into()));
        }
        Ok(())
    }

    /// A motion of each kind that is asked for.
    fn drawn(self, noise: &mut impl Rng) -> Vec<Affine> {
        // Motions much smaller than the largest would be lost in the pixels' grid.
        let mut part = || {
            let part: f64 = noise.random_range(0.25..=1.0);
            if noise.random() { part } else { -part }
        };
        let mut kinds = Vec::with_capacity(4);
        if self.pixels > 0 {
            let mut pixels = || (part() * self.pixels as f64).round();
            kinds.push(Affine { dx: pixels(), ..Affine::STILL });
            kinds.push(Affine { dy: pixels(), ..Affine::STILL });
        }
        if self.zoom > 1.0 {
            kinds.push(Affine { cos: self.zoom.powf(part()), ..Affine::STILL });
        }
        if self.turn > 0.0 {
            let (sin, cos) = (self.turn * part()).to_radians().sin_cos();
            kinds.push(Affine { sin, cos, ..Affine::STILL });
        }
        kinds
    }
}

/// μ(x') − μ(x), `[M, D]`, between `moved`, `[M, H, W, C]`, and the first M of the images that `vae` has
/// encoded so.
pub(super) fn shift(vae: &Vae, moved: &Tensor, encoding: &Encoding) -> Result<Tensor> {
    vae.encode(moved)?.posterior.mean - encoding.posterior.mean.narrow(0, 0, moved.dim(0)?)?
}

/// `shift`, `[M, D]`, in standard deviations of the posterior.
pub(super) fn in_deviations(shift: &Tensor, Posterior { log_var, .. }: &Posterior) -> Result<Tensor> {
    shift * (log_var.narrow(0, 0, shift.dim(0)?)?.detach() * -0.5)?.exp()?
}

/// The mean over groups of ‖g‖₁/‖g‖₂ − 1, a scalar, of `changes`, `[M, D]`; `bounds` say where a group begins
/// and the last one ends.
pub(super) fn spread_of(changes: &Tensor, bounds: &[usize]) -> Result<Tensor> {
    let spreads = bounds.windows(2).map(|at| spread(&changes.narrow(0, at[0], at[1] - at[0])?));
    Tensor::stack(&spreads.collect::<Result<Vec<_>>>()?, 0)?.mean(0)
}

/// ‖g‖₁/‖g‖₂ − 1, a scalar, never below 0, where g is each unit's root mean square over rows, `[N, D]`.
fn spread(moved: &Tensor) -> Result<Tensor> {
    let squares = moved.sqr()?.mean(0)?;
    // A root has no slope at 0; with the floor in it this one has, and units within it are still.
    let group = ((&squares + FLOOR * FLOOR)?.sqrt()? - FLOOR)?;
    let length = (squares.sum_all()? + FLOOR * FLOOR)?.sqrt()?;
    ((group.sum_all()? / length)? - 1.0)?.relu()
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::{Device, Var};
    use rand::SeedableRng;
    use rand::rngs::SmallRng;

    #[test]
    fn the_kinds_asked_for_are_drawn_and_no_others_both_ways_and_within_bounds() {
        let mut noise = SmallRng::seed_from_u64(3);
        let all = Motion { zoom: 1.5, turn: 40.0, ..Motion::default() };
        let mut seen = [(f64::MAX, f64::MIN); 4];
        for _ in 0..200 {
            let motions = all.drawn(&mut noise);
            let [x, y, zoom, turn] = motions[..] else { panic!("{motions:?}") };
            assert_eq!((x, y), (Affine { dx: x.dx, ..Affine::STILL }, Affine { dy: y.dy, ..Affine::STILL }));
            assert_eq!(zoom, Affine { cos: zoom.cos, ..Affine::STILL });
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

    #[test]
    fn one_moving_unit_is_free_at_any_length_and_many_cost() -> Result<()> {
        let cost = |row: [f32; 4]| spread(&Tensor::new(&[row], &Device::Cpu)?)?.to_scalar::<f32>();
        assert!(cost([9.0, 0.0, 0.0, 0.0])? < 1e-3);
        assert!(cost([0.0, -900.0, 0.0, 0.0])? < 1e-3);
        assert!((cost([90.0, 90.0, 90.0, 90.0])? - 1.0).abs() < 1e-2);
        assert!(cost([0.01, 0.01, 0.0, 0.0])? < 1e-3);
        assert!(cost([1.0, 1.0, 0.0, 0.0])? > 0.25, "a standard deviation of the posterior counts");
        Ok(())
    }

    #[test]
    fn units_that_take_turns_cost_as_much_as_units_that_move_together() -> Result<()> {
        let turns = Tensor::new(&[[4f32, 0.0], [0.0, 4.0]], &Device::Cpu)?;
        let together = Tensor::new(&[[4f32, 4.0], [4.0, 4.0]], &Device::Cpu)?;
        let cost = |moved: &Tensor| spread(moved)?.to_scalar::<f32>();
        assert!((cost(&turns)? - cost(&together)?).abs() < 0.05);
        assert!(cost(&turns)? > 0.3);
        Ok(())
    }

    #[test]
    fn its_gradient_is_finite_where_nothing_moves() -> Result<()> {
        let moved = Var::new(&[[0f32, 0.0], [1.0, 1.0]], &Device::Cpu)?;
        let gradients = spread(&moved)?.backward()?;
        let gradient = gradients.get(&moved).map(|g| g.flatten_all()?.to_vec1::<f32>()).transpose()?;
        assert!(gradient.is_some_and(|g| g.iter().all(|v| v.is_finite())));
        Ok(())
    }
}
