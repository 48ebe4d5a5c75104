//! Hard-concrete L0 gates (Louizos, Welling & Kingma 2018, "Learning sparse neural networks through L0
//! regularization", eqs. 10 to 13) on the encoder's channels and on the latent units.
//!
//! u ~ U(0, 1), s = sigmoid((log u − log(1 − u) + log α)/β), gate = min(1, max(0, s·(ζ − γ) + γ)). A gate is
//! open with probability sigmoid(log α − β·log(−γ/ζ)), and the penalty is the sum of these probabilities. The
//! gate of a channel multiplies its weights and bias, which is the same as multiplying its output, because a
//! ReLU is linear for positive factors. The gate of a unit multiplies the decoder's weights for it. The
//! exported weights include the gates.

use candle_core::{Device, Result, Tensor};
use candle_nn::ops::sigmoid;
use model::layers::{CODE, Kind, POSTERIOR, bias, weight};
use model::{ModelConfig, Parameters};
use rand::{Rng, RngCore};
use serde::{Deserialize, Serialize};

use crate::check::{Checked, not_negative};
use crate::term::{CardEntry, Decoded, Encoded, Tensors, Term};

/// Temperature β.
const TEMPERATURE: f64 = 2.0 / 3.0;
/// Stretch (γ, ζ).
const STRETCH: (f64, f64) = (-0.1, 1.1);
/// Initial log α: open with probability 0.96.
const START: f32 = 1.5;
/// Prefix of the gates' names; the name of the gated layer follows.
const PREFIX: &str = "gates.";

/// L0 on channels and latent units.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Gates {
    /// Cost of an open channel of the encoder, in nats.
    pub channels: f64,
    /// Cost of an open latent unit, in nats.
    pub units: f64,
}

impl Default for Gates {
    fn default() -> Self {
        Self { channels: 0.02, units: 0.5 }
    }
}

impl Term for Gates {
    fn card(&self) -> Option<CardEntry> {
        CardEntry::of("gates", &[("channels", self.channels), ("units", self.units)])
    }

    fn changes_encoder(&self) -> bool {
        true
    }

    fn validate(&self, _model: &ModelConfig) -> Checked {
        not_negative("channels", self.channels)?;
        not_negative("units", self.units)
    }

    fn parameters(&self, model: &ModelConfig, device: &Device) -> Result<Tensors> {
        initial(model, device)
    }

    fn network(&self, tensors: &Tensors, _step: u64, noise: &mut dyn RngCore) -> Result<Option<Tensors>> {
        drawn(tensors.clone(), noise).map(Some)
    }

    fn penalty(
        &self,
        encoded: &Encoded,
        _decoded: &Decoded,
        _noise: &mut dyn RngCore,
    ) -> Result<Option<Tensor>> {
        self.expected(encoded.parameters).map(Some)
    }

    fn exported(&self, tensors: Tensors, _model: &ModelConfig, _step: u64) -> Result<Tensors> {
        gated(tensors, stretched)
    }
}

/// Initial log α of every gate.
fn initial(config: &ModelConfig, device: &Device) -> Result<Tensors> {
    let encoder = config.encoder();
    let of = |kind: Kind| encoder.iter().filter(move |layer| layer.kind == kind && layer.name != POSTERIOR);
    let channels = of(Kind::Conv).chain(of(Kind::Dense).take(1));
    channels
        .map(|layer| (layer.name.as_str(), layer.bias_len()))
        .chain([(CODE, config.width())])
        .map(|(layer, size)| Ok((format!("{PREFIX}{layer}"), Tensor::full(START, size, device)?)))
        .collect()
}

/// Returns the network's tensors with random gates.
fn drawn(tensors: Tensors, noise: &mut (impl Rng + ?Sized)) -> Result<Tensors> {
    gated(tensors, |log_alpha| {
        let logits: Vec<f32> = (0..log_alpha.elem_count())
            .map(|_| {
                let u: f32 = noise.random_range(1e-6..1.0 - 1e-6);
                u.ln() - (1.0 - u).ln()
            })
            .collect();
        let logits = Tensor::from_vec(logits, log_alpha.shape(), log_alpha.device())?;
        stretched(&((log_alpha + logits)? / TEMPERATURE)?)
    })
}

impl Gates {
    /// Expected cost of open gates in nats, a scalar.
    fn expected(self, parameters: &Parameters) -> Result<Tensor> {
        let shift = TEMPERATURE * (-STRETCH.0 / STRETCH.1).ln();
        let mut total: Option<Tensor> = None;
        for (name, log_alpha) in parameters.iter() {
            let Some(layer) = name.strip_prefix(PREFIX) else { continue };
            let price = if layer == CODE { self.units } else { self.channels };
            let open = (sigmoid(&(log_alpha.as_tensor() - shift)?)?.sum_all()? * price)?;
            total = Some(match total {
                Some(total) => (total + open)?,
                None => open,
            });
        }
        total.map_or_else(|| candle_core::bail!("the gates have no parameters"), Ok)
    }
}

/// min(1, max(0, sigmoid(x)·(ζ − γ) + γ)).
fn stretched(x: &Tensor) -> Result<Tensor> {
    let (low, high) = STRETCH;
    ((sigmoid(x)? * (high - low))? + low)?.clamp(0.0, 1.0)
}

