//! Minimises smooth convex functions by L-BFGS (Liu & Nocedal 1989) with a backtracking line search.

use std::collections::VecDeque;

/// Steps whose curvature is remembered.
const MEMORY: usize = 10;
/// Fraction of the expected decrease that a step must achieve (Armijo's rule).
const SUFFICIENT: f64 = 1e-4;
/// Halvings of a step before the search stops.
const HALVINGS: usize = 40;

/// Minimises `function` from `point`, in place, until no entry of the gradient is over `tolerance`, for
/// at most `steps` steps. `function` writes the gradient and returns the value.
pub(super) fn minimise(
    point: &mut Vec<f64>,
    tolerance: f64,
    steps: usize,
    mut function: impl FnMut(&[f64], &mut [f64]) -> f64,
) {
    let mut gradient = vec![0.0; point.len()];
    let mut value = function(point, &mut gradient);
    let mut memory: VecDeque<(Vec<f64>, Vec<f64>)> = VecDeque::new();
    for _ in 0..steps {
        if gradient.iter().all(|slope| slope.abs() <= tolerance) {
            return;
        }
        let direction = direction(&gradient, &memory);
        let slope = dot(&direction, &gradient);
        let mut length =
            if memory.is_empty() { 1.0 / dot(&gradient, &gradient).sqrt().max(1.0) } else { 1.0 };
        let mut next_gradient = vec![0.0; point.len()];
        let found = (0..HALVINGS).find_map(|_| {
            let next: Vec<f64> = point.iter().zip(&direction).map(|(x, d)| x + length * d).collect();
            let next_value = function(&next, &mut next_gradient);
            let enough = next_value <= value + SUFFICIENT * length * slope;
            length /= 2.0;
            enough.then_some((next, next_value))
        });
        let Some((next, next_value)) = found else { return };
        let moved = next.iter().zip(point.iter()).map(|(a, b)| a - b).collect::<Vec<f64>>();
        let turned = next_gradient.iter().zip(&gradient).map(|(a, b)| a - b).collect::<Vec<f64>>();
        if dot(&moved, &turned) > f64::EPSILON * dot(&turned, &turned) {
            if memory.len() == MEMORY {
                memory.pop_front();
            }
            memory.push_back((moved, turned));
        }
        (*point, value, gradient) = (next, next_value, next_gradient);
    }
}

/// −H·g, where H is the inverse Hessian estimated from the last steps.
fn direction(gradient: &[f64], memory: &VecDeque<(Vec<f64>, Vec<f64>)>) -> Vec<f64> {
    let mut direction: Vec<f64> = gradient.iter().map(|slope| -slope).collect();
    let mut shares = Vec::with_capacity(memory.len());
    for (moved, turned) in memory.iter().rev() {
        let share = dot(moved, &direction) / dot(moved, turned);
        add(&mut direction, turned, -share);
        shares.push(share);
    }
    if let Some((moved, turned)) = memory.back() {
        let scale = dot(moved, turned) / dot(turned, turned);
        direction.iter_mut().for_each(|entry| *entry *= scale);
    }
    for ((moved, turned), share) in memory.iter().zip(shares.iter().rev()) {
        let other = dot(turned, &direction) / dot(moved, turned);
        add(&mut direction, moved, share - other);
    }
    direction
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn add(to: &mut [f64], what: &[f64], times: f64) {
    to.iter_mut().zip(what).for_each(|(to, what)| *to += times * what);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_minimum_of_a_narrow_valley_is_found() {
        let mut point = vec![0.0, 0.0, 0.0];
        minimise(&mut point, 1e-9, 200, |x, gradient| {
            let weights = [1.0, 100.0, 10_000.0];
            let goal = [3.0, -2.0, 0.5];
            let mut value = 0.0;
            for place in 0..3 {
                let off = x[place] - goal[place];
                gradient[place] = weights[place] * (off + off.powi(3));
                value += weights[place] * (off.powi(2) / 2.0 + off.powi(4) / 4.0);
            }
            value
        });
        for (found, goal) in point.iter().zip([3.0, -2.0, 0.5]) {
            assert!((found - goal).abs() < 1e-8, "{point:?}");
        }
    }
}
