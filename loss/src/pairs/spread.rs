//! One change, few units: the units that answer should be few, and the same in all pairs of a group.
//! ‖g‖₁/‖g‖₂ − 1 with g_j = √E\[d_j²\] over the pairs of a group and d = (μ(x') − μ(x))/σ(x); the mean over
//! groups. It is a group sparsity over pairs of images by Hoyer's ratio of norms (Hoyer 2004, "Non-negative
//! matrix factorization with sparseness constraints", eq. 3): 0 if a single unit moves, however far, and
//! largest if all move alike. Image by image, a code could pass it with a factor split over units that take
//! turns. Changes count in the posterior's standard deviations, whatever scale a unit has: in the prior's, a
//! precise unit could tell much by changes too small to cost.

use std::ops::Range;

use candle_core::{Result, Tensor};

/// Added to ‖d‖₂, in standard deviations of the posterior: changes below it don't count.
const FLOOR: f64 = 0.1;

/// The mean over `groups` of rows of `squares` of changes, `[M, D]`, of which in each group so many units are
/// `counted`, the first ones: a scalar, never below 0.
///
/// # Errors
/// Passes candle's errors on.
pub fn penalty(squares: &Tensor, groups: &[Range<usize>], counted: &[usize]) -> Result<Tensor> {
    let spreads = groups.iter().zip(counted).map(|(rows, &units)| {
        let squares = squares.narrow(0, rows.start, rows.len())?;
        if units == squares.dim(1)? { spread(&squares) } else { spread(&squares.narrow(1, 0, units)?) }
    });
    Tensor::stack(&spreads.collect::<Result<Vec<_>>>()?, 0)?.mean(0)
}

/// ‖g‖₁/‖g‖₂ − 1, a scalar, never below 0, where g is the root of each unit's mean over rows, `[N, D]`.
fn spread(squares: &Tensor) -> Result<Tensor> {
    let squares = squares.mean(0)?;
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
    fn one_moving_unit_is_free_at_any_length_and_many_cost() -> Result<()> {
        let cost = |row: [f32; 4]| spread(&Tensor::new(&[row], &Device::Cpu)?.sqr()?)?.to_scalar::<f32>();
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
        let cost = |moved: &Tensor| spread(&moved.sqr()?)?.to_scalar::<f32>();
        assert!((cost(&turns)? - cost(&together)?).abs() < 0.05);
        assert!(cost(&turns)? > 0.3);
        Ok(())
    }

    #[test]
    fn its_gradient_is_finite_where_nothing_moves() -> Result<()> {
        let moved = Var::new(&[[0f32, 0.0], [1.0, 1.0]], &Device::Cpu)?;
        let gradients = spread(&moved.sqr()?)?.backward()?;
        let gradient = gradients.get(&moved).map(|g| g.flatten_all()?.to_vec1::<f32>()).transpose()?;
        assert!(gradient.is_some_and(|g| g.iter().all(|v| v.is_finite())));
        Ok(())
    }
}
