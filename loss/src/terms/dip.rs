//! DIP-VAE (Kumar, Sattigeri & Balakrishnan 2018, "Variational inference of disentangled latent
//! concepts from unlabeled observations", eqs. 6 and 7):
//! −log p(x|z) + KL(q(z|x) ‖ p(z)) + λ_od·Σ_{i≠j} C_ij² + λ_d·Σ_i (C_ii − 1)², where C is the covariance of
//! the means (I) or of the codes, Cov(μ) + E\[σ²\] (II).

use candle_core::{Result, Tensor};
use model::ModelConfig;
use rand::RngCore;
use serde::{Deserialize, Serialize};

use crate::check::{Checked, not_negative};
use crate::term::{CardEntry, Decoded, Encoded, Term};

/// The covariance that should become the identity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Covariance {
    /// Covariance of the means, DIP-VAE-I.
    #[default]
    I,
    /// Covariance of the codes, DIP-VAE-II.
    Ii,
}

/// DIP-VAE. The default weights are disentanglement_lib's.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Dip {
    /// I or II.
    pub covariance: Covariance,
    /// Weight λ_od off the diagonal.
    pub off_diagonal: f64,
    /// Weight λ_d on the diagonal. Default: 10·λ_od for I and λ_od for II.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub diagonal: Option<f64>,
}

impl Default for Dip {
    fn default() -> Self {
        Self { covariance: Covariance::I, off_diagonal: 5.0, diagonal: None }
    }
}

impl Dip {
    /// λ_d.
    fn diagonal(self) -> f64 {
        self.diagonal.unwrap_or(match self.covariance {
            Covariance::I => 10.0 * self.off_diagonal,
            Covariance::Ii => self.off_diagonal,
        })
    }
}

impl Term for Dip {
    fn card(&self) -> Option<CardEntry> {
        let name = if self.covariance == Covariance::I { "dip-i" } else { "dip-ii" };
        CardEntry::of(name, &[("off_diagonal", self.off_diagonal), ("diagonal", self.diagonal())])
    }

    fn validate(&self, _model: &ModelConfig) -> Checked {
        not_negative("off_diagonal", self.off_diagonal)?;
        not_negative("diagonal", self.diagonal())
    }

    fn penalty(
        &self,
        encoded: &Encoded,
        _decoded: &Decoded,
        _noise: &mut dyn RngCore,
    ) -> Result<Option<Tensor>> {
        let posterior = &encoded.encoding.posterior;
        let units = posterior.mean.dim(1)?;
        let identity = Tensor::eye(units, posterior.mean.dtype(), posterior.mean.device())?;
        let mut covariance = covariance(&posterior.mean)?;
        if self.covariance == Covariance::Ii {
            let noise = posterior.log_var.exp()?.mean_keepdim(0)?;
            covariance = (covariance + identity.broadcast_mul(&noise)?)?;
        }
        let off = ((1.0 - &identity)? * &covariance)?.sqr()?.sum_all()?;
        let on = ((&identity * covariance)? - identity)?.sqr()?.sum_all()?;
        ((off * self.off_diagonal)? + (on * self.diagonal())?).map(Some)
    }
}

/// Covariance E\[vvᵀ\] − E\[v\]E\[v\]ᵀ of a batch, `[N, D]` to `[D, D]`.
fn covariance(values: &Tensor) -> Result<Tensor> {
    let centred = values.broadcast_sub(&values.mean_keepdim(0)?)?;
    centred.t()?.matmul(&centred)? / values.dim(0)? as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::example;

    #[test]
    fn both_penalties_match_hand_computed_ones() -> Result<()> {
        // Means (1, 0), (−1, 2): covariance [[1, −1], [−1, 1]]; σ² = ½.
        let (means, log_var) = ([[1f32, 0.0], [-1.0, 2.0]], 0.5f32.ln());
        let one = Dip { covariance: Covariance::I, off_diagonal: 2.0, diagonal: None };
        // 2·(1 + 1) + 20·0
        let got = example(one, &means, log_var)?;
        assert!((got.penalty - 4.0).abs() < 1e-4, "{}", got.penalty);
        // The diagonal is 1½: 2·2 + 3·(¼ + ¼)
        let two = Dip { covariance: Covariance::Ii, off_diagonal: 2.0, diagonal: Some(3.0) };
        let got = example(two, &means, log_var)?;
        assert!((got.penalty - 5.5).abs() < 1e-4, "{}", got.penalty);
        Ok(())
    }

    #[test]
    fn impossible_parameters_are_named() {
        let dip = Dip { diagonal: Some(-1.0), ..Dip::default() };
        assert_eq!(dip.validate(&ModelConfig::default()).expect_err("it was accepted").key, "diagonal");
    }
}
