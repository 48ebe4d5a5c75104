//! Terms of the loss and their inputs.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::fmt::Debug;
use std::ops::Range;

use candle_core::{Device, Result, Tensor};
use model::card::Prior;
use model::network::Encoding;
use model::ops::Adam;
use model::{Likelihood, ModelConfig, Parameters, Posterior};
use rand::RngCore;

use crate::check::Checked;
use crate::pairs::change::{AllowedUnits, Change};

/// Tensors by name.
pub type Tensors = BTreeMap<String, Tensor>;

/// Ranges of rows that belong together, such as pairs of images that differ in the same factor.
pub type Groups = Vec<Range<usize>>;

/// A part of the loss.
///
/// Every method except [`card`](Term::card) has a default that does nothing; a term overrides those that it
/// needs. The methods are in the order in which a step calls them. `noise` is the step's own stream of random
/// numbers. Steps count from 1.
pub trait Term: Debug + Send + Sync {
    /// Entry of the model's card for a part of the loss; none for a term that changes nothing, or that is a
    /// [prior](Term::prior).
    fn card(&self) -> Option<CardEntry>;

    /// Entry of the model's card for a term that is a prior. `trained` has all tensors before export.
    ///
    /// # Errors
    /// Passes candle's errors on.
    fn prior(&self, _trained: &Tensors, _model: &ModelConfig) -> Result<Option<Prior>> {
        Ok(None)
    }

    /// Checks the parameters of the term for a network.
    ///
    /// # Errors
    /// Names the key in the term's table.
    fn validate(&self, _model: &ModelConfig) -> Checked {
        Ok(())
    }

    /// Initial values of further tensors that are trained with the network and not exported.
    ///
    /// # Errors
    /// Fails if the device runs out of memory.
    fn parameters(&self, _model: &ModelConfig, _device: &Device) -> Result<Tensors> {
        Ok(Tensors::new())
    }

    /// The network that is trained with a loss of its own after each step.
    fn adversary(&self) -> Option<&dyn Adversary> {
        None
    }

    /// Selects further images of the data set for the `batch`, which has the numbers of its images. They are
    /// read before the step and encoded with the batch.
    ///
    /// # Errors
    /// Returns what the term needs, in a few words, if the data set doesn't have it.
    fn select(
        &self,
        _data: &dyn Catalogue,
        _batch: &[u64],
        _noise: &mut dyn RngCore,
    ) -> std::result::Result<Option<Selected>, &'static str> {
        Ok(None)
    }

    /// Whether the term uses the encoder's feature maps, not only the activations of dense layers.
    fn maps(&self) -> bool {
        false
    }

    /// Whether the term changes the encoder's weights by itself, not through gradients alone.
    fn changes_encoder(&self) -> bool {
        false
    }

    /// Returns the network's tensors for `step`, if they differ from the parameters.
    ///
    /// # Errors
    /// Passes candle's errors on.
    fn network(&self, _tensors: &Tensors, _step: u64, _noise: &mut dyn RngCore) -> Result<Option<Tensors>> {
        Ok(None)
    }

    /// Creates images from the `batch`, `[N, H, W, C]`, which are encoded with it. This is not called for terms
    /// that [select](Term::select) images.
    ///
    /// # Errors
    /// Passes candle's errors on.
    fn images(&self, _batch: &Tensor, _noise: &mut dyn RngCore) -> Result<Option<Extra>> {
        Ok(None)
    }

    /// Changes the posterior from which `step` samples codes.
    ///
    /// # Errors
    /// Passes candle's errors on.
    fn posterior(&self, posterior: Posterior, _step: u64) -> Result<Posterior> {
        Ok(posterior)
    }

    /// Sharpness with which a spike-and-slab posterior is sampled at `step`.
    fn sharpness(&self, _step: u64) -> Option<f64> {
        None
    }

    /// Returns the sampled `codes`, `[N, D]`, for the decoder: the same values, some of which may pass no
    /// gradient to the encoder. `known` has the known values of the [selected](Term::select) images.
    ///
    /// # Errors
    /// Passes candle's errors on.
    fn read(&self, codes: Tensor, _posterior: &Posterior, _told: Option<&KnownValues>) -> Result<Tensor> {
        Ok(codes)
    }

    /// Returns further codes, `[K, D]`, which are decoded with those of the batch.
    ///
    /// # Errors
    /// Passes candle's errors on.
    fn codes(&self, _encoded: &Encoded) -> Result<Option<Tensor>> {
        Ok(None)
    }

    /// KL(q(z|x) ‖ p(z)) per image and unit in nats, `[N, D]`, for a term that is a prior.
    ///
    /// # Errors
    /// Passes candle's errors on.
    fn kl(&self, _encoded: &Encoded) -> Result<Option<Tensor>> {
        Ok(None)
    }

    /// Cost of the mean `kl` per image at `step`, both scalars, for a term that weighs the KL.
    ///
    /// # Errors
    /// Passes candle's errors on.
    fn weigh(&self, _kl: &Tensor, _step: u64) -> Result<Option<Tensor>> {
        Ok(None)
    }

    /// Weighted penalty that is added to the loss: the mean over the batch in nats per image, a scalar.
    ///
    /// # Errors
    /// Passes candle's errors on.
    fn penalty(
        &self,
        _encoded: &Encoded,
        _decoded: &Decoded,
        _noise: &mut dyn RngCore,
    ) -> Result<Option<Tensor>> {
        Ok(None)
    }

    /// Changes the parameters after an optimiser's step with learning `rate`. Returns whether it did.
    ///
    /// # Errors
    /// Passes candle's errors on.
    fn after_step(&self, _parameters: &Parameters, _rate: f64) -> Result<bool> {
        Ok(false)
    }

    /// Returns the tensors to export after `step`, including those of the network.
    ///
    /// # Errors
    /// Passes candle's errors on.
    fn exported(&self, tensors: Tensors, _model: &ModelConfig, _step: u64) -> Result<Tensors> {
        Ok(tensors)
    }
}

