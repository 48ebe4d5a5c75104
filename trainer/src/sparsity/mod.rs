//! What is sparse in the encoder, as `[sparsity]` in a configuration. One file a mechanism; they add
//! up, and go with any objective and any prior. Sparsity of the code itself by its winners is the
//! network's own: `model.winners`.

mod activation;
mod affine;
mod exchange;
mod gates;
mod motion;
mod opening;
mod purity;
mod rate;
mod transitions;
mod weights;

use std::collections::BTreeMap;

use candle_core::{Device, Result, Tensor};
use model::network::Encoding;
use model::{ModelConfig, Parameters, Vae};
use rand::Rng;
use serde::{Deserialize, Serialize};

pub use activation::{Activation, Layers};
pub use gates::Gates;
pub use motion::Motion;
pub use opening::Opening;
pub use rate::Rate;
pub use transitions::{Drawn, Partners, Transitions};
pub use weights::{Shrink, Shrunk};

use crate::objective::{not_negative, positive, within};

/// Sparsity of the encoder; none by default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sparsity {
    /// L1 on hidden activations.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub activation: Option<Activation>,
    /// A low mean activity of every hidden unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate: Option<Rate>,
    /// L1 on weights, to exact zeros.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weights: Option<Shrink>,
    /// L0 on channels and latent units.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gates: Option<Gates>,
    /// Few units that answer to a motion of the image.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub motion: Option<Motion>,
    /// Few units that tell apart two images that differ in one factor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transitions: Option<Transitions>,
    /// Latent units that open one after another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opening: Option<Opening>,
}

/// A step's pictures.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a> {
    /// Images, `[N, H, W, C]`.
    pub images: &'a Tensor,
    /// What [`Transitions::drawn`] chose for them.
    pub partners: Option<&'a Partners>,
}

/// What the encoder made of a step's pictures.
#[derive(Clone, Copy, Debug)]
pub struct Coded<'a> {
    /// Posterior and hidden activations.
    pub encoding: &'a Encoding,
    /// The sampled codes, `[N, D]`.
    pub codes: &'a Tensor,
}

impl Sparsity {
    /// Its cost on a batch that `vae` has encoded, a scalar, if it has one.
    ///
    /// # Errors
    /// Passes candle's errors on.
    pub fn penalty(
        &self,
        vae: &Vae,
        Seen { images, partners }: Seen,
        coded: Coded,
        parameters: &Parameters,
        step: u64,
        noise: &mut impl Rng,
    ) -> Result<Option<Tensor>> {
        let encoding = coded.encoding;
        let parts = [
            self.activation.map(|part| part.penalty(&encoding.activations)),
            self.rate.map(|part| part.penalty(&encoding.activations)),
            self.gates.map(|part| part.penalty(parameters)),
            self.motion.map(|part| part.penalty(vae, images, encoding, step, noise)),
            self.transitions
                .zip(partners)
                .map(|(part, partners)| part.penalty(vae, images, partners, coded, step)),
        ];
        total(parts.into_iter().flatten())
    }

    /// Whether its cost reads the encoder's feature maps.
    pub fn maps(&self) -> bool {
        self.activation.is_some_and(|part| part.layers == activation::Layers::All)
    }

    /// Parameters that are trained with the network and not exported, as they start.
    ///
    /// # Errors
    /// Fails if the device can't hold them.
    pub fn initial(&self, config: &ModelConfig, device: &Device) -> Result<BTreeMap<String, Tensor>> {
        self.gates.map_or_else(|| Ok(BTreeMap::new()), |gates| gates.initial(config, device))
    }

    /// The network's tensors as `step` of training uses them, where they are not the parameters
    /// themselves; `noise` draws the gates.
    ///
    /// # Errors
    /// Passes candle's errors on.
    pub fn drawn(
        &self,
        parameters: &Parameters,
        step: u64,
        noise: &mut impl Rng,
    ) -> Result<Option<BTreeMap<String, Tensor>>> {
        if self.gates.is_none() && self.opening.is_none() {
            return Ok(None);
        }
        let mut tensors = parameters.tensors();
        if let Some(gates) = self.gates {
            tensors = gates.drawn(tensors, noise)?;
        }
        if let Some(opening) = self.opening {
            tensors = opening.applied(tensors, step)?;
        }
        Ok(Some(tensors))
    }

    /// The network's tensors as they are exported after `step`.
    ///
    /// # Errors
    /// Passes candle's errors on.
    pub fn applied(
        &self,
        mut tensors: BTreeMap<String, Tensor>,
        step: u64,
    ) -> Result<BTreeMap<String, Tensor>> {
        if let Some(gates) = self.gates {
            tensors = gates.applied(tensors)?;
        }
        if let Some(opening) = self.opening {
            tensors = opening.applied(tensors, step)?;
        }
        Ok(tensors)
    }

    /// What follows each optimiser step at learning `rate`.
    ///
    /// # Errors
    /// Passes candle's errors on.
    pub fn after_step(&self, parameters: &Parameters, rate: f64) -> Result<()> {
        self.weights.map_or(Ok(()), |weights| weights.shrink(parameters, rate))
    }

    /// Checks the parameters.
    ///
    /// # Errors
    /// Key under `sparsity`, and what it should be.
    pub fn validate(&self) -> std::result::Result<(), (&'static str, String)> {
        if let Some(part) = self.activation {
            not_negative("activation.weight", part.weight)?;
        }
        if let Some(part) = self.rate {
            not_negative("rate.weight", part.weight)?;
            positive("rate.target", part.target)?;
            if part.target >= 1.0 {
                return Err(("rate.target", format!("is {}; it must lie below 1", part.target)));
            }
        }
        if let Some(part) = self.weights {
            not_negative("weights.weight", part.weight)?;
        }
        if let Some(part) = self.gates {
            not_negative("gates.channels", part.channels)?;
            not_negative("gates.units", part.units)?;
        }
        if let Some(part) = self.motion {
            part.validate()?;
        }
        if let Some(part) = self.transitions {
            part.validate()?;
        }
        if let Some(part) = self.opening {
            within("opening.first", part.first, model::config::MAX_WIDTH)?;
            if part.every == 0 {
                return Err(("opening.every", "is 0; it must be at least 1".into()));
            }
        }
        Ok(())
    }

    /// Numeric parameters by name, for the model card.
    pub fn card(&self) -> Vec<(&'static str, f64)> {
        let mut all = Vec::new();
        all.extend(self.activation.map(|part| ("activation", part.weight)));
        all.extend(self.rate.map(|part| ("rate", part.weight)));
        all.extend(self.weights.map(|part| ("weights", part.weight)));
        if let Some(gates) = self.gates {
            all.extend([("gates.channels", gates.channels), ("gates.units", gates.units)]);
        }
        all.extend(self.motion.map(|part| ("motion", part.weight.last())));
        if let Some(transitions) = self.transitions {
            all.push(("transitions", transitions.weight.last()));
            all.extend(transitions.exchange.map(|weight| ("exchange", weight.last())));
            all.extend((transitions.focus > 0.0).then_some(("focus", transitions.focus)));
            all.extend((transitions.purity > 0.0).then_some(("purity", transitions.purity)));
        }
        all.extend(self.opening.map(|part| ("opening", part.every as f64)));
        all
    }
}

/// The sum of tensors of one shape, in order; none of none.
fn total(parts: impl IntoIterator<Item = Result<Tensor>>) -> Result<Option<Tensor>> {
    let mut parts = parts.into_iter();
    let Some(first) = parts.next() else { return Ok(None) };
    parts.try_fold(first?, |sum, part| sum + part?).map(Some)
}
