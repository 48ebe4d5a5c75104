//! L1 on the encoder's hidden activations, λ·Σ|h| per image: few hidden units are active for each image.

use candle_core::{Result, Tensor};
use model::ModelConfig;
use rand::RngCore;
use serde::{Deserialize, Serialize};

use crate::check::{Checked, not_negative};
use crate::term::{CardEntry, Decoded, Encoded, Term};

/// Which activations are penalised.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Layers {
    /// Those of the last dense layer before the posterior.
    #[default]
    Dense,
    /// Those of every layer, including feature maps.
    All,
}

/// L1 on hidden activations.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Activation {
    /// Weight λ, per hidden unit and image.
    pub weight: f64,
    /// Activations that are penalised.
    pub layers: Layers,
}

impl Default for Activation {
    fn default() -> Self {
        Self { weight: 0.01, layers: Layers::Dense }
    }
}

impl Term for Activation {
    fn card(&self) -> Option<CardEntry> {
        CardEntry::of("activation", &[("weight", self.weight)])
    }

    fn validate(&self, _model: &ModelConfig) -> Checked {
        not_negative("weight", self.weight)
    }

    fn maps(&self) -> bool {
        self.layers == Layers::All
    }

    fn penalty(
        &self,
        encoded: &Encoded,
        _decoded: &Decoded,
        _noise: &mut dyn RngCore,
    ) -> Result<Option<Tensor>> {
        self.norm(&encoded.encoding.activations).map(Some)
    }
}

impl Activation {
    /// λ·Σ|h|, a mean over images; activations follow a ReLU, so their sum is their L1 norm.
    fn norm(self, activations: &[Tensor]) -> Result<Tensor> {
        let counted = match self.layers {
            Layers::Dense => &activations[activations.len().saturating_sub(1)..],
            Layers::All => activations,
        };
        let Some((first, rest)) = counted.split_first() else {
            candle_core::bail!("the encoder has no hidden layer")
        };
        let sum = rest.iter().try_fold(first.sum_all()?, |sum, layer| sum + layer.sum_all()?)?;
        sum * (self.weight / first.dim(0)? as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::Device;

    #[test]
    fn it_is_the_weighted_sum_of_the_layers_counted() -> Result<()> {
        let device = Device::Cpu;
        let activations =
            [Tensor::new(&[[1f32, 2.0], [0.0, 1.0]], &device)?, Tensor::new(&[[3f32], [0.0]], &device)?];
        for (layers, expected) in [(Layers::Dense, 0.75), (Layers::All, 1.75)] {
            let got = Activation { weight: 0.5, layers }.norm(&activations)?.to_scalar::<f32>()?;
            assert!((got - expected).abs() < 1e-6, "{layers:?}: {got}");
        }
        assert!(Activation::default().norm(&[]).is_err());
        Ok(())
    }
}