/// A network that is trained beside the autoencoder, with its own loss and optimiser.
pub trait Adversary: Debug {
    /// Prefix of the names of its tensors in checkpoints, such as `discriminator.`.
    fn prefix(&self) -> &'static str;

    /// Optimiser and learning rate.
    fn optimizer(&self) -> (Adam, f64);

    /// Initial tensors.
    ///
    /// # Errors
    /// Fails if the device runs out of memory.
    fn initial(&self, model: &ModelConfig, seed: u64, device: &Device) -> Result<Tensors>;

    /// Loss for the sampled `codes` of a step, `[N, D]`, a scalar. `own` has its variables.
    ///
    /// # Errors
    /// Passes candle's errors on.
    fn loss(&self, codes: &Tensor, own: &Parameters, noise: &mut dyn RngCore) -> Result<Tensor>;
}

/// A data set's images by number, with their factors of variation if these are known.
pub trait Catalogue {
    /// Number of classes of each factor.
    fn factors(&self) -> Vec<usize>;

    /// Whether each factor is periodic and should use a circle; empty if that is unknown.
    fn cycles(&self) -> Vec<bool> {
        Vec::new()
    }

    /// Class of each factor of an image.
    fn classes(&self, image: u64) -> Vec<usize>;

    /// Number of the image with these classes, if the images form a full grid of factors.
    fn image(&self, classes: &[usize]) -> Option<u64>;

    /// Draws the numbers of `count` images with known factors; none if there are no such images.
    fn known(&self, _count: usize, _noise: &mut dyn RngCore) -> Vec<u64> {
        Vec::new()
    }

    /// Values of the factors of a [known](Self::known) image, scaled to mean 0 and variance 1 over these images,
    /// or NaN if unknown.
    fn values(&self, image: u64) -> Vec<f32> {
        standardised(&self.classes(image), &self.factors())
    }
}

/// Scales `classes`, each one of `counts` equally likely ones, to mean 0 and variance 1.
pub fn standardised(classes: &[usize], counts: &[usize]) -> Vec<f32> {
    let standardised = |(&class, &count): (&usize, &usize)| {
        let (class, count) = (class as f32, count as f32);
        // The variance of n equally likely consecutive integers is (n² − 1)/12.
        let variance = (count * count - 1.0) / 12.0;
        if variance > 0.0 { (class - (count - 1.0) / 2.0) / variance.sqrt() } else { 0.0 }
    };
    classes.iter().zip(counts).map(standardised).collect()
}

