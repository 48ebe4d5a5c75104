//! The change of the code between the images of pairs, and the choice of a unit for each group.

use std::cell::OnceCell;
use std::ops::Range;

use candle_core::{Result, Tensor};
use model::Posterior;
use model::circle::summed;
use model::ops::to_vec;

/// Which units may represent the factor of a group of pairs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AllowedUnits {
    /// Any unit.
    Any,
    /// A unit that is not a circle.
    Linear,
    /// A circle, if there is one, because the factor is periodic.
    Circular,
    /// A unit that is not a circle. Changes of circles are ignored, because angles of different objects can't be
    /// compared.
    LinearIgnoringCircles,
}

/// Change of the code from the first to the second image of each pair.
#[derive(Debug)]
pub struct Change {
    /// μ(x') − μ(x) of each channel, `[M, W]`.
    pub shift: Tensor,
    /// Squared change divided by the posterior's variance σ²(x), summed for each unit, `[M, D]`.
    pub squares: Tensor,
    units: OnceCell<Vec<usize>>,
    pub(super) circles: usize,
}

impl Change {
    /// Computes the change from the first M of the `first` posteriors to the `second` ones, for codes whose last
    /// units are `circles`.
    ///
    /// # Errors
    /// Passes candle's errors on.
    pub fn between(first: &Posterior, second: &Posterior, circles: usize) -> Result<Self> {
        let count = second.mean.dim(0)?;
        let shift = (&second.mean - first.mean.narrow(0, 0, count)?)?;
        let deviations = (&shift * (first.log_var.narrow(0, 0, count)?.detach() * -0.5)?.exp()?)?;
        let squares = summed(&deviations.sqr()?, circles)?;
        Ok(Self { shift, squares, units: OnceCell::new(), circles })
    }

    /// Channels of each group's unit; see `units_of`.
    ///
    /// # Errors
    /// Passes candle's errors on.
    pub fn channels(&self, groups: &[Range<usize>], allowed: &[AllowedUnits]) -> Result<Vec<Vec<usize>>> {
        let width = self.squares.dim(1)?;
        let units = if let Some(units) = self.units.get() {
            units
        } else {
            let units = units_of(&to_vec(&self.squares)?, width - self.circles, width, groups, allowed);
            self.units.get_or_init(|| units)
        };
        let plain = width - self.circles;
        let channels = units.iter().map(|&unit| {
            let first = plain + 2 * unit.saturating_sub(plain);
            if unit < plain { vec![unit] } else { vec![first, first + 1] }
        });
        Ok(channels.collect())
    }

    /// Channels of all circles.
    pub(super) fn of_circles(&self) -> Range<usize> {
        let width = self.squares.dims().last().copied().unwrap_or(0) + self.circles;
        width - 2 * self.circles..width
    }

    /// Number of units, from the first, that count in the [`spread`](super::spread) of each group.
    pub(super) fn counted(&self, groups: &[Range<usize>], allowed: &[AllowedUnits]) -> Result<Vec<usize>> {
        let width = self.squares.dim(1)?;
        let of = |group: usize| match allowed.get(group) {
            Some(AllowedUnits::LinearIgnoringCircles) if self.circles < width => width - self.circles,
            _ => width,
        };
        Ok((0..groups.len()).map(of).collect())
    }
}

