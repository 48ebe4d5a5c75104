//! The evidence lower bound (Kingma & Welling 2014, "Auto-encoding variational Bayes", eq. 3):
//! −log p(x|z) + KL(q(z|x) ‖ p(z)).

use serde::{Deserialize, Serialize};

use crate::term::{CardEntry, Term};

/// The plain VAE, without parameters. It leaves the loss as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Elbo {}

impl Term for Elbo {
    fn card(&self) -> Option<CardEntry> {
        CardEntry::of("vae", &[])
    }
}
