//! Checks of a term's parameters.

use crate::weight::Weight;

/// An invalid parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invalid {
    /// Key in the term's table; empty for the table itself.
    pub key: &'static str,
    /// Its value and the values that are allowed.
    pub problem: String,
}

/// Result of a check.
pub type Checked = Result<(), Invalid>;

/// Returns an [`Invalid`] parameter as an error.
///
/// # Errors
/// Always fails.
pub fn invalid(key: &'static str, problem: impl Into<String>) -> Checked {
    Err(Invalid { key, problem: problem.into() })
}

/// Checks that `value` is finite and above 0.
///
/// # Errors
/// Names the key.
pub fn positive(key: &'static str, value: f64) -> Checked {
    if value.is_finite() && value > 0.0 {
        return Ok(());
    }
    invalid(key, format!("is {value}; it must be a finite number above 0"))
}

/// Checks that `weight` is finite and above 0 at every step.
///
/// # Errors
/// Names the key.
pub fn positive_weight(key: &'static str, weight: Weight) -> Checked {
    if weight.is_positive() {
        return Ok(());
    }
    invalid(key, format!("is {weight}; it must be finite and above 0 throughout"))
}

/// Checks that `value` is finite and not negative.
///
/// # Errors
/// Names the key.
pub fn not_negative(key: &'static str, value: f64) -> Checked {
    if value.is_finite() && value >= 0.0 {
        return Ok(());
    }
    invalid(key, format!("is {value}; it must be a finite number, 0 or above"))
}

/// Checks that `value` lies between 1 and `max`.
///
/// # Errors
/// Names the key.
pub fn within(key: &'static str, value: usize, max: usize) -> Checked {
    if (1..=max).contains(&value) {
        return Ok(());
    }
    invalid(key, format!("is {value}; it must lie between 1 and {max}"))
}

/// Checks that `value` lies between 0 and 1; neither is allowed.
///
/// # Errors
/// Names the key.
pub fn share(key: &'static str, value: f64) -> Checked {
    if value > 0.0 && value < 1.0 {
        return Ok(());
    }
    invalid(key, format!("is {value}; it must be above 0 and below 1"))
}

/// Checks that `value` lies between 0 and 1; both are allowed.
///
/// # Errors
/// Names the key.
pub fn fraction(key: &'static str, value: f64) -> Checked {
    if (0.0..=1.0).contains(&value) {
        return Ok(());
    }
    invalid(key, format!("is {value}; it must lie between 0 and 1"))
}
