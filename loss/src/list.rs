//! The list of a run's terms.

use std::ops::Range;
use std::sync::Arc;

use candle_core::{Device, Result, Tensor};
use model::card::{self, Objective};
use model::{ModelConfig, Parameters};
use rand::RngCore;

use crate::check::Invalid;
use crate::pairs::Owner;
use crate::term::{Adversary, Catalogue, Groups, Selected, Tensors, Term, Told};

/// A run's terms, in order: objective, prior, and what is added besides.
#[derive(Clone, Debug, Default)]
pub struct Loss(Vec<Part>);

/// A term with its key in the configuration, such as `sparsity.motion`.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    key: String,
    pub(crate) term: Arc<dyn Term>,
}

/// A term that the data set can't serve.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{key} needs {needs}")]
pub struct Unmet {
    /// The term's key in the configuration.
    pub key: String,
    /// What it needs.
    pub needs: &'static str,
}

/// Which images of the data set a step sees.
#[derive(Clone, Debug)]
pub struct Selection {
    /// Numbers of images: the batch's, then those that the terms need.
    pub images: Vec<u64>,
    /// Which is which.
    pub layout: Layout,
}

/// Which rows of a step's images are the batch, and which a term's.
#[derive(Clone, Debug)]
pub struct Layout {
    /// Images in the batch, the first rows.
    pub batch: usize,
    /// For each term its images.
    pub(crate) selected: Vec<Option<Placed>>,
    /// For each term what is known of its images, if it has asked.
    pub(crate) told: Vec<Option<Told>>,
}

/// The rows of a term's images.
#[derive(Clone, Debug)]
pub(crate) struct Placed {
    pub(crate) rows: Range<usize>,
    pub(crate) groups: Groups,
    pub(crate) owners: Vec<Owner>,
}

impl Layout {
    /// A batch of so many images, and none besides.
    pub fn plain(batch: usize) -> Self {
        Self { batch, selected: Vec::new(), told: Vec::new() }
    }
}

impl Loss {
    /// The list with another term at its end, whose parameters `key` names in messages.
    #[must_use]
    pub fn with(mut self, key: impl Into<String>, term: Arc<dyn Term>) -> Self {
        self.0.push(Part { key: key.into(), term });
        self
    }

    pub(crate) fn parts(&self) -> &[Part] {
        &self.0
    }

    /// Checks every term.
    ///
    /// # Errors
    /// The key in the configuration, and what is wrong with its value.
    pub fn validate(&self, model: &ModelConfig) -> std::result::Result<(), (String, String)> {
        for Part { key, term } in &self.0 {
            if let Err(Invalid { key: inner, problem }) = term.validate(model) {
                let key = if inner.is_empty() { key.clone() } else { format!("{key}.{inner}") };
                return Err((key, problem));
            }
        }
        Ok(())
    }

    /// What the model's card says; `trained` are all tensors as they were trained. Without a term that is a
    /// prior, the prior is N(0, 1).
    ///
    /// # Errors
    /// Passes candle's errors on.
    pub fn card(&self, trained: &Tensors, model: &ModelConfig) -> Result<Objective> {
        let mut prior = None;
        for part in &self.0 {
            prior = prior.or(part.term.prior(trained, model)?);
        }
        let lines = self.0.iter().filter_map(|part| part.term.card());
        let parts = lines.map(|line| card::Part::new(line.name, &line.parameters)).collect();
        Ok(Objective { prior: prior.unwrap_or_default(), parts })
    }

    /// All tensors that are trained with the network, with their initial values.
    ///
    /// # Errors
    /// Fails if the device can't hold them.
    pub fn parameters(&self, model: &ModelConfig, device: &Device) -> Result<Tensors> {
        let mut all = Tensors::new();
        for part in &self.0 {
            all.extend(part.term.parameters(model, device)?);
        }
        Ok(all)
    }

    /// For each term what learns beside the network.
    pub fn adversaries(&self) -> impl Iterator<Item = Option<&dyn Adversary>> {
        self.0.iter().map(|part| part.term.adversary())
    }

    /// The images of a step: those of the `batch`, then those that the terms need with it.
    ///
    /// # Errors
    /// Names the term that needs what the data set doesn't have.
    pub fn select(
        &self,
        data: &dyn Catalogue,
        batch: Vec<u64>,
        noise: &mut dyn RngCore,
    ) -> std::result::Result<Selection, Unmet> {
        let count = batch.len();
        let mut images = batch;
        let mut layout = Layout::plain(count);
        for Part { key, term } in &self.0 {
            let wanted = term
                .select(data, &images[..count], noise)
                .map_err(|needs| Unmet { key: key.clone(), needs })?;
            let Selected { images: further, groups, owners, told } = wanted.unwrap_or_default();
            let start = images.len();
            images.extend(further);
            let rows = start..images.len();
            layout.selected.push((!rows.is_empty()).then_some(Placed { rows, groups, owners }));
            layout.told.push(told);
        }
        Ok(Selection { images, layout })
    }

    /// Whether any term reads the encoder's feature maps: the network needs [`model::Vae::with_maps`] then.
    pub fn maps(&self) -> bool {
        self.0.iter().any(|part| part.term.maps())
    }

    /// The network's tensors as `step` uses them, where they are not the parameters themselves.
    ///
    /// # Errors
    /// Passes candle's errors on.
    pub fn network(
        &self,
        parameters: &Parameters,
        step: u64,
        noise: &mut dyn RngCore,
    ) -> Result<Option<Tensors>> {
        let (mut tensors, mut changed) = (parameters.tensors(), false);
        for part in &self.0 {
            if let Some(next) = part.term.network(&tensors, step, noise)? {
                (tensors, changed) = (next, true);
            }
        }
        Ok(changed.then_some(tensors))
    }

    /// Changes the parameters after an optimiser's step at learning `rate`; whether any term does.
    ///
    /// # Errors
    /// Passes candle's errors on.
    pub fn after_step(&self, parameters: &Parameters, rate: f64) -> Result<bool> {
        self.0.iter().try_fold(false, |changed, part| Ok(part.term.after_step(parameters, rate)? || changed))
    }

    /// The network's tensors as they are exported after `step`, from all that were trained. The prior is
    /// asked last: it measures units of the network that the other terms leave.
    ///
    /// # Errors
    /// Passes candle's errors on.
    pub fn exported(&self, tensors: Tensors, model: &ModelConfig, step: u64) -> Result<Tensors> {
        let mut parts = self.0.iter().rev();
        let mut tensors =
            parts.try_fold(tensors, |tensors, part| part.term.exported(tensors, model, step))?;
        let known = model.tensors();
        tensors.retain(|name, _| known.contains_key(name));
        Ok(tensors)
    }
}

/// Some rows of a tensor, `[N, …]`: the tensor itself if they are all.
pub(crate) fn rows(tensor: &Tensor, rows: Range<usize>) -> Result<Tensor> {
    if rows == (0..tensor.dim(0)?) { Ok(tensor.clone()) } else { tensor.narrow(0, rows.start, rows.len()) }
}