/// Chooses a unit for each group of rows of `squares`, `[M, width]`: among the allowed ones, the unit with the
/// largest share of the group's squared changes. Groups have different units while there are enough; groups with
/// larger shares choose first. Circles are the units from `plain` on.
fn units_of(
    squares: &[f32],
    plain: usize,
    width: usize,
    groups: &[Range<usize>],
    allowed: &[AllowedUnits],
) -> Vec<usize> {
    let mut shares = Vec::new();
    for (group, rows) in groups.iter().enumerate() {
        let mut sums = vec![0f32; width];
        for row in squares[rows.start * width..rows.end * width].chunks_exact(width) {
            sums.iter_mut().zip(row).for_each(|(sum, square)| *sum += square);
        }
        let all = sums.iter().sum::<f32>().max(f32::MIN_POSITIVE);
        let may = |unit: usize| match allowed.get(group) {
            Some(AllowedUnits::Circular) if plain < width => unit >= plain,
            Some(AllowedUnits::Linear | AllowedUnits::LinearIgnoringCircles) if plain > 0 => unit < plain,
            _ => true,
        };
        let units = (0..width).filter(|&unit| may(unit));
        shares.extend(units.map(|unit| (sums[unit] / all, group, unit)));
    }
    shares.sort_by(|a, b| b.0.total_cmp(&a.0));
    let (mut chosen, mut free) = (vec![None; groups.len()], vec![true; width]);
    for &(_, group, unit) in &shares {
        if chosen[group].is_none() && (free[unit] || groups.len() > width) {
            (chosen[group], free[unit]) = (Some(unit), false);
        }
    }
    // Of more groups than units of their kind, the last share the best of the kind.
    let best = |group: usize| shares.iter().find(|share| share.1 == group).map_or(0, |share| share.2);
    chosen.into_iter().enumerate().map(|(group, unit)| unit.unwrap_or_else(|| best(group))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pairs::grouped;

    #[test]
    fn each_group_gets_its_own_unit_and_the_largest_share_chooses_first() {
        // Both groups move unit 0 most; the second moves little besides.
        let changes = [81.0, 0.0, 64.0, 81.0, 0.0, 64.0, 0.0, 1.0, 25.0];
        assert_eq!(units_of(&changes, 3, 3, &[0..2, 2..3], &[]), [0, 2]);
        let changes = [81.0, 0.0, 64.0, 81.0, 0.0, 64.0, 81.0, 1.0, 0.0];
        assert_eq!(units_of(&changes, 3, 3, &[0..2, 2..3], &[]), [2, 0]);
    }

    #[test]
    fn shares_decide_and_surplus_groups_share_units() {
        assert_eq!(units_of(&[8100.0, 6400.0, 0.0, 0.1], 2, 2, &[0..1, 1..2], &[]), [0, 1]);
        let squares = [1.0, 4.0, 9.0, 16.0, 25.0, 16.0];
        assert_eq!(units_of(&squares, 2, 2, &[0..1, 1..2, 2..3], &[]), [1, 1, 0]);
        assert_eq!(units_of(&[0.0, 0.0], 2, 2, &grouped(1, 1), &[]).len(), 1);
    }

    #[test]
    fn periodic_factors_get_circles_and_others_do_not() {
        // The last two of four units are circles. The first group moves unit 2 most, the second unit 0.
        let squares = [3.0, 1.0, 9.0, 0.0, 9.0, 1.0, 0.0, 4.0];
        assert_eq!(units_of(&squares, 2, 4, &[0..1, 1..2], &[]), [2, 0]);
        assert_eq!(
            units_of(&squares, 2, 4, &[0..1, 1..2], &[AllowedUnits::Linear, AllowedUnits::Circular]),
            [0, 3]
        );
        assert_eq!(
            units_of(&squares, 4, 4, &[0..1, 1..2], &[AllowedUnits::Linear, AllowedUnits::Circular]),
            [2, 0],
            "there is no circle"
        );
        assert_eq!(
            units_of(&squares, 3, 4, &[0..1, 1..2], &[AllowedUnits::Circular, AllowedUnits::Circular]),
            [3, 3],
            "there is one circle"
        );
    }

    #[test]
    fn a_circle_has_two_channels_whose_changes_count_together() -> Result<()> {
        let posterior = |mean: [f32; 4]| -> Result<Posterior> {
            let mean = Tensor::new(&[mean], &candle_core::Device::Cpu)?;
            Ok(Posterior::gaussian(mean.clone(), (mean.zeros_like()? + 4f64.ln())?))
        };
        let change =
            Change::between(&posterior([0.0, 0.0, 1.0, 0.0])?, &posterior([2.0, 3.0, 0.0, 3.0])?, 1)?;
        for (got, expected) in to_vec(&change.squares)?.iter().zip([1.0, 2.25, 2.5]) {
            assert!((got - expected).abs() < 1e-5, "{got}, not {expected}");
        }
        assert_eq!(change.channels(&grouped(1, 1), &[])?, [[2, 3]]);
        let change =
            Change::between(&posterior([0.0, 0.0, 1.0, 0.0])?, &posterior([2.0, 3.0, 0.0, 3.0])?, 1)?;
        assert_eq!(change.channels(&grouped(1, 1), &[AllowedUnits::Linear])?, [[1]]);
        Ok(())
    }
}
