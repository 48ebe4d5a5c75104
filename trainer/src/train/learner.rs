//! All that learns in a run, and one step of it.

use std::collections::BTreeMap;

use candle_core::{Device, Result, Tensor};
use model::ops::Adam;
use model::random::{Purpose, stream};
use model::{Parameters, Vae};

use super::optimizer::Optimizer;
use crate::config::Config;
use crate::objective::{Discriminator, Factor, Forward, Terms, shuffled};
use crate::sparsity::{Coded, Seen};

/// What the discriminator's tensors are called in a checkpoint besides their own names.
const DISCRIMINATOR: &str = "discriminator.";
/// Adam's constants for it (Kim & Mnih 2018, appendix).
const RIVAL: Adam = Adam { beta1: 0.5, beta2: 0.9, epsilon: 1e-8 };

/// Weights or moments by name.
pub(super) type Tensors = BTreeMap<String, Tensor>;

/// The network with what is trained beside it.
pub(super) struct Learner<'a> {
    config: &'a Config,
    images_in_all: u64,
    parameters: Parameters,
    optimizer: Optimizer,
    vae: Vae,
    rival: Option<Rival>,
}

/// FactorVAE's discriminator.
struct Rival {
    factor: Factor,
    parameters: Parameters,
    optimizer: Optimizer,
    discriminator: Discriminator,
}

impl<'a> Learner<'a> {
    /// Fresh weights.
    pub(super) fn fresh(config: &'a Config, images_in_all: u64, device: &Device) -> Result<Self> {
        let network = Parameters::initial(&config.model, config.train.seed, device)?;
        let further = config.prior.initial(&config.model, device)?;
        let parameters = network.with(&further)?.with(&config.sparsity.initial(&config.model, device)?)?;
        let rival = config
            .objective
            .factor()
            .map(|factor| factor.initial(config.model.latent, config.train.seed, device))
            .transpose()?;
        let moments = [Some(&parameters), rival.as_ref()].map(|p| p.map_or(Ok(Tensors::new()), moments));
        let [network, discriminator] = moments;
        Self::new(config, images_in_all, device, (parameters, network?), rival.zip(Some(discriminator?)))
    }

    /// Goes on from a checkpoint's weights and moments; none if they are another network's.
    pub(super) fn resumed(
        config: &'a Config,
        images_in_all: u64,
        device: &Device,
        weights: &Tensors,
        moments: Tensors,
    ) -> Result<Option<Self>> {
        let fresh = Self::fresh(config, images_in_all, device)?;
        let expected = fresh.weights();
        let fits = weights.len() == expected.len()
            && moments.len() == expected.len()
            && expected.iter().all(|(name, like)| {
                let weight = weights.get(name).is_some_and(|t| t.dims() == like.dims());
                weight && moments.get(name).is_some_and(|t| t.dims().split_first() == Some((&2, like.dims())))
            });
        if !fits {
            return Ok(None);
        }
        let (weights, rivals) = divided(weights.clone());
        let (moments, rival_moments) = divided(moments);
        let network = (Parameters::from_tensors(&weights)?, moments);
        let rival = match config.objective.factor() {
            Some(_) => Some((Parameters::from_tensors(&rivals)?, rival_moments)),
            None => None,
        };
        Self::new(config, images_in_all, device, network, rival).map(Some)
    }

    fn new(
        config: &'a Config,
        images_in_all: u64,
        device: &Device,
        (parameters, moments): (Parameters, Tensors),
        rival: Option<(Parameters, Tensors)>,
    ) -> Result<Self> {
        let rival = match config.objective.factor().zip(rival) {
            Some((factor, (parameters, moments))) => Some(Rival {
                factor,
                discriminator: Discriminator::load(factor, &parameters)?,
                optimizer: Optimizer::new(RIVAL, &parameters, moments)?,
                parameters,
            }),
            None => None,
        };
        Ok(Self {
            config,
            images_in_all,
            vae: Vae::load(&config.model, &parameters.builder(device))?.with_maps(config.sparsity.maps()),
            optimizer: Optimizer::new(Adam::default(), &parameters, moments)?,
            parameters,
            rival,
        })
    }

