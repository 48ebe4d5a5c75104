//! A low mean activity of every unit in the encoder's dense layer, λ·Σ_j KL(ρ ‖ ρ̂_j) (Ng 2011, "Sparse
//! autoencoder", section 3). ReLU units are not bounded, so ρ̂_j is the batch mean of 1 − exp(−h_j), in
//! [0, 1): the probability of at least one event of a Poisson process with rate h_j.

use candle_core::{Result, Tensor};
use model::ModelConfig;
use rand::RngCore;
use serde::{Deserialize, Serialize};

use crate::check::{Checked, invalid, not_negative, positive};
use crate::term::{CardEntry, Decoded, Encoded, Term};

/// Smallest distance of ρ̂ from 0 and 1.
const MARGIN: f64 = 1e-6;

/// Target for the mean activity of hidden units.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Rate {
    /// Weight λ.
    pub weight: f64,
    /// Target ρ.
    pub target: f64,
}

impl Default for Rate {
    fn default() -> Self {
        Self { weight: 0.1, target: 0.05 }
    }
}

impl Term for Rate {
    fn card(&self) -> Option<CardEntry> {
        CardEntry::of("rate", &[("weight", self.weight)])
    }

    fn validate(&self, _model: &ModelConfig) -> Checked {
        not_negative("weight", self.weight)?;
        positive("target", self.target)?;
        if self.target >= 1.0 {
            return invalid("target", format!("is {}; it must lie below 1", self.target));
        }
        Ok(())
    }

    fn penalty(
        &self,
        encoded: &Encoded,
        _decoded: &Decoded,
        _noise: &mut dyn RngCore,
    ) -> Result<Option<Tensor>> {
        self.divergence(&encoded.encoding.activations).map(Some)
    }
}

impl Rate {
    /// λ·Σ_j KL(ρ ‖ ρ̂_j), a scalar.
    fn divergence(self, activations: &[Tensor]) -> Result<Tensor> {
        let Some(hidden) = activations.last() else { candle_core::bail!("the encoder has no hidden layer") };
        let rate = (1.0 - hidden.neg()?.exp()?)?.mean(0)?.clamp(MARGIN, 1.0 - MARGIN)?;
        let (on, off) = (self.target, 1.0 - self.target);
        let cross = ((rate.log()? * -on)? - ((1.0 - &rate)?.log()? * off)?)?;
        (cross + (on * on.ln() + off * off.ln()))?.sum_all()? * self.weight
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::Device;

    #[test]
    fn it_is_the_divergence_of_two_coins() -> Result<()> {
        // Rates ¼ and ½ against the target ¼: 0 and ¼ ln ½ + ¾ ln 1½ = 0.130812.
        let h = |rate: f32| -(1.0 - rate).ln();
        let hidden = Tensor::new(&[[h(0.25), h(0.3)], [h(0.25), h(0.7)]], &Device::Cpu)?;
        let penalty = Rate { weight: 2.0, target: 0.25 }.divergence(&[hidden])?.to_scalar::<f32>()?;
        assert!((penalty - 0.261_624).abs() < 1e-5, "{penalty}");
        Ok(())
    }

    #[test]
    fn silent_units_cost_a_finite_amount() -> Result<()> {
        let hidden = Tensor::zeros((4, 3), candle_core::DType::F32, &Device::Cpu)?;
        assert!(Rate::default().divergence(&[hidden])?.to_scalar::<f32>()?.is_finite());
        Ok(())
    }
}
