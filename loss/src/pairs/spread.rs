//! One factor, few units: few units should change between the images of a pair, and the same ones in all pairs
//! of a group. The penalty is the mean over groups of ‖g‖₁/‖g‖₂ − 1, with g_j = √E\[d_j²\] over the pairs of a
//! group and d = (μ(x') − μ(x))/σ(x). It is a group sparsity by Hoyer's ratio of norms (Hoyer 2004,
//! "Non-negative matrix factorization with sparseness constraints", eq. 3): 0 if a single unit changes,
//! however far, and largest if all change equally. A penalty on single pairs would allow a factor to use
//! different units for different images. Changes are measured in standard deviations of the posterior, because
//! a unit with a small σ carries information in changes that are small on the prior's scale.

use std::ops::Range;

use candle_core::{Result, Tensor};

/// Added to ‖d‖₂, in standard deviations of the posterior. Smaller changes hardly count.
const FLOOR: f64 = 0.1;

/// Mean penalty over `groups` of rows of `squares`, the squared changes `[M, D]`: a scalar, never below 0. In
/// each group only the first `counted` units count.
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

/// ‖g‖₁/‖g‖₂ − 1, a scalar, never below 0, where g is the root of each unit's mean over the rows, `[N, D]`.
fn spread(squares: &Tensor) -> Result<Tensor> {
    let squares = squares.mean(0)?;
    // The floor keeps the gradient of the root finite at 0.
    let group = ((&squares + FLOOR * FLOOR)?.sqrt()? - FLOOR)?;
    let length = (squares.sum_all()? + FLOOR * FLOOR)?.sqrt()?;
    ((group.sum_all()? / length)? - 1.0)?.relu()
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::{Device, Var};

    #[test]
    fn one_changing_unit_costs_nothing_and_several_do() -> Result<()> {
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