/// Entry of a card for a term.
#[derive(Clone, Debug, PartialEq)]
pub struct CardEntry {
    /// Name of the term.
    pub name: &'static str,
    /// Parameters by name.
    pub parameters: Vec<(&'static str, f64)>,
}

impl CardEntry {
    /// Creates an entry, as [`Term::card`] returns it.
    #[allow(clippy::unnecessary_wraps, reason = "what `Term::card` returns")]
    pub fn of(name: &'static str, parameters: &[(&'static str, f64)]) -> Option<Self> {
        Some(Self { name, parameters: parameters.to_vec() })
    }
}

/// Images of the data set that a term selects for a batch.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Selected {
    /// Numbers of the images. Second images of pairs have the order of the batch, from its first image.
    pub images: Vec<u64>,
    /// Images that belong together.
    pub groups: Groups,
    /// Which units may represent the change of each group; empty if all may.
    pub allowed: Vec<AllowedUnits>,
    /// Known values of factors, if the term uses them.
    pub known: Option<KnownValues>,
}

/// Values of factors of selected images, scaled to mean 0 and variance 1, or NaN if unknown.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct KnownValues {
    /// Values, `[M, F]`, row-major.
    pub values: Vec<f32>,
    /// Number F of factors.
    pub factors: usize,
}

impl KnownValues {
    /// Number M of images.
    pub fn rows(&self) -> usize {
        self.values.len() / self.factors.max(1)
    }
}

/// Images that a term creates, which are encoded with the batch.
#[derive(Clone, Debug)]
pub struct Extra {
    /// Images, `[M, H, W, C]`. Second images of pairs have the order of the batch, from its first image.
    pub images: Tensor,
    /// Images that belong together.
    pub groups: Groups,
    /// Which units may represent the change of each group; empty if all may.
    pub allowed: Vec<AllowedUnits>,
}

/// A term's extra images with their posterior.
#[derive(Debug)]
pub struct EncodedExtra {
    /// Images, `[M, H, W, C]`.
    pub images: Tensor,
    /// Images that belong together.
    pub groups: Groups,
    /// Which units may represent the change of each group; empty if all may.
    pub allowed: Vec<AllowedUnits>,
    /// q(z|x) of each image, in channels.
    pub posterior: Posterior,
    circles: usize,
    change: OnceCell<Change>,
}

impl EncodedExtra {
    /// Joins `extra` images and their posterior, of which the last units are `circles`.
    pub fn new(extra: Extra, posterior: Posterior, circles: usize) -> Self {
        let Extra { images, groups, allowed } = extra;
        Self { images, groups, allowed, posterior, circles, change: OnceCell::new() }
    }

    /// Change of the code from the `first` images of pairs to these images.
    ///
    /// # Errors
    /// Passes candle's errors on.
    pub fn change(&self, first: &Posterior) -> Result<&Change> {
        if let Some(change) = self.change.get() {
            return Ok(change);
        }
        let change = Change::between(first, &self.posterior, self.circles)?;
        Ok(self.change.get_or_init(|| change))
    }
}

/// A batch after the encoder, for one term.
#[derive(Clone, Copy, Debug)]
pub struct Encoded<'a> {
    /// Step, counted from 1.
    pub step: u64,
    /// Number of images in the data set.
    pub images_in_all: u64,
    /// The batch, `[N, H, W, C]` in `[0, 1]`.
    pub images: &'a Tensor,
    /// Posterior and hidden activations of the batch.
    pub encoding: &'a Encoding,
    /// Codes sampled from the posterior, `[N, D]`.
    pub codes: &'a Tensor,
    /// Parameters of the network and of all terms.
    pub parameters: &'a Parameters,
    /// Parameters of the term's [`Adversary`].
    pub own: Option<&'a Parameters>,
    /// The term's further images.
    pub extra: Option<&'a EncodedExtra>,
    /// Known values of the term's selected images.
    pub known: Option<&'a KnownValues>,
}

/// A batch after the decoder, for one term.
#[derive(Clone, Copy, Debug)]
pub struct Decoded<'a> {
    /// p(x|z).
    pub likelihood: &'a Likelihood,
    /// Logits of the batch, `[N, H, W, C]`.
    pub logits: &'a Tensor,
    /// −log p(x|z) of each image in nats, `[N]`.
    pub nll: &'a Tensor,
    /// KL(q(z|x) ‖ p(z)) per image and unit in nats, `[N, D]`.
    pub kl: &'a Tensor,
    /// Logits of the term's further codes, `[K, H, W, C]`.
    pub extra: Option<&'a Tensor>,
}
