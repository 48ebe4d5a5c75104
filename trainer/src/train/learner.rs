//! Everything that a run trains, and a single training step.

use candle_core::{DType, Device, Result, Tensor};
use loss::{Batch, Costs, Loss, Pass, Tensors};
use model::layers::DECODER;
use model::ops::Adam;
use model::random::{Purpose, stream};
use model::{Parameters, Vae};

use super::average::Average;
use super::batches::Inputs;
use super::checkpoint::{Checkpoint, State};
use super::optimizer::Optimizer;
use crate::config::Config;

/// The network with everything that is trained beside it.
pub(super) struct Learner<'a> {
    config: &'a Config,
    images_in_all: u64,
    loss: Loss,
    vae: Vae,
    network: Trained,
    /// Moving average of the network's parameters, if enabled.
    average: Option<Average>,
    /// The adversary of each part of the loss, if it has one.
    adversaries: Vec<Option<Trained>>,
}

/// Parameters with their optimizer.
struct Trained {
    parameters: Parameters,
    optimizer: Optimizer,
}

impl Trained {
    /// Creates parameters from `weights` and `moments`, which have the same names.
    fn new(adam: Adam, weights: &Tensors, moments: Tensors) -> Result<Self> {
        let parameters = Parameters::from_tensors(weights)?;
        Ok(Self { optimizer: Optimizer::new(adam, &parameters, moments)?, parameters })
    }
}

impl<'a> Learner<'a> {
    /// Starts with random weights.
    pub(super) fn fresh(config: &'a Config, images_in_all: u64, device: &Device) -> Result<Self> {
        let weights = initial(config, device)?;
        let moments = weights.iter().map(|(name, weight)| {
            let shape: Vec<usize> = std::iter::once(2).chain(weight.dims().iter().copied()).collect();
            Ok((name.clone(), Tensor::zeros(shape, DType::F32, device)?))
        });
        let moments = moments.collect::<Result<_>>()?;
        let learner = Self::new(config, images_in_all, device, weights, moments, Tensors::new())?;
        learner.map_or_else(|| candle_core::bail!("an average of other weights"), Ok)
    }

    /// Continues from a checkpoint. Returns `None` if it belongs to another network.
    pub(super) fn resumed(
        config: &'a Config,
        images_in_all: u64,
        device: &Device,
        Checkpoint { weights, moments, average, .. }: Checkpoint,
    ) -> Result<Option<Self>> {
        let expected = initial(config, device)?;
        let fits = weights.len() == expected.len()
            && moments.len() == expected.len()
            && expected.iter().all(|(name, like)| {
                let weight = weights.get(name).is_some_and(|t| t.dims() == like.dims());
                weight && moments.get(name).is_some_and(|t| t.dims().split_first() == Some((&2, like.dims())))
            });
        if fits { Self::new(config, images_in_all, device, weights, moments, average) } else { Ok(None) }
    }

    /// Builds the learner. `weights` and `moments` contain those of adversaries, with prefixed names.
    /// Returns `None` if `average` belongs to other parameters.
    fn new(
        config: &'a Config,
        images_in_all: u64,
        device: &Device,
        mut weights: Tensors,
        mut moments: Tensors,
        average: Tensors,
    ) -> Result<Option<Self>> {
        let loss = config.loss();
        let adversaries = loss
            .adversaries()
            .map(|adversary| {
                let Some(adversary) = adversary else { return Ok(None) };
                let [weights, moments] =
                    [&mut weights, &mut moments].map(|all| take_prefixed(all, adversary.prefix()));
                Trained::new(adversary.optimizer().0, &weights, moments).map(Some)
            })
            .collect::<Result<_>>()?;
        let network = Trained::new(Adam::default(), &weights, moments)?;
        let average = match config.train.average {
            Some(decay) => match Average::new(decay, average, &network.parameters)? {
                None => return Ok(None),
                kept => kept,
            },
            None => None,
        };
        let tensors = read(config, network.parameters.tensors());
        let vae = Vae::load(&config.model, &Parameters::view(&tensors, device))?.with_maps(loss.maps());
        Ok(Some(Self { config, images_in_all, loss, vae, network, average, adversaries }))
    }

