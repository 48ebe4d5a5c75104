//! Lower bound on the time of a training step of the dSprites network on a given device.

use super::train::GFLOP;

/// Minimum number of values that a step moves per image: each output is written and read forward, its
/// gradient is written and read backward, and the output is read again for the weight gradients.
const VALUES: f64 = (5 * (2 * (32 * 32 * 32 + 16 * 16 * 32 + 8 * 8 * 64 + 4 * 4 * 64 + 256) + 4096)) as f64;
/// Number of weights and biases.
const PARAMETERS: f64 = (2 * 16 * (32 + 32 * 32 + 32 * 64 + 64 * 64)
    + (32 + 32 + 64 + 64)
    + (64 + 32 + 32 + 1)
    + (2 * 1024 * 256 + 256 + 1024)
    + (256 * 20 + 20)
    + (10 * 256 + 256)) as f64;
/// Memory accesses per parameter and step: parameter and both moments read and written, gradient written
/// and read.
const MOVES: f64 = 8.0;

/// Minimum time of a step of `batch` images in microseconds: the longer of its arithmetic at `gflops` and
/// its memory traffic at `gigabytes` per second.
pub(super) fn floor(batch: f64, gflops: f64, gigabytes: f64) -> f64 {
    let computing = batch * GFLOP / gflops;
    let moving = 4e-9 * (batch * VALUES + MOVES * PARAMETERS) / gigabytes;
    1e6 * computing.max(moving)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_floor_is_the_longer_of_computing_and_moving() {
        let computing = 1e6 * 100.0 * GFLOP / 10.0;
        assert!((floor(100.0, 10.0, 1e9) - computing).abs() < 1e-6);
        let moving = 4e-3 * (100.0 * VALUES + MOVES * PARAMETERS) / 10.0;
        assert!((floor(100.0, 1e12, 10.0) - moving).abs() < 1e-6);
    }

    #[test]
    fn the_parameters_are_those_of_the_shipped_network() {
        assert_eq!(PARAMETERS, 764_245.0);
    }
}
