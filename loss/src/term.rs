//! What a part of the loss is, and what it gets to see.

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
use crate::pairs::{Change, Owner};

/// Tensors by name.
pub type Tensors = BTreeMap<String, Tensor>;

/// Rows of a tensor that belong together, such as pairs of images that differ in the same factor.
pub type Groups = Vec<Range<usize>>;

/// A part of the loss.
///
/// Every method but [`card`](Term::card) has a default that does nothing, and a term overrides those that
/// it needs. They stand here in the order in which a step calls them. `noise` is the step's own stream of
/// random numbers; steps count from 1.
pub trait Term: Debug + Send + Sync {
    /// What the model's card says of it as a part of the loss; nothing for a term that changes nothing, and
    /// for a [prior](Term::prior).
    fn card(&self) -> Option<Line>;

    /// What the model's card says of a term that is a prior; `trained` are all tensors as they were trained.
    ///
    /// # Errors
    /// Passes candle's errors on.
    fn prior(&self, _trained: &Tensors, _model: &ModelConfig) -> Result<Option<Prior>> {
        Ok(None)
    }

    /// Checks the parameters, also against the network's configuration.
    ///
    /// # Errors
    /// Names the key within the term's own table.
    fn validate(&self, _model: &ModelConfig) -> Checked {
        Ok(())
    }

    /// Tensors that are trained with the network and not exported, with their initial values.
    ///
    /// # Errors
    /// Fails if the device can't hold them.
    fn parameters(&self, _model: &ModelConfig, _device: &Device) -> Result<Tensors> {
        Ok(Tensors::new())
    }

    /// What learns by a loss of its own after each step.
    fn adversary(&self) -> Option<&dyn Adversary> {
        None
    }

    /// Images of the data set that the term needs with the `batch`, which holds the numbers of its images.
    /// They are read ahead of the step and encoded with it.
    ///
    /// # Errors
    /// Says in a few words what it needs if the data set doesn't have it.
    fn select(
        &self,
        _data: &dyn Catalogue,
        _batch: &[u64],
        _noise: &mut dyn RngCore,
    ) -> std::result::Result<Option<Selected>, &'static str> {
        Ok(None)
    }

    /// Whether it reads the encoder's feature maps, not only the activations of its dense layers.
    fn maps(&self) -> bool {
        false
    }

    /// The network's tensors as `step` uses them, where they are not the parameters themselves.
    ///
    /// # Errors
    /// Passes candle's errors on.
    fn network(&self, _tensors: &Tensors, _step: u64, _noise: &mut dyn RngCore) -> Result<Option<Tensors>> {
        Ok(None)
    }

    /// Images made from the `batch`, `[N, H, W, C]`, that are encoded with it. It isn't called for a term
    /// that has selected images of the data set.
    ///
    /// # Errors
    /// Passes candle's errors on.
    fn images(&self, _batch: &Tensor, _noise: &mut dyn RngCore) -> Result<Option<Extra>> {
        Ok(None)
    }

    /// The posterior from which `step` samples codes.
    ///
    /// # Errors
    /// Passes candle's errors on.
    fn posterior(&self, posterior: Posterior, _step: u64) -> Result<Posterior> {
        Ok(posterior)
    }

    /// How sharply a spike-and-slab posterior is sampled at `step`.
    fn sharpness(&self, _step: u64) -> Option<f64> {
        None
    }

    /// The sampled `codes`, `[N, D]`, as the decoder reads them: the same numbers, of which some may pass no
    /// gradient on to the encoder. `told` is what the term has [selected](Term::select).
    ///
    /// # Errors
    /// Passes candle's errors on.
    fn read(&self, codes: Tensor, _posterior: &Posterior, _told: Option<&Told>) -> Result<Tensor> {
        Ok(codes)
    }

    /// Codes, `[K, D]`, that are decoded with the batch's.
    ///
    /// # Errors
    /// Passes candle's errors on.
    fn codes(&self, _encoded: &Encoded) -> Result<Option<Tensor>> {
        Ok(None)
    }

    /// KL(q(z|x) ‖ p(z)) per image and unit in nats, `[N, D]`, of a term that is a prior.
    ///
    /// # Errors
    /// Passes candle's errors on.
    fn kl(&self, _encoded: &Encoded) -> Result<Option<Tensor>> {
        Ok(None)
    }

    /// What the mean `kl` of an image costs at `step`, both scalars, of a term that weighs it.
    ///
    /// # Errors
    /// Passes candle's errors on.
    fn weigh(&self, _kl: &Tensor, _step: u64) -> Result<Option<Tensor>> {
        Ok(None)
    }

    /// What is added to the loss, weighted: a scalar, the mean over the batch, in nats an image.
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

    /// Changes the parameters after an optimiser's step at learning `rate`; whether it does.
    ///
    /// # Errors
    /// Passes candle's errors on.
    fn after_step(&self, _parameters: &Parameters, _rate: f64) -> Result<bool> {
        Ok(false)
    }

    /// The tensors as they are exported after `step`, among them the network's.
    ///
    /// # Errors
    /// Passes candle's errors on.
    fn exported(&self, tensors: Tensors, _model: &ModelConfig, _step: u64) -> Result<Tensors> {
        Ok(tensors)
    }
}

