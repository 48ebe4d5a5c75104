//! Units that open one after another. With few open units, each takes one of the factors that explain most,
//! and no factor can use two units while other factors have none. Each later unit learns a factor that the
//! earlier ones leave (after Li et al. 2020, "Progressive learning and disentanglement of hierarchical
//! representations", and nested dropout, Rippel et al. 2014).
//!
//! The posterior of a closed unit is N(0, 1) for every image, so its KL is 0, and the decoder does not use it:
//! its rows in the posterior's layer and its column in the decoder's first layer are 0.

use candle_core::{Result, Tensor};
use model::ModelConfig;
use model::layers::{CODE, POSTERIOR, bias, weight};
use rand::RngCore;
use serde::{Deserialize, Serialize};

use crate::check::{Checked, invalid, within};
use crate::term::{CardEntry, Tensors, Term};

/// When units open, in the order of the code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Opening {
    /// Units that are open from the start.
    pub first: usize,
    /// Steps before the next unit opens.
    pub hold: u64,
    /// Steps between later units.
    pub every: u64,
}

impl Default for Opening {
    fn default() -> Self {
        Self { first: 2, hold: 1000, every: 500 }
    }
}

impl Term for Opening {
    fn card(&self) -> Option<CardEntry> {
        CardEntry::of("opening", &[("every", self.every as f64)])
    }

    fn changes_encoder(&self) -> bool {
        true
    }

    fn validate(&self, _model: &ModelConfig) -> Checked {
        within("first", self.first, model::config::MAX_WIDTH)?;
        if self.every == 0 {
            return invalid("every", "is 0; it must be at least 1");
        }
        Ok(())
    }

    fn network(&self, tensors: &Tensors, step: u64, _noise: &mut dyn RngCore) -> Result<Option<Tensors>> {
        self.applied(tensors.clone(), step).map(Some)
    }

    fn exported(&self, tensors: Tensors, _model: &ModelConfig, step: u64) -> Result<Tensors> {
        self.applied(tensors, step)
    }
}

impl Opening {
    /// Number of open units at `step`, counted from 1; it may exceed the size of the code.
    fn open(self, step: u64) -> usize {
        let further = match step.saturating_sub(self.hold) {
            0 => 0,
            past => 1 + (past - 1) / self.every.max(1),
        };
        self.first.saturating_add(usize::try_from(further).unwrap_or(usize::MAX))
    }

    /// Returns the network's tensors with the weights of units that are closed at `step` set to 0.
    fn applied(self, mut tensors: Tensors, step: u64) -> Result<Tensors> {
        let open = self.open(step);
        let Some(decoder) = tensors.get_mut(&weight(CODE)) else { candle_core::bail!("there is no {CODE}") };
        let units = decoder.dim(1)?;
        if open >= units {
            return Ok(tensors);
        }
        let mask: Vec<f32> = (0..units).map(|unit| f32::from(u8::from(unit < open))).collect();
        let mask = Tensor::new(mask, decoder.device())?;
        *decoder = decoder.broadcast_mul(&mask)?;
        for name in [weight(POSTERIOR), bias(POSTERIOR)] {
            let Some(tensor) = tensors.get_mut(&name) else { candle_core::bail!("there is no {name}") };
            let rows = mask.repeat(tensor.dim(0)? / units)?;
            let rows = if tensor.rank() == 1 { rows } else { rows.unsqueeze(1)? };
            *tensor = tensor.broadcast_mul(&rows)?;
        }
        Ok(tensors)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::{DType, Device};
    use model::{Parameters, Vae};

    #[test]
    fn units_open_one_after_another() {
        let opening = Opening { first: 2, hold: 10, every: 5 };
        for (step, open) in [(1, 2), (10, 2), (11, 3), (15, 3), (16, 4), (10_000, 2000)] {
            assert_eq!(opening.open(step), open, "at step {step}");
        }
    }

    #[test]
    fn a_closed_unit_is_standard_normal_and_unread_and_learns_nothing() -> Result<()> {
        let config = ModelConfig { channels: vec![3, 4], hidden: 32, latent: 3, ..ModelConfig::default() };
        let parameters = Parameters::initial(&config, 1, &Device::Cpu)?;
        let opening = Opening { first: 1, hold: 10, every: 5 };
        let tensors = opening.applied(parameters.tensors(), 11)?;
        let vae = Vae::load(&config, &Parameters::view(&tensors, &Device::Cpu))?;
        let images = Tensor::ones((2, 64, 64, 1), DType::F32, &Device::Cpu)?;
        let posterior = vae.encode(&images)?.posterior;
        for statistic in [&posterior.mean, &posterior.log_var] {
            let row = statistic.get(0)?.to_vec1::<f32>()?;
            assert!(row[0] != 0.0 && row[1] != 0.0 && row[2] == 0.0, "{row:?}");
        }
        let loss = vae.decode(&(posterior.mean + 1.0)?)?.sqr()?.sum_all()?;
        let gradients = loss.backward()?;
        for (name, row) in [(weight(CODE), 1), (weight(POSTERIOR), 0)] {
            let variable = parameters.iter().find(|(n, _)| *n == name).map(|(_, v)| v);
            let Some(gradient) = variable.and_then(|v| gradients.get(v)) else { panic!("none for {name}") };
            let lengths = gradient.abs()?.sum(1 - row)?.to_vec1::<f32>()?;
            assert!(lengths[0] > 0.0 && lengths[2] == 0.0, "{name}: {lengths:?}");
        }
        Ok(())
    }

    #[test]
    fn once_all_are_open_nothing_is_changed() -> Result<()> {
        let config = ModelConfig { channels: vec![3, 4], hidden: 5, latent: 3, ..ModelConfig::default() };
        let tensors = Parameters::initial(&config, 1, &Device::Cpu)?.tensors();
        let applied = Opening::default().applied(tensors.clone(), 5000)?;
        for (name, tensor) in tensors {
            let values = |t: &Tensor| t.flatten_all()?.to_vec1::<f32>();
            assert_eq!(values(&applied[&name])?, values(&tensor)?);
        }
        Ok(())
    }
}
