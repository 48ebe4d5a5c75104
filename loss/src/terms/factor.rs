//! FactorVAE (Kim & Mnih 2018, "Disentangling by factorising", eq. 2 and algorithm 2):
//! −log p(x|z) + KL(q(z|x) ‖ p(z)) + γ·TC. A discriminator D separates codes from codes with each unit
//! shuffled over the batch; its density ratio estimates the total correlation,
//! TC ≈ E\[log D(z) − log(1 − D(z))\], the difference of its two logits.

use candle_core::{D, Device, Result, Tensor};
use candle_nn::ops::log_softmax;
use model::ops::{Activation, Adam, dense};
use model::random::{Purpose, stream};
use model::{ModelConfig, Parameters};
use rand::seq::SliceRandom;
use rand::{Rng, RngCore};
use serde::{Deserialize, Serialize};

use crate::check::{Checked, not_negative, positive, within};
use crate::term::{Adversary, CardEntry, Decoded, Encoded, Tensors, Term};

/// Slope of the discriminator's leaky ReLU below 0.
const LEAK: f64 = 0.2;
/// First random stream for initial weights that the network itself never uses.
const STREAM: u64 = 1 << 32;

/// FactorVAE. The defaults are disentanglement_lib's.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Factor {
    /// Weight γ of the total correlation.
    pub gamma: f64,
    /// Hidden layers of the discriminator.
    pub layers: usize,
    /// Units in each.
    pub width: usize,
    /// Adam's learning rate for the discriminator; its β₁ is 0.5 and its β₂ 0.9.
    pub learning_rate: f64,
}

impl Default for Factor {
    fn default() -> Self {
        Self { gamma: 35.0, layers: 6, width: 1000, learning_rate: 1e-4 }
    }
}

impl Term for Factor {
    fn card(&self) -> Option<CardEntry> {
        CardEntry::of("factor", &[("gamma", self.gamma)])
    }

    fn validate(&self, _model: &ModelConfig) -> Checked {
        not_negative("gamma", self.gamma)?;
        positive("learning_rate", self.learning_rate)?;
        within("layers", self.layers, 32)?;
        within("width", self.width, model::config::MAX_WIDTH)
    }

    fn adversary(&self) -> Option<&dyn Adversary> {
        Some(self)
    }

    fn penalty(
        &self,
        encoded: &Encoded,
        _decoded: &Decoded,
        _noise: &mut dyn RngCore,
    ) -> Result<Option<Tensor>> {
        let Some(own) = encoded.own else { candle_core::bail!("FactorVAE has no discriminator") };
        let total = Discriminator::load(self.layers, own)?.total_correlation(encoded.codes)?;
        (total * self.gamma).map(Some)
    }
}

impl Adversary for Factor {
    fn prefix(&self) -> &'static str {
        "discriminator."
    }

    fn optimizer(&self) -> (Adam, f64) {
        // Kim & Mnih 2018, appendix.
        (Adam { beta1: 0.5, beta2: 0.9, epsilon: 1e-8 }, self.learning_rate)
    }

    /// Uniform in ±√(1/fan-in).
    fn initial(&self, model: &ModelConfig, seed: u64, device: &Device) -> Result<Tensors> {
        let mut tensors = Tensors::new();
        for (index, (name, shape)) in self.shapes(model.width()).into_iter().enumerate() {
            let input = if index < 2 { model.width() } else { self.width };
            let bound = 1.0 / (input as f32).sqrt();
            let mut rng = stream(seed, Purpose::Weights, STREAM + index as u64);
            let values: Vec<f32> =
                (0..shape.iter().product()).map(|_| rng.random_range(-bound..bound)).collect();
            tensors.insert(name, Tensor::from_vec(values, shape, device)?);
        }
        Ok(tensors)
    }

    fn loss(&self, codes: &Tensor, own: &Parameters, noise: &mut dyn RngCore) -> Result<Tensor> {
        Discriminator::load(self.layers, own)?.loss(codes, &shuffled(codes, noise)?)
    }
}

impl Factor {
    /// Names and shapes of the discriminator's tensors for codes of `latent` units.
    fn shapes(self, latent: usize) -> Vec<(String, Vec<usize>)> {
        (0..=self.layers)
            .flat_map(|layer| {
                let input = if layer == 0 { latent } else { self.width };
                let output = if layer == self.layers { 2 } else { self.width };
                [(format!("{layer}.bias"), vec![output]), (format!("{layer}.weight"), vec![output, input])]
            })
            .collect()
    }
}

/// Separates codes from shuffled codes: weight and bias of each layer.
struct Discriminator(Vec<(Tensor, Tensor)>);

impl Discriminator {
    /// Takes a discriminator with `layers` hidden layers from its variables.
    fn load(layers: usize, own: &Parameters) -> Result<Self> {
        let find = |name: String| match own.get(&name) {
            Some(variable) => Ok(variable.as_tensor().clone()),
            None => candle_core::bail!("the discriminator has no tensor `{name}`"),
        };
        (0..=layers)
            .map(|layer| Ok((find(format!("{layer}.weight"))?, find(format!("{layer}.bias"))?)))
            .collect::<Result<_>>()
            .map(Self)
    }

