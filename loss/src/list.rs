//! The list of terms of a run.

use std::ops::Range;
use std::sync::Arc;

use candle_core::{Device, Result, Tensor};
use model::card::{self, Objective};
use model::{ModelConfig, Parameters};
use rand::RngCore;

use crate::check::Invalid;
use crate::pairs::change::AllowedUnits;
use crate::term::{Adversary, Catalogue, Groups, KnownValues, Selected, Tensors, Term};

/// Terms of a run, in order: objective, prior and further terms.
#[derive(Clone, Debug, Default)]
pub struct Loss(Vec<Part>);

/// A term with its key in the configuration, such as `sparsity.motion`.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    key: String,
    pub(crate) term: Arc<dyn Term>,
}

/// Error for a term that needs something the data set doesn't have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{key} needs {needs}")]
pub struct Unmet {
    /// The term's key in the configuration.
    pub key: String,
    /// What the term needs.
    pub needs: &'static str,
}

/// Images of the data set for one step.
#[derive(Clone, Debug)]
pub struct Selection {
    /// Numbers of images: those of the batch, then those of terms.
    pub images: Vec<u64>,
    /// Which images belong to the batch, and which to terms.
    pub layout: Layout,
}

/// Rows of the batch and of each term among the images of a step.
#[derive(Clone, Debug)]
pub struct Layout {
    /// Number of images in the batch, which are the first rows.
    pub batch: usize,
    /// Rows of each term's images.
    pub(crate) selected: Vec<Option<Placed>>,
    /// Known values of each term's images.
    pub(crate) known: Vec<Option<KnownValues>>,
}

/// Rows of a term's images, with their groups.
#[derive(Clone, Debug)]
pub(crate) struct Placed {
    pub(crate) rows: Range<usize>,
    pub(crate) groups: Groups,
    pub(crate) allowed: Vec<AllowedUnits>,
}

impl Layout {
    /// Layout of `batch` images without further ones.
    pub fn plain(batch: usize) -> Self {
        Self { batch, selected: Vec::new(), known: Vec::new() }
    }
}

impl Loss {
    /// Appends a term; `key` names its table in messages.
    #[must_use]
    pub fn with(mut self, key: impl Into<String>, term: Arc<dyn Term>) -> Self {
        self.0.push(Part { key: key.into(), term });
        self
    }

    pub(crate) fn parts(&self) -> &[Part] {
        &self.0
    }

    /// Checks all terms.
    ///
    /// # Errors
    /// Returns the key in the configuration and the problem with its value.
    pub fn validate(&self, model: &ModelConfig) -> std::result::Result<(), (String, String)> {
        for Part { key, term } in &self.0 {
            if let Err(Invalid { key: inner, problem }) = term.validate(model) {
                let key = if inner.is_empty() { key.clone() } else { format!("{key}.{inner}") };
                return Err((key, problem));
            }
        }
        Ok(())
    }

    /// Returns the objective for the model's card. `trained` has all tensors before export. Without a term that
    /// is a prior, the prior is N(0, 1).
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

    /// Initial values of all tensors that are trained with the network.
    ///
    /// # Errors
    /// Fails if the device runs out of memory.
    pub fn parameters(&self, model: &ModelConfig, device: &Device) -> Result<Tensors> {
        let mut all = Tensors::new();
        for part in &self.0 {
            all.extend(part.term.parameters(model, device)?);
        }
        Ok(all)
    }

    /// Adversary of each term.
    pub fn adversaries(&self) -> impl Iterator<Item = Option<&dyn Adversary>> {
        self.0.iter().map(|part| part.term.adversary())
    }

    /// Selects the images of a step: those of the `batch`, then those of terms.
    ///
    /// # Errors
    /// Names the term that needs something the data set doesn't have.
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
            let Selected { images: further, groups, allowed, known } = wanted.unwrap_or_default();
            let start = images.len();
            images.extend(further);
            let rows = start..images.len();
            layout.selected.push((!rows.is_empty()).then_some(Placed { rows, groups, allowed }));
            layout.known.push(known);
        }
        Ok(Selection { images, layout })
    }

    /// Whether any term uses the encoder's feature maps, for which the network needs [`model::Vae::with_maps`].
    pub fn maps(&self) -> bool {
        self.0.iter().any(|part| part.term.maps())
    }

    /// Key of the first term that changes the encoder's weights by itself, not through gradients alone.
    pub fn encoder_changer(&self) -> Option<&str> {
        self.0.iter().find(|part| part.term.changes_encoder()).map(|part| part.key.as_str())
    }

    /// Returns the network's tensors for `step`, if they differ from the parameters.
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

    /// Changes the parameters after an optimiser's step with learning `rate`. Returns whether any term did.
    ///
    /// # Errors
    /// Passes candle's errors on.
    pub fn after_step(&self, parameters: &Parameters, rate: f64) -> Result<bool> {
        self.0.iter().try_fold(false, |changed, part| Ok(part.term.after_step(parameters, rate)? || changed))
    }

    /// Returns the network's tensors to export after `step`, from all trained tensors. Terms act in reverse order,
    /// so the prior scales units of the final network.
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

/// Rows of a tensor, `[N, …]`; the tensor itself for all rows.
pub(crate) fn rows(tensor: &Tensor, rows: Range<usize>) -> Result<Tensor> {
    if rows == (0..tensor.dim(0)?) { Ok(tensor.clone()) } else { tensor.narrow(0, rows.start, rows.len()) }
}
