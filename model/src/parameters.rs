//! Trainable tensors by name.

use std::collections::BTreeMap;

use candle_core::backprop::GradStore;
use candle_core::{DType, Device, Result, Tensor, Var};
use candle_nn::VarBuilder;
use rand::Rng;

use crate::config::ModelConfig;
use crate::likelihood::INITIAL_LOG_SCALE;
use crate::random::{Purpose, stream};

/// Variables of the network, in the order of their names, which makes every iteration over them reproducible.
#[derive(Clone, Debug)]
pub struct Parameters(BTreeMap<String, Var>);

impl Parameters {
    /// Draws initial weights and biases, uniform in ±√(1/fan-in) as in PyTorch. The scale of the likelihood
    /// starts at [`INITIAL_LOG_SCALE`].
    ///
    /// # Errors
    /// Fails if the device can't hold the tensors.
    pub fn initial(config: &ModelConfig, seed: u64, device: &Device) -> Result<Self> {
        let tensors = config.tensors();
        let layers = config.encoder().into_iter().chain(config.decoder());
        let fan_in: BTreeMap<String, usize> =
            layers.map(|layer| (layer.name.clone(), layer.fan_in())).collect();
        let mut variables = BTreeMap::new();
        for (index, (name, shape)) in tensors.iter().enumerate() {
            let layer = name.rsplit_once('.').map_or(name.as_str(), |(layer, _)| layer);
            let values: Vec<f32> = if let Some(&fan_in) = fan_in.get(layer) {
                let bound = 1.0 / (fan_in as f32).sqrt();
                let mut rng = stream(seed, Purpose::Weights, index as u64);
                (0..shape.iter().product()).map(|_| rng.random_range(-bound..bound)).collect()
            } else {
                vec![INITIAL_LOG_SCALE]
            };
            let tensor = Tensor::from_vec(values, shape.as_slice(), device)?;
            variables.insert(name.clone(), Var::from_tensor(&tensor)?);
        }
        Ok(Self(variables))
    }

    /// Creates variables that start from `tensors`.
    ///
    /// # Errors
    /// Fails if the device can't hold a tensor.
    pub fn from_tensors(tensors: &BTreeMap<String, Tensor>) -> Result<Self> {
        tensors
            .iter()
            .map(|(name, tensor)| Ok((name.clone(), Var::from_tensor(tensor)?)))
            .collect::<Result<_>>()
            .map(Self)
    }

    /// Iterates over names and variables in the order of names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Var)> {
        self.0.iter().map(|(name, variable)| (name.as_str(), variable))
    }

    /// Returns the variable of that name.
    pub fn get(&self, name: &str) -> Option<&Var> {
        self.0.get(name)
    }

    /// Returns the gradients of all variables in the order of names, zeros if the loss doesn't depend on one.
    ///
    /// # Errors
    /// Fails if the device can't hold the zeros.
    pub fn gradients(&self, of: &GradStore) -> Result<Vec<Tensor>> {
        self.0.values().map(|v| of.get(v).map_or_else(|| v.zeros_like(), |g| Ok(g.clone()))).collect()
    }

    /// Adds variables that start from `tensors`.
    ///
    /// # Errors
    /// Fails if the device can't hold a tensor.
    pub fn with(mut self, tensors: &BTreeMap<String, Tensor>) -> Result<Self> {
        self.0.extend(Self::from_tensors(tensors)?.0);
        Ok(self)
    }

    /// Returns the tensors of all variables, which share their storage.
    pub fn tensors(&self) -> BTreeMap<String, Tensor> {
        self.0.iter().map(|(name, variable)| (name.clone(), variable.as_tensor().clone())).collect()
    }

    /// Returns a [`VarBuilder`] of `tensors`.
    pub fn view(tensors: &BTreeMap<String, Tensor>, device: &Device) -> VarBuilder<'static> {
        let tensors = tensors.iter().map(|(name, tensor)| (name.clone(), tensor.clone()));
        VarBuilder::from_tensors(tensors.collect(), DType::F32, device)
    }

    /// Returns a [`VarBuilder`] of the variables, through which gradients reach them.
    pub fn builder(&self, device: &Device) -> VarBuilder<'static> {
        Self::view(&self.tensors(), device)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn initial_weights_follow_the_seed_and_the_bound() -> Result<()> {
        let config = ModelConfig::default();
        let read = |seed| -> Result<Vec<f32>> {
            let parameters = Parameters::initial(&config, seed, &Device::Cpu)?;
            let weight = &parameters.tensors()["encoder.conv.1.weight"];
            weight.flatten_all()?.to_vec1()
        };
        let weights = read(1)?;
        assert_eq!(weights, read(1)?);
        assert_ne!(weights, read(2)?);
        let bound = 1.0 / (16.0f32 * 32.0).sqrt();
        let largest = weights.iter().fold(0f32, |max, w| max.max(w.abs()));
        assert!(largest <= bound && largest > 0.99 * bound);
        Ok(())
    }
}