/// Multiplies the gates, computed from their log α by `gate`, into the network's tensors, and removes them.
fn gated(mut tensors: Tensors, mut gate: impl FnMut(&Tensor) -> Result<Tensor>) -> Result<Tensors> {
    let gates: Vec<String> = tensors.keys().filter(|name| name.starts_with(PREFIX)).cloned().collect();
    for name in gates {
        let Some(log_alpha) = tensors.remove(&name) else { continue };
        let gate = gate(&log_alpha)?;
        let layer = &name[PREFIX.len()..];
        if layer == CODE {
            scale(&mut tensors, weight(layer), &gate)?;
            continue;
        }
        scale(&mut tensors, bias(layer), &gate)?;
        // A dense layer's outputs are its weight's rows, a convolution's its last dimension.
        let dense = tensors.get(&weight(layer)).is_some_and(|weight| weight.rank() == 2);
        scale(&mut tensors, weight(layer), &if dense { gate.unsqueeze(1)? } else { gate })?;
    }
    Ok(tensors)
}

fn scale(tensors: &mut Tensors, name: String, gate: &Tensor) -> Result<()> {
    let Some(tensor) = tensors.get_mut(&name) else { candle_core::bail!("there is no {name} to gate") };
    *tensor = tensor.broadcast_mul(gate)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::Vae;
    use model::random::{Purpose, stream};

    fn config() -> ModelConfig {
        ModelConfig { channels: vec![3, 4], hidden: 5, latent: 2, ..ModelConfig::default() }
    }

    fn tensors() -> Result<Tensors> {
        let mut tensors = Parameters::initial(&config(), 1, &Device::Cpu)?.tensors();
        tensors.extend(initial(&config(), &Device::Cpu)?);
        Ok(tensors)
    }

    #[test]
    fn the_penalty_is_the_expected_number_of_open_gates() -> Result<()> {
        let gates = Gates { channels: 1.0, units: 10.0 };
        let penalty = gates.expected(&Parameters::from_tensors(&tensors()?)?)?.to_scalar::<f32>()?;
        let mut rng = stream(2, Purpose::Objective, 1);
        let mut open = 0;
        for _ in 0..20_000 {
            let u: f64 = rng.random();
            let x = (u.ln() - (1.0 - u).ln() + f64::from(START)) / TEMPERATURE;
            let s = (STRETCH.1 - STRETCH.0) / (1.0 + (-x).exp()) + STRETCH.0;
            open += usize::from(s > 0.0);
        }
        // 3 + 4 channels and 5 hidden units at 1, two latent units at 10.
        let expected = 32.0 * open as f32 / 20_000.0;
        assert!((penalty - expected).abs() < 0.2, "{penalty} is not {expected}");
        Ok(())
    }

    #[test]
    fn a_closed_gate_silences_its_channel_and_an_open_one_changes_nothing() -> Result<()> {
        let mut tensors = tensors()?;
        let plain = tensors.clone();
        for (name, tensor) in &mut tensors {
            if name.starts_with(PREFIX) {
                *tensor = (tensor.zeros_like()? + 9.0)?;
            }
        }
        let first = Tensor::new(&[9f32, -9.0, 9.0], &Device::Cpu)?;
        tensors.insert(format!("{PREFIX}encoder.conv.0"), first);
        tensors.insert(format!("{PREFIX}{CODE}"), Tensor::new(&[-9f32, 9.0], &Device::Cpu)?);
        let applied = gated(tensors, stretched)?;
        assert!(applied.keys().all(|name| !name.starts_with(PREFIX)));
        let parameters = Parameters::from_tensors(&applied)?;
        let vae = Vae::load(&config(), &parameters.builder(&Device::Cpu))?.with_maps(true);
        let images = Tensor::ones((1, 64, 64, 1), candle_core::DType::F32, &Device::Cpu)?;
        let maps = vae.encode(&images)?.activations[0].sum((0, 1, 2))?.to_vec1::<f32>()?;
        assert_eq!(maps[1], 0.0);
        let decode = |code: [f32; 2]| {
            vae.decode(&Tensor::new(&[code], &Device::Cpu)?)?.flatten_all()?.to_vec1::<f32>()
        };
        assert_eq!(decode([0.0, 1.0])?, decode([5.0, 1.0])?);
        let same = |name: &str| -> Result<bool> {
            Ok(applied[name].flatten_all()?.to_vec1::<f32>()?
                == plain[name].flatten_all()?.to_vec1::<f32>()?)
        };
        assert!(same("encoder.conv.1.weight")? && same("encoder.dense.weight")?);
        Ok(())
    }

    #[test]
    fn gradients_reach_weights_and_gates() -> Result<()> {
        let parameters = Parameters::from_tensors(&tensors()?)?;
        let drawn = drawn(parameters.tensors(), &mut stream(1, Purpose::Objective, 1))?;
        let loss = drawn.values().map(|t| t.sqr()?.sum_all()).collect::<Result<Vec<_>>>()?;
        let gradients = Tensor::stack(&loss, 0)?.sum_all()?.backward()?;
        for (name, variable) in parameters.iter() {
            assert!(gradients.get(variable).is_some(), "no gradient for {name}");
        }
        Ok(())
    }
}
