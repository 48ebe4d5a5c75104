//! The standard normal prior, p(z) = N(0, 1) for each unit. It is the default.

use serde::{Deserialize, Serialize};

use crate::term::{CardEntry, Term};

/// N(0, 1), without a parameter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gaussian {}

impl Term for Gaussian {
    fn card(&self) -> Option<CardEntry> {
        None
    }
}
