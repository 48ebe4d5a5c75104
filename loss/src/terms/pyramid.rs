//! Sharpness at every scale, without a pretrained network: the Laplacian pyramid loss of Bojanowski,
//! Joulin, Lopez-Paz & Szlam 2018, "Optimizing the latent space of generative networks", section 3:
//! λ·Σ_j 4^j·‖L_j(x) − L_j(μ)‖₁ summed over an image's values, where L_0, … are the bands of the pyramid and
//! the last is the remaining image. Each band is an image minus its means over blocks of 2×2 values.

use candle_core::{Result, Tensor};
use candle_nn::ops::sigmoid;
use model::ModelConfig;
use rand::RngCore;
use serde::{Deserialize, Serialize};

use crate::check::{Checked, not_negative, within};
use crate::term::{CardEntry, Decoded, Encoded, Term};

/// The Laplacian pyramid loss, `[pyramid]` in a configuration.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Pyramid {
    /// Weight λ, in nats per unit of a pixel's value.
    pub weight: f64,
    /// Number of times the image is halved. A side that is odd is not halved further.
    pub levels: usize,
}

impl Default for Pyramid {
    fn default() -> Self {
        Self { weight: 1.0, levels: 3 }
    }
}

impl Term for Pyramid {
    fn card(&self) -> Option<CardEntry> {
        CardEntry::of("pyramid", &[("weight", self.weight)])
    }

    fn validate(&self, _model: &ModelConfig) -> Checked {
        not_negative("weight", self.weight)?;
        within("levels", self.levels, 16)
    }

    fn penalty(
        &self,
        encoded: &Encoded,
        decoded: &Decoded,
        _noise: &mut dyn RngCore,
    ) -> Result<Option<Tensor>> {
        self.distance(decoded.logits, encoded.images).map(Some)
    }
}

impl Pyramid {
    /// Mean over the batch in nats per image, a scalar, of logits and images `[N, H, W, C]`.
    fn distance(self, logits: &Tensor, images: &Tensor) -> Result<Tensor> {
        // The pyramid is linear, so the difference of pyramids is the pyramid of the difference.
        let mut off = (images - sigmoid(logits)?)?;
        let mut scale = self.weight / off.dim(0)? as f64;
        let mut cost = Tensor::zeros((), off.dtype(), off.device())?;
        for _ in 0..self.levels {
            let (n, height, width, channels) = off.dims4()?;
            if height % 2 == 1 || width % 2 == 1 {
                break;
            }
            let squares = off.reshape(vec![n, height / 2, 2, width / 2, 2, channels])?;
            let means = squares.mean_keepdim(2)?.mean_keepdim(4)?;
            cost = (cost + (squares.broadcast_sub(&means)?.abs()?.sum_all()? * scale)?)?;
            off = means.reshape((n, height / 2, width / 2, channels))?;
            scale *= 4.0;
        }
        cost + (off.abs()?.sum_all()? * scale)?
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::{Device, Var};

    fn cost(levels: usize, images: &[f32], side: usize) -> Result<f32> {
        let images = Tensor::from_slice(images, (1, side, side, 1), &Device::Cpu)?;
        // Logits whose mean is ½.
        let logits = images.zeros_like()?;
        Pyramid { weight: 2.0, levels }.distance(&logits, &images)?.to_scalar()
    }

    #[test]
    fn bands_are_what_each_halving_loses() -> Result<()> {
        // Off by ½, ½, ½ and −½: mean ¼, so the band is ¼, ¼, ¼, −¾ and the rest ¼, four times.
        let images = [1.0, 1.0, 1.0, 0.0];
        for (levels, expected) in [(0, 4.0), (1, 5.0), (5, 5.0)] {
            assert!((cost(levels, &images, 2)? - expected).abs() < 1e-5, "{levels} levels");
        }
        Ok(())
    }

    #[test]
    fn detail_costs_in_fine_bands_and_an_even_shade_in_the_coarsest() -> Result<()> {
        let board: Vec<f32> = (0..16).map(|i| ((i + i / 4) % 2) as f32).collect();
        assert!((cost(2, &board, 4)? - 16.0).abs() < 1e-5);
        assert!((cost(2, &[1.0; 16], 4)? - 16.0).abs() < 1e-5);
        assert!(cost(2, &[0.5; 16], 4)?.abs() < 1e-6);
        Ok(())
    }

    #[test]
    fn a_step_against_its_gradient_lowers_it() -> Result<()> {
        let images =
            Tensor::from_vec((0..64).map(|i| i as f32 / 64.0).collect(), (2, 4, 4, 2), &Device::Cpu)?;
        let logits = Var::from_tensor(&(images.cos()? * 2.0)?)?;
        let pyramid = Pyramid::default();
        let before = pyramid.distance(&logits, &images)?;
        let gradients = before.backward()?;
        let gradient = gradients.get(&logits).expect("logits have a gradient");
        let after = pyramid.distance(&(logits.as_tensor() - (gradient * 0.01)?)?, &images)?;
        assert!(after.to_scalar::<f32>()? < before.to_scalar::<f32>()?);
        Ok(())
    }
}
