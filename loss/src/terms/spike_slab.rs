//! Variational sparse coding (Tonolini, Jensen & Murray-Smith 2019, "Variational sparse coding"):
//! p(z) = α·N(0, 1) + (1 − α)·δ₀ for each unit. With q = γ·N(μ, σ²) + (1 − γ)·δ₀, their eq. 6:
//! KL = γ·KL(N(μ, σ²) ‖ N(0, 1)) + γ·log(γ/α) + (1 − γ)·log((1 − γ)/(1 − α)).
//!
//! The warm-up of their appendix learns the spikes first: λ grows from 0 to 1, and the slab is
//! N(λμ, λσ² + 1 − λ).

use candle_core::{Result, Tensor};
use model::card::Prior;
use model::config::PosteriorKind;
use model::posterior::Family;
use model::{ModelConfig, Posterior};
use serde::{Deserialize, Serialize};

use crate::check::{Checked, invalid, positive_weight, share};
use crate::term::{CardEntry, Encoded, Tensors, Term};
use crate::weight::{Schedule, Weight};

/// Smallest distance of γ from 0 and 1 inside logarithms.
const MARGIN: f64 = 1e-6;

/// Spike-and-slab prior.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SpikeSlab {
    /// Probability α that a unit is active.
    pub active: f64,
    /// Sharpness c with which spikes are sampled.
    pub sharpness: Weight,
    /// Steps over which λ grows.
    pub warm_up: u64,
}

impl Default for SpikeSlab {
    fn default() -> Self {
        let sharpness = Schedule { from: 50.0, to: 200.0, hold: 0, over: 20_000 };
        Self { active: 0.2, sharpness: Weight::Schedule(sharpness), warm_up: 0 }
    }
}

impl Term for SpikeSlab {
    fn card(&self) -> Option<CardEntry> {
        None
    }

    fn prior(&self, _trained: &Tensors, _model: &ModelConfig) -> Result<Option<Prior>> {
        Ok(Some(Prior::SpikeSlab { active: self.active }))
    }

    fn validate(&self, model: &ModelConfig) -> Checked {
        if model.posterior != PosteriorKind::SpikeSlab {
            return invalid("kind", "needs model.posterior = \"spike-slab\"");
        }
        share("active", self.active)?;
        positive_weight("sharpness", self.sharpness)
    }

    fn posterior(&self, posterior: Posterior, step: u64) -> Result<Posterior> {
        self.warmed(&posterior, step)
    }

    fn sharpness(&self, step: u64) -> Option<f64> {
        Some(self.sharpness.at(step))
    }

    fn kl(&self, encoded: &Encoded) -> Result<Option<Tensor>> {
        self.divergence(&encoded.encoding.posterior).map(Some)
    }
}

impl SpikeSlab {
    /// The posterior at `step` of the warm-up.
    fn warmed(self, posterior: &Posterior, step: u64) -> Result<Posterior> {
        let progress = step as f64 / self.warm_up.max(1) as f64;
        let Family::SpikeSlab { slab, spike } = &posterior.family else { return Ok(posterior.clone()) };
        if progress >= 1.0 {
            return Ok(posterior.clone());
        }
        let variance = ((posterior.log_var.exp()? * progress)? + (1.0 - progress))?;
        Posterior::spike_slab((slab * progress)?, variance.log()?, spike.clone())
    }

    /// KL(q(z|x) ‖ p(z)) per image and unit, `[N, D]`.
    fn divergence(self, posterior: &Posterior) -> Result<Tensor> {
        let Family::SpikeSlab { spike, .. } = &posterior.family else {
            candle_core::bail!("a spike-and-slab prior needs a posterior of its kind")
        };
        let spike = spike.clamp(MARGIN, 1.0 - MARGIN)?;
        let asleep = (1.0 - &spike)?;
        let awake = (&spike * (spike.log()? - self.active.ln())?)?;
        let asleep = (&asleep * (asleep.log()? - (1.0 - self.active).ln())?)?;
        posterior.kl_standard_normal()? + (awake + asleep)?
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::{Device, Var};

    fn posterior(slab: f32, log_var: f32, spike: &Tensor) -> Result<Posterior> {
        let fill = |value: f32| spike.zeros_like()? + f64::from(value);
        Posterior::spike_slab(fill(slab)?, fill(log_var)?, spike.clone())
    }

    #[test]
    fn the_kl_matches_a_hand_computed_one() -> Result<()> {
        let spike = Tensor::new(&[[0.5f32, 0.2]], &Device::Cpu)?;
        let prior = SpikeSlab { active: 0.2, ..SpikeSlab::default() };
        let kl = prior.divergence(&posterior(2.0, 0.0, &spike)?)?.to_vec2::<f32>()?;
        // ½·2 + ½ ln 2.5 + ½ ln 0.625 = 1.223144; at γ = α only the slab's 0.2·2 is left.
        for (got, expected) in kl[0].iter().zip([1.223_144, 0.4]) {
            assert!((got - expected).abs() < 1e-4, "{got} is not {expected}");
        }
        Ok(())
    }

    #[test]
    fn its_gradient_is_finite_where_a_unit_is_surely_active_or_inactive() -> Result<()> {
        let spike = Var::new(&[[0f32, 1.0, 1e-30]], &Device::Cpu)?;
        let kl = SpikeSlab::default().divergence(&posterior(1.0, -20.0, &spike)?)?;
        let gradients = kl.sum_all()?.backward()?;
        let gradient = gradients.get(&spike).map(|g| g.flatten_all()?.to_vec1::<f32>()).transpose()?;
        assert!(gradient.is_some_and(|g| g.iter().all(|v| v.is_finite())));
        Ok(())
    }

    #[test]
    fn the_warm_up_ends_at_the_posterior_and_starts_at_a_standard_slab() -> Result<()> {
        let spike = Tensor::new(&[[0.5f32]], &Device::Cpu)?;
        let whole = posterior(3.0, -2.0, &spike)?;
        let prior = SpikeSlab { warm_up: 100, ..SpikeSlab::default() };
        let kl = |step| prior.warmed(&whole, step)?.kl_standard_normal()?.flatten_all()?.to_vec1::<f32>();
        assert!(kl(0)?[0].abs() < 1e-6);
        assert_eq!(kl(100)?, whole.kl_standard_normal()?.flatten_all()?.to_vec1::<f32>()?);
        Ok(())
    }
}