/// A network that learns beside the autoencoder, by a loss and an optimiser of its own.
pub trait Adversary: Debug {
    /// What the names of its tensors start with in checkpoints, such as `discriminator.`.
    fn prefix(&self) -> &'static str;

    /// Its optimiser, with the learning rate.
    fn optimizer(&self) -> (Adam, f64);

    /// Its tensors with their initial values.
    ///
    /// # Errors
    /// Fails if the device can't hold them.
    fn initial(&self, model: &ModelConfig, seed: u64, device: &Device) -> Result<Tensors>;

    /// Its loss on a step's sampled `codes`, `[N, D]`, a scalar; `own` are its variables.
    ///
    /// # Errors
    /// Passes candle's errors on.
    fn loss(&self, codes: &Tensor, own: &Parameters, noise: &mut dyn RngCore) -> Result<Tensor>;
}

/// The images of a data set by their numbers, with their factors of variation where they are known.
pub trait Catalogue {
    /// Classes of each factor.
    fn factors(&self) -> Vec<usize>;

    /// Whether each factor comes back to where it began, so that a circle should have it; empty if that isn't
    /// known.
    fn cycles(&self) -> Vec<bool> {
        Vec::new()
    }

    /// The class of every factor of an image.
    fn classes(&self, image: u64) -> Vec<usize>;

    /// The image of such classes, if the images are a whole grid of factors.
    fn image(&self, classes: &[usize]) -> Option<u64>;

    /// Numbers of `count` images of which factors are known, drawn by `noise`; none if there are no such images.
    fn known(&self, _count: usize, _noise: &mut dyn RngCore) -> Vec<u64> {
        Vec::new()
    }

    /// The value of every factor of an image that is [known](Self::known), each with mean 0 and variance 1
    /// over these images, or NaN where it isn't known.
    fn values(&self, image: u64) -> Vec<f32> {
        standardised(&self.classes(image), &self.factors())
    }
}

/// `classes`, one of so many equally likely ones each, with mean 0 and variance 1.
pub fn standardised(classes: &[usize], counts: &[usize]) -> Vec<f32> {
    let standardised = |(&class, &count): (&usize, &usize)| {
        let (class, count) = (class as f32, count as f32);
        // The variance of n equally likely numbers in a row is (n² − 1)/12.
        let variance = (count * count - 1.0) / 12.0;
        if variance > 0.0 { (class - (count - 1.0) / 2.0) / variance.sqrt() } else { 0.0 }
    };
    classes.iter().zip(counts).map(standardised).collect()
}

/// What a card says of a term.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// Its name.
    pub name: &'static str,
    /// Its numbers by name.
    pub parameters: Vec<(&'static str, f64)>,
}

