//! β-TCVAE (Chen et al. 2018, "Isolating sources of disentanglement in variational autoencoders"):
//! −log p(x|z) + KL(q(z|x) ‖ p(z)) + (β − 1)·TC, where TC = KL(q(z) ‖ Π q(z_j)) is the total
//! correlation of the aggregate posterior q(z) = E_x q(z|x), estimated from the batch. It is their
//! eq. 4 with α = γ = 1, as disentanglement_lib writes it.

use std::f64::consts::TAU;

use candle_core::{D, Result, Tensor};
use model::config::PosteriorKind;
use model::{ModelConfig, Posterior};
use rand::RngCore;
use serde::{Deserialize, Serialize};

use crate::check::{Checked, invalid, positive_weight};
use crate::term::{CardEntry, Decoded, Encoded, Term};
use crate::weight::Weight;

/// How q(z) is estimated from a batch of M among N images.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Estimator {
    /// Minibatch-weighted: q(z) ≈ Σ_m q(z|x_m)/(N·M) (their eq. S3).
    #[default]
    Weighted,
    /// Minibatch stratified: the image that z was sampled from has weight 1/N, the last of the others
    /// (N − M + 1)/(N·(M − 1)), and the rest 1/(M − 1) (their eq. S5).
    Stratified,
}

/// β-TCVAE.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TotalCorrelation {
    /// Weight of the total correlation; 6 is the paper's for dSprites.
    pub beta: Weight,
    /// How q(z) is estimated.
    pub estimator: Estimator,
}

impl Default for TotalCorrelation {
    fn default() -> Self {
        Self { beta: Weight::Constant(6.0), estimator: Estimator::Weighted }
    }
}

impl Term for TotalCorrelation {
    fn card(&self) -> Option<CardEntry> {
        CardEntry::of("tc", &[("beta", self.beta.last())])
    }

    fn validate(&self, model: &ModelConfig) -> Checked {
        if model.posterior != PosteriorKind::Gaussian {
            return invalid("kind", "needs model.posterior = \"gaussian\"");
        }
        positive_weight("beta", self.beta)
    }

    fn penalty(
        &self,
        encoded: &Encoded,
        _decoded: &Decoded,
        _noise: &mut dyn RngCore,
    ) -> Result<Option<Tensor>> {
        let Encoded { encoding, codes, images_in_all, step, .. } = *encoded;
        let total = total_correlation(&encoding.posterior, codes, images_in_all, self.estimator)?;
        (total * (self.beta.at(step) - 1.0)).map(Some)
    }
}

/// Total correlation in nats, a scalar, of `codes`, `[M, D]`, which are samples of the Gaussian `posterior` of
/// M out of `images_in_all` images.
fn total_correlation(
    posterior: &Posterior,
    codes: &Tensor,
    images_in_all: u64,
    estimator: Estimator,
) -> Result<Tensor> {
    // log q(z_i,d | x_j), [i, j, d].
    let deviation = codes.unsqueeze(1)?.broadcast_sub(&posterior.mean.unsqueeze(0)?)?;
    let scaled = deviation.sqr()?.broadcast_mul(&posterior.log_var.neg()?.exp()?.unsqueeze(0)?)?;
    let density = (scaled.broadcast_add(&posterior.log_var.unsqueeze(0)?)? + TAU.ln())? * -0.5;
    let density = density?;
    let weights = log_weights(codes.dim(0)?, images_in_all as f64, estimator, codes)?;
    let joint = density.sum(D::Minus1)?.broadcast_add(&weights)?.log_sum_exp(1)?;
    let marginals = density.broadcast_add(&weights.unsqueeze(2)?)?.log_sum_exp(1)?.sum(1)?;
    (joint - marginals)?.mean_all()
}

/// Log weight of image j in the estimate of q(z_i), `[M, M]`.
fn log_weights(batch: usize, all: f64, estimator: Estimator, like: &Tensor) -> Result<Tensor> {
    let m = batch as f64;
    let weight = |i: usize, j: usize| match estimator {
        Estimator::Weighted => 1.0 / (all * m),
        Estimator::Stratified if batch == 1 => 1.0,
        Estimator::Stratified if i == j => 1.0 / all,
        Estimator::Stratified if j == (i + batch - 1) % batch => (all - m + 1.0) / (all * (m - 1.0)),
        Estimator::Stratified => 1.0 / (m - 1.0),
    };
    let weights = (0..batch * batch).map(|place| weight(place / batch, place % batch).ln() as f32);
    Tensor::from_vec(weights.collect(), (batch, batch), like.device())
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::Device;

    const MEANS: [[f64; 2]; 3] = [[0.0, 1.0], [-1.0, 0.5], [2.0, -0.5]];
    const CODES: [[f64; 2]; 3] = [[0.1, 0.9], [-0.7, 0.4], [1.8, -0.9]];
    const LOG_VAR: f64 = -0.5;

    /// The formula, term by term.
    fn by_hand(weight: impl Fn(usize, usize) -> f64) -> f64 {
        let density = |i: usize, j: usize, d: usize| {
            let deviation = CODES[i][d] - MEANS[j][d];
            (-0.5 * (deviation.powi(2) / LOG_VAR.exp() + LOG_VAR + TAU.ln())).exp()
        };
        let sum = |i: usize, of: &dyn Fn(usize) -> f64| (0..3).map(|j| weight(i, j) * of(j)).sum::<f64>();
        let total = |i: usize| {
            let joint = sum(i, &|j| density(i, j, 0) * density(i, j, 1));
            joint.ln() - (0..2).map(|d| sum(i, &|j| density(i, j, d)).ln()).sum::<f64>()
        };
        (0..3).map(total).sum::<f64>() / 3.0
    }

    #[test]
    fn both_estimates_match_the_formula() -> Result<()> {
        let tensor = |rows: [[f64; 2]; 3]| Tensor::new(&rows.map(|r| r.map(|v| v as f32)), &Device::Cpu);
        let mean = tensor(MEANS)?;
        let posterior = Posterior::gaussian(mean.clone(), (mean.zeros_like()? + LOG_VAR)?);
        let codes = tensor(CODES)?;
        let all = 10.0;
        let got = |estimator| -> Result<f64> {
            total_correlation(&posterior, &codes, all as u64, estimator)?.to_scalar::<f32>().map(f64::from)
        };
        let weighted = by_hand(|_, _| 1.0 / (all * 3.0));
        assert!((got(Estimator::Weighted)? - weighted).abs() < 1e-4);
        let stratified = by_hand(|i, j| match (j + 3 - i) % 3 {
            0 => 1.0 / all,
            1 => 1.0 / 2.0,
            _ => (all - 2.0) / (all * 2.0),
        });
        assert!((got(Estimator::Stratified)? - stratified).abs() < 1e-4);
        Ok(())
    }

    #[test]
    fn the_stratified_weights_sum_to_one() -> Result<()> {
        let like = Tensor::zeros((8, 1), candle_core::DType::F32, &Device::Cpu)?;
        let sums = log_weights(8, 1000.0, Estimator::Stratified, &like)?.exp()?.sum(1)?.to_vec1::<f32>()?;
        // 1/N + (M − 2)/(M − 1) + (N − M + 1)/(N(M − 1)) = 1
        assert!(sums.iter().all(|sum| (sum - 1.0).abs() < 1e-5), "{sums:?}");
        Ok(())
    }
}
