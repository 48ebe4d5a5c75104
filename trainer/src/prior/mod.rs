//! The prior p(z) that codes are drawn to. One file a prior; any goes with any objective and any
//! sparsity of the encoder.

mod laplace;
mod mixture;
mod relevance;
mod spike_slab;

use std::collections::BTreeMap;

use candle_core::{DType, Device, Result, Tensor};
use model::config::PosteriorKind;
use model::{ModelConfig, Parameters, Posterior};
use serde::{Deserialize, Serialize};

pub use laplace::{Laplace, laplace_kl};
pub use mixture::Mixture;
pub use relevance::Relevance;
pub use spike_slab::SpikeSlab;

use crate::objective::{not_negative, positive, positive_weight};

/// N(0, 1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gaussian {}

/// A prior with its parameters, as `[prior]` in a configuration.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Prior {
    /// N(0, 1).
    Gaussian(Gaussian),
    /// Laplace(0, b).
    Laplace(Laplace),
    /// Spike and slab.
    SpikeSlab(SpikeSlab),
    /// Two Gaussians, one narrow.
    Mixture(Mixture),
    /// N(0, v) with a v of its own for each unit, learnt.
    Relevance(Relevance),
}

impl Default for Prior {
    fn default() -> Self {
        Self::Gaussian(Gaussian {})
    }
}

/// What a prior costs a batch.
#[derive(Debug)]
pub struct Cost {
    /// KL(q(z|x) ‖ p(z)) per image and unit in nats, `[N, D]`.
    pub kl: Tensor,
    /// What is added besides, weighted, a scalar.
    pub penalty: Option<Tensor>,
}

impl Prior {
    /// The posterior as it is sampled and paid for at `step`.
    ///
    /// # Errors
    /// Passes candle's errors on.
    pub fn posterior(self, posterior: &Posterior, step: u64) -> Result<Posterior> {
        match self {
            Self::SpikeSlab(prior) => prior.warmed(posterior, step),
            _ => Ok(posterior.clone()),
        }
    }

    /// How sharply a spike is drawn at `step`.
    pub fn sharpness(self, step: u64) -> f64 {
        match self {
            Self::SpikeSlab(prior) => prior.sharpness.at(step),
            _ => model::posterior::SHARPNESS,
        }
    }

    /// What the prior costs a batch: `posterior` and its sampled `codes`, `[N, D]`; `parameters` are
    /// the run's, `noise` draws what it needs.
    ///
    /// # Errors
    /// Passes candle's errors on.
    pub fn cost(
        self,
        posterior: &Posterior,
        codes: &Tensor,
        parameters: &Parameters,
        noise: &mut impl rand::Rng,
    ) -> Result<Cost> {
        match self {
            Self::Gaussian(_) => Ok(Cost { kl: posterior.kl_standard_normal()?, penalty: None }),
            Self::Laplace(prior) => Ok(Cost { kl: laplace_kl(posterior, prior.scale)?, penalty: None }),
            Self::SpikeSlab(prior) => Ok(Cost { kl: prior.kl(posterior)?, penalty: None }),
            Self::Mixture(prior) => prior.cost(posterior, codes, noise),
            Self::Relevance(prior) => prior.cost(posterior, parameters),
        }
    }

    /// Parameters that are trained with the network and not exported, as they start.
    ///
    /// # Errors
    /// Fails if the device can't hold them.
    pub fn initial(self, config: &ModelConfig, device: &Device) -> Result<BTreeMap<String, Tensor>> {
        match self {
            Self::Relevance(_) => {
                let log_var = Tensor::zeros(config.latent, DType::F32, device)?;
                Ok(BTreeMap::from([(relevance::LOG_VAR.to_owned(), log_var)]))
            }
            _ => Ok(BTreeMap::new()),
        }
    }

    /// The network's tensors as they are exported.
    ///
    /// # Errors
    /// Passes candle's errors on.
    pub fn applied(self, tensors: BTreeMap<String, Tensor>) -> Result<BTreeMap<String, Tensor>> {
        if let Self::Relevance(_) = self { relevance::applied(tensors) } else { Ok(tensors) }
    }

    /// Checks the parameters, and that they go with the posterior.
    ///
    /// # Errors
    /// Key under `prior`, and what it should be.
    pub fn validate(self, posterior: PosteriorKind) -> std::result::Result<(), (&'static str, String)> {
        let needs = |wanted: &str, fits: bool| {
            if fits { Ok(()) } else { Err(("kind", format!("needs model.posterior = \"{wanted}\""))) }
        };
        let gaussian = posterior == PosteriorKind::Gaussian;
        match self {
            Self::Gaussian(_) => Ok(()),
            Self::Laplace(prior) => {
                needs("gaussian\" or \"laplace", posterior != PosteriorKind::SpikeSlab)?;
                positive("scale", prior.scale)
            }
            Self::SpikeSlab(prior) => {
                needs("spike-slab", posterior == PosteriorKind::SpikeSlab)?;
                share("active", prior.active)?;
                positive_weight("sharpness", prior.sharpness)
            }
            Self::Mixture(prior) => {
                needs("gaussian", gaussian)?;
                share("share", prior.share)?;
                positive("narrow", prior.narrow)?;
                not_negative("alignment", prior.alignment)
            }
            Self::Relevance(prior) => {
                needs("gaussian", gaussian)?;
                not_negative("strength", prior.strength)
            }
        }
    }

    /// Name and numeric parameters, for the model card.
    pub fn card(self) -> (&'static str, Vec<(&'static str, f64)>) {
        match self {
            Self::Gaussian(_) => ("gaussian", vec![]),
            Self::Laplace(p) => ("laplace", vec![("scale", p.scale)]),
            Self::SpikeSlab(p) => ("spike-slab", vec![("active", p.active)]),
            Self::Mixture(p) => {
                ("mixture", vec![("share", p.share), ("narrow", p.narrow), ("alignment", p.alignment)])
            }
            Self::Relevance(p) => ("relevance", vec![("strength", p.strength)]),
        }
    }
}

fn share(key: &'static str, value: f64) -> std::result::Result<(), (&'static str, String)> {
    if value > 0.0 && value < 1.0 {
        return Ok(());
    }
    Err((key, format!("is {value}; it must lie between 0 and 1")))
}