    /// One step at learning `rate` on what is `seen`, with `noise` for the codes; `step` counts from 1.
    pub(super) fn step(&mut self, seen: Seen, noise: &Tensor, step: u64, rate: f64) -> Result<Terms> {
        let images = seen.images;
        let Config { model, objective, prior, sparsity, pyramid, train, .. } = self.config;
        let mut rng = stream(train.seed, Purpose::Objective, step);
        let drawn = match sparsity.drawn(&self.parameters, step, &mut rng)? {
            Some(tensors) => {
                let vae = Vae::load(model, &Parameters::view(&tensors, images.device()))?;
                Some(vae.with_maps(sparsity.maps()))
            }
            None => None,
        };
        let vae = drawn.as_ref().unwrap_or(&self.vae);

        let mut encoding = vae.encode(images)?;
        encoding.posterior = prior.posterior(&encoding.posterior, step)?;
        let codes = encoding.posterior.sample_at(noise, prior.sharpness(step))?;
        let logits = vae.decode(&codes)?;
        let nll = vae.likelihood().nll(&logits, images)?;
        let cost = prior.cost(&encoding.posterior, &codes, &self.parameters, &mut rng)?;
        let mut terms = objective.terms(&Forward {
            nll: &nll,
            encoding: &encoding,
            codes: &codes,
            kl: &cost.kl,
            step,
            images_in_all: self.images_in_all,
            discriminator: self.rival.as_ref().map(|rival| &rival.discriminator),
        })?;
        let coded = Coded { encoding: &encoding, codes: &codes };
        let sparse = sparsity.penalty(vae, seen, coded, &self.parameters, step, &mut rng)?;
        let unsharp = pyramid.map(|pyramid| pyramid.penalty(&logits, images)).transpose()?;
        for further in [cost.penalty, sparse, unsharp].into_iter().flatten() {
            terms.loss = (&terms.loss + &further)?;
            terms.penalty = Some(match terms.penalty.take() {
                Some(penalty) => (penalty + further)?,
                None => further,
            });
        }

        self.optimizer.update(&self.parameters, &terms.loss.backward()?, rate, step)?;
        sparsity.after_step(&self.parameters, rate)?;
        if sparsity.weights.is_some() {
            self.optimizer.reread()?;
        }
        if let Some(rival) = &mut self.rival {
            let mixed = shuffled(&codes, &mut rng)?;
            let gradients = rival.discriminator.loss(&codes, &mixed)?.backward()?;
            rival.optimizer.update(&rival.parameters, &gradients, rival.factor.learning_rate, step)?;
        }
        Ok(terms)
    }

    /// The network's parameters and those trained beside them; not the discriminator's.
    pub(super) fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    /// All weights by name.
    pub(super) fn weights(&self) -> Tensors {
        let rival = self.rival.as_ref().map(|rival| rival.parameters.tensors());
        joined(self.parameters.tensors(), rival)
    }

    /// All moments by name.
    pub(super) fn moments(&self) -> Result<Tensors> {
        let rival = self.rival.as_ref().map(|rival| rival.optimizer.moments()).transpose()?;
        Ok(joined(self.optimizer.moments()?, rival))
    }
}

fn moments(parameters: &Parameters) -> Result<Tensors> {
    parameters.iter().map(|(name, v)| Ok((name.to_owned(), Adam::moments(v)?))).collect()
}

fn joined(mut network: Tensors, rival: Option<Tensors>) -> Tensors {
    let rival = rival.into_iter().flatten();
    network.extend(rival.map(|(name, tensor)| (format!("{DISCRIMINATOR}{name}"), tensor)));
    network
}

/// The network's own and the discriminator's, whose names lose their prefix.
fn divided(tensors: Tensors) -> (Tensors, Tensors) {
    let (mut network, mut rival) = (Tensors::new(), Tensors::new());
    for (name, tensor) in tensors {
        match name.strip_prefix(DISCRIMINATOR) {
            Some(name) => rival.insert(name.to_owned(), tensor),
            None => network.insert(name, tensor),
        };
    }
    (network, rival)
}