impl Line {
    /// A line of that name with those numbers.
    #[allow(clippy::unnecessary_wraps, reason = "what `Term::card` returns")]
    pub fn of(name: &'static str, parameters: &[(&'static str, f64)]) -> Option<Self> {
        Some(Self { name, parameters: parameters.to_vec() })
    }
}

/// Images of the data set that a term needs with a batch.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Selected {
    /// Numbers of the images. Second images of pairs stand in the order of the batch, from its first on.
    pub images: Vec<u64>,
    /// Which of them belong together.
    pub groups: Groups,
    /// For each group which unit should have its change; empty if any may.
    pub owners: Vec<Owner>,
    /// What is known of them, if the term asks for it.
    pub told: Option<Told>,
}

/// The values of factors of selected images, each with mean 0 and variance 1, or NaN where one isn't known.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Told {
    /// Values, `[M, F]`, row by row.
    pub values: Vec<f32>,
    /// Factors F.
    pub factors: usize,
}

impl Told {
    /// Images M.
    pub fn rows(&self) -> usize {
        self.values.len() / self.factors.max(1)
    }
}

/// Images that are encoded with a batch for a term.
#[derive(Clone, Debug)]
pub struct Extra {
    /// Images, `[M, H, W, C]`. Second images of pairs stand in the order of the batch, from its first on.
    pub images: Tensor,
    /// Which of them belong together.
    pub groups: Groups,
    /// For each group which unit should have its change; empty if any may.
    pub owners: Vec<Owner>,
}

/// A term's extra images with their posterior.
#[derive(Debug)]
pub struct EncodedExtra {
    /// Images, `[M, H, W, C]`.
    pub images: Tensor,
    /// Which of them belong together.
    pub groups: Groups,
    /// For each group which unit should have its change; empty if any may.
    pub owners: Vec<Owner>,
    /// q(z|x) of each, in channels.
    pub posterior: Posterior,
    circles: usize,
    change: OnceCell<Change>,
}

impl EncodedExtra {
    /// `extra` images with their posterior, the last units of which are `circles`.
    pub fn new(extra: Extra, posterior: Posterior, circles: usize) -> Self {
        let Extra { images, groups, owners } = extra;
        Self { images, groups, owners, posterior, circles, change: OnceCell::new() }
    }

    /// How the code changes from the `first` images of pairs, of which these are the second.
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

/// A batch after the encoder, as a term sees it.
#[derive(Clone, Copy, Debug)]
pub struct Encoded<'a> {
    /// Step, counted from 1.
    pub step: u64,
    /// Images in the data set.
    pub images_in_all: u64,
    /// The batch, `[N, H, W, C]` in `[0, 1]`.
    pub images: &'a Tensor,
    /// Posterior and hidden activations of the batch.
    pub encoding: &'a Encoding,
    /// Codes sampled from the posterior, `[N, D]`.
    pub codes: &'a Tensor,
    /// The network's parameters, and those of all terms.
    pub parameters: &'a Parameters,
    /// The parameters of the term's own [`Adversary`].
    pub own: Option<&'a Parameters>,
    /// The term's own extra images.
    pub extra: Option<&'a EncodedExtra>,
    /// What is known of the term's selected images, if it has asked.
    pub told: Option<&'a Told>,
}

/// A batch after the decoder, as a term sees it.
#[derive(Clone, Copy, Debug)]
pub struct Decoded<'a> {
    /// p(x|z).
    pub likelihood: &'a Likelihood,
    /// The batch's logits, `[N, H, W, C]`.
    pub logits: &'a Tensor,
    /// −log p(x|z) of each image in nats, `[N]`.
    pub nll: &'a Tensor,
    /// KL(q(z|x) ‖ p(z)) per image and unit in nats, `[N, D]`.
    pub kl: &'a Tensor,
    /// Logits of the codes that the term asked for, `[K, H, W, C]`.
    pub extra: Option<&'a Tensor>,
}
