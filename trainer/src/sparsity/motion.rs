//! One change, few units: when images are shifted along one of their axes, few units of their codes
//! should answer, the same in all. λ·(‖g‖₁/‖g‖₂ − 1) with g_j = √E\[d_j²\] over a batch shifted alike and
//! d = (μ(x') − μ(x))/σ(x), x' being x shifted by some pixels along x or y. It is a group sparsity over
//! pairs of images by Hoyer's ratio of norms (Hoyer 2004, eq. 3): 0 if a single unit moves, however far,
//! and largest if all move alike. Image by image, a code could pass it with a factor split over units
//! that take turns.
//!
//! No label enters, only that pictures have two axes. A Gaussian prior is the same in every direction,
//! and a Laplace prior even prefers two evenly spread factors turned by 45°, so neither can tell the axes
//! of a position by itself.

use candle_core::{Result, Tensor};
use model::network::Encoding;
use model::{Posterior, Vae};
use rand::Rng;
use serde::{Deserialize, Serialize};

use crate::objective::Weight;

/// Added to ‖d‖₂, in standard deviations of the posterior: changes below it don't count.
const FLOOR: f64 = 0.1;

/// Sparse answers to shifts.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Shift {
    /// Weight λ, in nats.
    pub weight: Weight,
    /// Longest shift in pixels.
    pub pixels: usize,
}

impl Default for Shift {
    fn default() -> Self {
        Self { weight: Weight::Constant(5.0), pixels: 8 }
    }
}

impl Shift {
    /// The penalty on `images`, `[N, H, W, C]`, that `vae` has encoded so: on the first half of them,
    /// which makes it half as dear.
    pub(super) fn penalty(
        self,
        vae: &Vae,
        images: &Tensor,
        encoding: &Encoding,
        step: u64,
        noise: &mut impl Rng,
    ) -> Result<Tensor> {
        let half = images.dim(0)?.div_ceil(2);
        let axis = noise.random_range(1..=2);
        let pixels = noise.random_range(1..=self.pixels.min(images.dim(axis)? - 1));
        let images = shifted(&images.narrow(0, 0, half)?, axis, pixels, noise.random())?;
        let Posterior { mean, log_var, .. } = &encoding.posterior;
        let (mean, log_var) = (mean.narrow(0, 0, half)?, log_var.narrow(0, 0, half)?.detach());
        let moved = (vae.encode(&images)?.posterior.mean - mean)?;
        spread(&(moved * (log_var * -0.5)?.exp()?)?)? * self.weight.at(step)
    }
}

/// `images` moved by `pixels` along dimension `axis`, up or down it; the edge is repeated.
fn shifted(images: &Tensor, axis: usize, pixels: usize, up: bool) -> Result<Tensor> {
    let size = images.dim(axis)?;
    let (before, after, start) = if up { (pixels, 0, 0) } else { (0, pixels, pixels) };
    images.pad_with_same(axis, before, after)?.narrow(axis, start, size)?.contiguous()
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

    #[test]
    fn a_shift_moves_the_picture_and_repeats_its_edge() -> Result<()> {
        let image = Tensor::new(&[[1f32, 2.0, 3.0], [4.0, 5.0, 6.0]], &Device::Cpu)?.reshape((1, 2, 3, 1))?;
        let read = |axis, up| shifted(&image, axis, 1, up)?.flatten_all()?.to_vec1::<f32>();
        assert_eq!(read(2, true)?, [1.0, 1.0, 2.0, 4.0, 4.0, 5.0]);
        assert_eq!(read(2, false)?, [2.0, 3.0, 3.0, 5.0, 6.0, 6.0]);
        assert_eq!(read(1, true)?, [1.0, 2.0, 3.0, 1.0, 2.0, 3.0]);
        Ok(())
    }

    #[test]
    fn one_moving_unit_is_free_at_any_length_and_many_cost() -> Result<()> {
        let cost = |row: [f32; 4]| spread(&Tensor::new(&[row], &Device::Cpu)?)?.to_scalar::<f32>();
        assert!(cost([9.0, 0.0, 0.0, 0.0])? < 1e-3);
        assert!(cost([0.0, -900.0, 0.0, 0.0])? < 1e-3);
        assert!((cost([90.0, 90.0, 90.0, 90.0])? - 1.0).abs() < 1e-2);
        assert!(cost([0.01, 0.01, 0.0, 0.0])? < 1e-3);
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
