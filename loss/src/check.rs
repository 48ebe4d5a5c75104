//! Checks of parameters.

use crate::weight::Weight;

/// A parameter that can't be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invalid {
    /// Its key within the term's table; empty for the table itself.
    pub key: &'static str,
    /// What it is and what it should be.
    pub problem: String,
}

/// What a check finds.
pub type Checked = Result<(), Invalid>;

/// An [`Invalid`] parameter, as a result.
///
/// # Errors
/// Always.
pub fn invalid(key: &'static str, problem: impl Into<String>) -> Checked {
    Err(Invalid { key, problem: problem.into() })
}

/// A finite number above 0.
///
/// # Errors
/// Names the key otherwise.
pub fn positive(key: &'static str, value: f64) -> Checked {
    if value.is_finite() && value > 0.0 {
        return Ok(());
    }
    invalid(key, format!("is {value}; it must be a finite number above 0"))
}

/// A weight that is finite and above 0 at every step.
///
/// # Errors
/// Names the key otherwise.
pub fn positive_weight(key: &'static str, weight: Weight) -> Checked {
    if weight.is_positive() {
        return Ok(());
    }
    invalid(key, format!("is {weight}; it must be finite and above 0 throughout"))
}

/// A finite number, 0 or above.
///
/// # Errors
/// Names the key otherwise.
pub fn not_negative(key: &'static str, value: f64) -> Checked {
    if value.is_finite() && value >= 0.0 {
        return Ok(());
    }
    invalid(key, format!("is {value}; it must be a finite number, 0 or above"))
}

/// A whole number from 1 to `max`.
///
/// # Errors
/// Names the key otherwise.
pub fn within(key: &'static str, value: usize, max: usize) -> Checked {
    if (1..=max).contains(&value) {
        return Ok(());
    }
    invalid(key, format!("is {value}; it must lie between 1 and {max}"))
}

/// A number between 0 and 1, neither of them.
///
/// # Errors
/// Names the key otherwise.
pub fn share(key: &'static str, value: f64) -> Checked {
    if value > 0.0 && value < 1.0 {
        return Ok(());
    }
    invalid(key, format!("is {value}; it must lie between 0 and 1"))
}
