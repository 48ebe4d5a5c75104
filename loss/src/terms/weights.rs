//! L1 on the encoder's weights by a proximal step after each optimiser step, w ← sign(w)·max(|w| − ηλ, 0)
//! at learning rate η (Parikh & Boyd 2014, "Proximal algorithms", section 4.3), so that weights become
//! exactly zero.

use candle_core::{Result, Tensor};
use model::layers::{CODE, ENCODER, POSTERIOR, weight};
use model::{ModelConfig, Parameters};
use serde::{Deserialize, Serialize};

use crate::check::{Checked, not_negative};
use crate::term::{CardEntry, Term};

/// Which weights are penalised.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Shrunk {
    /// Those of the layer for the posterior's means.
    #[default]
    Mean,
    /// All weights of the encoder.
    Encoder,
}

/// L1 penalty on weights.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Shrink {
    /// Weight λ.
    pub weight: f64,
    /// Weights that are penalised.
    pub layers: Shrunk,
}

impl Default for Shrink {
    fn default() -> Self {
        Self { weight: 0.1, layers: Shrunk::Mean }
    }
}

impl Term for Shrink {
    fn card(&self) -> Option<CardEntry> {
        CardEntry::of("weights", &[("weight", self.weight)])
    }

    fn changes_encoder(&self) -> bool {
        true
    }

    fn validate(&self, _model: &ModelConfig) -> Checked {
        not_negative("weight", self.weight)
    }

    fn after_step(&self, parameters: &Parameters, rate: f64) -> Result<bool> {
        self.shrink(parameters, rate)?;
        Ok(true)
    }
}

impl Shrink {
    /// Takes a proximal step at learning `rate`.
    fn shrink(self, parameters: &Parameters, rate: f64) -> Result<()> {
        let by = rate * self.weight;
        match self.layers {
            Shrunk::Mean => {
                // The first rows give the means. There are as many as the code's layer has columns.
                let [posterior, code] = [POSTERIOR, CODE].map(|layer| parameters.get(&weight(layer)));
                let (Some(posterior), Some(code)) = (posterior, code) else {
                    candle_core::bail!("there is no {POSTERIOR} or no {CODE} to shrink")
                };
                let (rows, units) = (posterior.dim(0)?, code.dim(1)?);
                let means = towards_zero(&posterior.narrow(0, 0, units)?, by)?;
                let rest = posterior.narrow(0, units, rows - units)?;
                posterior.set(&Tensor::cat(&[&means, &rest], 0)?)
            }
            Shrunk::Encoder => parameters
                .iter()
                .filter(|(name, _)| name.starts_with(ENCODER) && name.ends_with(".weight"))
                .try_for_each(|(_, variable)| variable.set(&towards_zero(variable, by)?)),
        }
    }
}

/// sign(w)·max(|w| − by, 0).
fn towards_zero(weights: &Tensor, by: f64) -> Result<Tensor> {
    let weights = weights.detach();
    weights.sign()? * (weights.abs()? - by)?.relu()?
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::Device;
    use std::collections::BTreeMap;

    #[test]
    fn small_weights_become_exactly_zero_and_others_are_left_alone() -> Result<()> {
        let device = Device::Cpu;
        let parameters = Parameters::from_tensors(&BTreeMap::from([
            (weight(POSTERIOR), Tensor::new(&[[0.05f32, -0.5], [0.05, 0.5]], &device)?),
            ("encoder.dense.weight".to_owned(), Tensor::new(&[[-0.05f32, 1.0]], &device)?),
            ("encoder.dense.bias".to_owned(), Tensor::new(&[0.05f32], &device)?),
            (weight(CODE), Tensor::new(&[[0.05f32]], &device)?),
        ]))?;
        let read = |name: &str| parameters.tensors()[name].flatten_all()?.to_vec1::<f32>();
        Shrink { weight: 1.0, layers: Shrunk::Mean }.shrink(&parameters, 0.1)?;
        assert_eq!(read(&weight(POSTERIOR))?, [0.0, -0.4, 0.05, 0.5]);
        assert_eq!(read("encoder.dense.weight")?, [-0.05, 1.0]);
        Shrink { weight: 1.0, layers: Shrunk::Encoder }.shrink(&parameters, 0.1)?;
        assert_eq!(read("encoder.dense.weight")?, [0.0, 0.9]);
        assert_eq!((read("encoder.dense.bias")?, read(&weight(CODE))?), (vec![0.05], vec![0.05]));
        Ok(())
    }
}
