//! Adam over all parameters of a run, in the form that is fastest on the device.

use std::collections::BTreeMap;

use candle_core::backprop::GradStore;
use candle_core::{Result, Tensor, Var};
use model::Parameters;
use model::ops::{Adam, FlatAdam};

/// Adam with its moments, `[2, …]` per parameter.
pub(super) enum Optimizer {
    /// Updates one parameter at a time; used on the CPU, where the update is fused.
    Each(Adam, BTreeMap<String, Tensor>),
    /// Updates all parameters at once; used on GPUs, where launching kernels dominates.
    Flat(FlatAdam, Vec<String>),
}

impl Optimizer {
    /// Creates the optimizer from `moments`, one per parameter, by name.
    pub(super) fn new(
        adam: Adam,
        parameters: &Parameters,
        moments: BTreeMap<String, Tensor>,
    ) -> Result<Self> {
        if parameters.iter().all(|(_, variable)| variable.device().is_cpu()) {
            return Ok(Self::Each(adam, moments));
        }
        Self::flat(adam, parameters, moments)
    }

    fn flat(adam: Adam, parameters: &Parameters, moments: BTreeMap<String, Tensor>) -> Result<Self> {
        let variables: Vec<Var> = parameters.iter().map(|(_, variable)| variable.clone()).collect();
        // Both maps are sorted by name.
        let (names, moments): (Vec<_>, Vec<_>) = moments.into_iter().unzip();
        Ok(Self::Flat(FlatAdam::new(adam, variables, &moments)?, names))
    }

    /// Updates every parameter that has a gradient. `step` counts from 1.
    pub(super) fn update(
        &mut self,
        parameters: &Parameters,
        gradients: &GradStore,
        rate: f64,
        step: u64,
    ) -> Result<()> {
        match self {
            Self::Each(adam, moments) => {
                for (name, variable) in parameters.iter() {
                    if let Some(gradient) = gradients.get(variable) {
                        adam.update(rate, step, variable, gradient, &moments[name])?;
                    }
                }
                Ok(())
            }
            Self::Flat(adam, _) => adam.update(rate, step, &parameters.gradients(gradients)?),
        }
    }

    /// Reads the parameters again, after something else changed them.
    pub(super) fn reread(&mut self) -> Result<()> {
        match self {
            Self::Each(..) => Ok(()),
            Self::Flat(adam, _) => adam.reread(),
        }
    }

    /// Returns the moments, by name.
    pub(super) fn moments(&self) -> Result<BTreeMap<String, Tensor>> {
        match self {
            Self::Each(_, moments) => Ok(moments.clone()),
            Self::Flat(adam, names) => Ok(names.iter().cloned().zip(adam.moments()?).collect()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::Device;
    use model::ModelConfig;

    #[test]
    fn both_forms_take_the_same_steps() -> Result<()> {
        let config = ModelConfig { channels: vec![2, 3], hidden: 4, ..ModelConfig::default() };
        let train = |flat: bool| -> Result<(BTreeMap<String, Tensor>, BTreeMap<String, Tensor>)> {
            let parameters = Parameters::initial(&config, 1, &Device::Cpu)?;
            let moments = parameters.iter().map(|(name, v)| Ok((name.to_owned(), Adam::moments(v)?)));
            let moments = moments.collect::<Result<_>>()?;
            let mut optimizer = if flat {
                Optimizer::flat(Adam::default(), &parameters, moments)?
            } else {
                Optimizer::new(Adam::default(), &parameters, moments)?
            };
            for step in 1..=2 {
                let squares =
                    parameters.iter().map(|(_, v)| v.sqr()?.sum_all()).collect::<Result<Vec<_>>>()?;
                let gradients = Tensor::stack(&squares, 0)?.sum_all()?.backward()?;
                optimizer.update(&parameters, &gradients, 0.01, step)?;
            }
            Ok((parameters.tensors(), optimizer.moments()?))
        };
        let ((weights, moments), (flat_weights, flat_moments)) = (train(false)?, train(true)?);
        for (expected, got) in [(weights, flat_weights), (moments, flat_moments)] {
            assert_eq!(expected.keys().collect::<Vec<_>>(), got.keys().collect::<Vec<_>>());
            for (name, expected) in &expected {
                let difference = (expected - &got[name])?.abs()?.max_all()?.to_scalar::<f32>()?;
                assert!(difference < 1e-6, "{name} differs by {difference}");
            }
        }
        Ok(())
    }
}
