//! Chooses the number of steps that fit into a time limit.

/// Fraction of the time limit over which the speed is measured.
const MEASURED: f64 = 0.06;
/// Minimum number of steps over which the speed is measured.
const FEWEST: u64 = 10;
/// Fraction of the remaining time that is planned for, because other processes may slow the run down.
const PLANNED: f64 = 0.97;

/// Measures the speed of a run once, near its beginning.
pub(super) struct Fit {
    seconds: f64,
    /// Step and time in seconds at which measuring started; excludes the first step, which is slow.
    start: Option<(u64, f64)>,
    done: bool,
}

impl Fit {
    /// Creates a measurement for a run limited to `seconds`.
    pub(super) fn new(seconds: f64) -> Self {
        Self { seconds, start: None, done: false }
    }

    /// Returns the step at which the run should end, once it is known. `step` was completed `now` seconds
    /// after the run started.
    pub(super) fn last_step(&mut self, step: u64, now: f64) -> Option<u64> {
        let Some((first, began)) = self.start else {
            self.start = Some((step, now));
            return None;
        };
        let (steps, took) = (step - first, now - began);
        if self.done || steps < FEWEST || took < MEASURED * self.seconds {
            return None;
        }
        self.done = true;
        let left = PLANNED * (self.seconds - now).max(0.0);
        Some(step + (steps as f64 / took * left) as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_given_the_steps_that_its_speed_allows() {
        // Loading takes 10 of 100 s; 20 steps per second follow from step 1000.
        let mut fit = Fit::new(100.0);
        let changes: Vec<(u64, u64)> = (1001..3000)
            .filter_map(|step| Some((step, fit.last_step(step, 10.0 + (step - 1000) as f64 / 20.0)?)))
            .collect();
        let [(at, last)] = changes[..] else { panic!("{} changes", changes.len()) };
        assert!((1119..=1123).contains(&at), "{at}");
        let expected = 1000.0 + 20.0 * (6.0 + 0.97 * 84.0);
        assert!((last as f64 - expected).abs() < 5.0, "{last} is not {expected}");
    }

    #[test]
    fn slow_steps_are_measured_over_a_few() {
        let mut fit = Fit::new(10.0);
        let first = (1..20u64).find(|&step| fit.last_step(step, step as f64).is_some());
        assert_eq!(first, Some(11));
    }
}