    /// Takes one training step with learning rate `rate`; `step` counts from 1.
    pub(super) fn step(&mut self, inputs: &Inputs, step: u64, rate: f64) -> Result<Costs> {
        let Self { config, loss, network, .. } = self;
        let mut noise = stream(config.train.seed, Purpose::Objective, step);
        let changed = match loss.network(&network.parameters, step, &mut noise)? {
            Some(tensors) => {
                let vae = Vae::load(&config.model, &Parameters::view(&tensors, inputs.images.device()))?;
                Some(vae.with_maps(loss.maps()))
            }
            None => None,
        };
        let batch = Batch {
            images: &inputs.images,
            layout: &inputs.layout,
            noise: &inputs.noise,
            step,
            images_in_all: self.images_in_all,
        };
        let own: Vec<_> = self.adversaries.iter().map(|a| a.as_ref().map(|a| &a.parameters)).collect();
        let vae = changed.as_ref().unwrap_or(&self.vae);
        let Pass { costs, codes } = loss.forward(vae, &network.parameters, &own, &batch, &mut noise)?;

        let mut gradients = costs.loss.backward()?;
        for (name, variable) in network.parameters.iter() {
            if is_fixed(config, name) {
                gradients.remove(variable);
            }
        }
        network.optimizer.update(&network.parameters, &gradients, rate, step)?;
        if loss.after_step(&network.parameters, rate)? {
            network.optimizer.reread()?;
        }
        if let Some(average) = &mut self.average {
            average.update(&network.parameters, step)?;
        }
        for (adversary, trained) in loss.adversaries().zip(&mut self.adversaries) {
            let (Some(adversary), Some(Trained { parameters, optimizer })) = (adversary, trained) else {
                continue;
            };
            let gradients = adversary.loss(&codes, parameters, &mut noise)?.backward()?;
            optimizer.update(parameters, &gradients, adversary.optimizer().1, step)?;
        }
        Ok(costs)
    }

    /// Copies all parameters, moments and averages into a checkpoint.
    pub(super) fn checkpoint(&self, state: &State) -> Result<Checkpoint> {
        let mut weights = self.network.parameters.tensors();
        let mut moments = self.network.optimizer.moments()?;
        for (adversary, trained) in self.loss.adversaries().zip(&self.adversaries) {
            if let (Some(adversary), Some(trained)) = (adversary, trained) {
                weights.extend(prefixed(trained.parameters.tensors(), adversary.prefix()));
                moments.extend(prefixed(trained.optimizer.moments()?, adversary.prefix()));
            }
        }
        let weights = weights.into_iter().map(|(name, tensor)| Ok((name, tensor.copy()?)));
        let weights = weights.collect::<Result<_>>()?;
        let average = self.average.as_ref().map_or_else(|| Ok(Tensors::new()), Average::tensors)?;
        Ok(Checkpoint { state: state.clone(), weights, moments, average })
    }
}

/// Whether a parameter keeps its value.
fn is_fixed(config: &Config, name: &str) -> bool {
    config.train.decoder_only && !name.starts_with(DECODER)
}

/// The tensors as the network reads them: no gradient is computed for a fixed one.
fn read(config: &Config, tensors: Tensors) -> Tensors {
    let tensors = tensors.into_iter();
    let fixed = |name: &str, tensor: Tensor| if is_fixed(config, name) { tensor.detach() } else { tensor };
    tensors.map(|(name, tensor)| (name.clone(), fixed(&name, tensor))).collect()
}

/// Initial weights, including those of adversaries with prefixed names.
fn initial(config: &Config, device: &Device) -> Result<Tensors> {
    let (loss, seed) = (config.loss(), config.train.seed);
    let mut weights = Parameters::initial(&config.model, seed, device)?.tensors();
    weights.extend(loss.parameters(&config.model, device)?);
    for adversary in loss.adversaries().flatten() {
        weights.extend(prefixed(adversary.initial(&config.model, seed, device)?, adversary.prefix()));
    }
    Ok(weights)
}

fn prefixed(tensors: Tensors, prefix: &str) -> impl Iterator<Item = (String, Tensor)> {
    tensors.into_iter().map(move |(name, tensor)| (format!("{prefix}{name}"), tensor))
}

/// Removes the tensors whose names start with `prefix`, and returns them without the prefix.
fn take_prefixed(all: &mut Tensors, prefix: &str) -> Tensors {
    let taken = all.extract_if(.., |name, _| name.starts_with(prefix));
    taken.map(|(name, tensor)| (name[prefix.len()..].to_owned(), tensor)).collect()
}