    /// Logits of "code" and "shuffled code", `[N, D]` to `[N, 2]`. If `frozen`, no gradient reaches the
    /// weights.
    fn logits(&self, codes: &Tensor, frozen: bool) -> Result<Tensor> {
        let mut x = codes.clone();
        for (i, (weight, bias)) in self.0.iter().enumerate() {
            x = if frozen {
                dense(&x, &weight.detach(), &bias.detach(), Activation::None)?
            } else {
                dense(&x, weight, bias, Activation::None)?
            };
            if i + 1 < self.0.len() {
                x = x.maximum(&(&x * LEAK)?)?;
            }
        }
        Ok(x)
    }

    /// The total correlation of `codes`, `[N, D]`, in nats, a scalar.
    fn total_correlation(&self, codes: &Tensor) -> Result<Tensor> {
        let logits = self.logits(codes, true)?;
        (logits.narrow(1, 0, 1)? - logits.narrow(1, 1, 1)?)?.mean_all()
    }

    /// Loss of the discriminator, ½·(cross-entropy on codes + on shuffled codes), in nats.
    fn loss(&self, codes: &Tensor, shuffled: &Tensor) -> Result<Tensor> {
        let told = log_softmax(&self.logits(&codes.detach(), false)?, D::Minus1)?.narrow(1, 0, 1)?;
        let not = log_softmax(&self.logits(&shuffled.detach(), false)?, D::Minus1)?.narrow(1, 1, 1)?;
        (told.mean_all()? + not.mean_all()?)? * -0.5
    }
}

/// Shuffles each unit of `codes`, `[N, D]`, over the batch independently (algorithm 1).
fn shuffled(codes: &Tensor, rng: &mut (impl Rng + ?Sized)) -> Result<Tensor> {
    let (n, units) = codes.dims2()?;
    let values = codes.detach().flatten_all()?.to_vec1::<f32>()?;
    let mut result = vec![0f32; values.len()];
    let mut order: Vec<usize> = (0..n).collect();
    for unit in 0..units {
        order.shuffle(rng);
        for (row, &from) in order.iter().enumerate() {
            result[row * units + unit] = values[from * units + unit];
        }
    }
    Tensor::from_vec(result, (n, units), codes.device())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand_distr::{Distribution, StandardNormal};

    #[test]
    fn shuffling_keeps_every_units_values() -> Result<()> {
        let codes = Tensor::arange(0f32, 60.0, &Device::Cpu)?.reshape((20, 3))?;
        let mixed = shuffled(&codes, &mut stream(1, Purpose::Objective, 1))?;
        assert_ne!(mixed.to_vec2::<f32>()?, codes.to_vec2::<f32>()?);
        for unit in 0..3 {
            let mut values = mixed.narrow(1, unit, 1)?.flatten_all()?.to_vec1::<f32>()?;
            values.sort_by(f32::total_cmp);
            assert_eq!(values, codes.narrow(1, unit, 1)?.flatten_all()?.to_vec1::<f32>()?);
        }
        Ok(())
    }

    #[test]
    fn a_trained_discriminator_knows_the_total_correlation_of_two_gaussians() -> Result<()> {
        let factor = Factor { layers: 2, width: 32, learning_rate: 3e-3, ..Factor::default() };
        let model = ModelConfig { latent: 2, ..ModelConfig::default() };
        let parameters = Parameters::from_tensors(&factor.initial(&model, 1, &Device::Cpu)?)?;
        let discriminator = Discriminator::load(factor.layers, &parameters)?;
        let correlation: f32 = 0.8;
        let draw = |step: u64| -> Result<Tensor> {
            let mut rng = stream(2, Purpose::Noise, step);
            let rows = (0..256).flat_map(|_| {
                let (a, b): (f32, f32) = (StandardNormal.sample(&mut rng), StandardNormal.sample(&mut rng));
                [a, correlation * a + (1.0 - correlation * correlation).sqrt() * b]
            });
            Tensor::from_vec(rows.collect(), (256, 2), &Device::Cpu)
        };
        let moments = parameters.iter().map(|(_, v)| Adam::moments(v)).collect::<Result<Vec<_>>>()?;
        for step in 1..=600 {
            let codes = draw(step)?;
            let mixed = shuffled(&codes, &mut stream(3, Purpose::Objective, step))?;
            let gradients = discriminator.loss(&codes, &mixed)?.backward()?;
            for ((_, variable), moments) in parameters.iter().zip(&moments) {
                let gradient = gradients.get(variable).expect("every layer learns");
                Adam::default().update(factor.learning_rate, step, variable, gradient, moments)?;
            }
        }
        let estimates = (0..8).map(|i| discriminator.total_correlation(&draw(1000 + i)?)?.to_scalar::<f32>());
        let mean = estimates.sum::<Result<f32>>()? / 8.0;
        // −½ log(1 − ρ²) = 0.5108
        let expected = -0.5 * (1.0 - correlation * correlation).ln();
        assert!((mean - expected).abs() < 0.15, "{mean} is not {expected}");
        Ok(())
    }

    #[test]
    fn impossible_parameters_are_named() {
        let factor = Factor { width: 0, ..Factor::default() };
        assert_eq!(factor.validate(&ModelConfig::default()).expect_err("it was accepted").key, "width");
    }
}
