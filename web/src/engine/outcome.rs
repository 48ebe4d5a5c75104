//! Converts the network's outputs to results, for both engines.
//!
//! This code avoids candle's elementwise operations, which come with code for every type and would be a
//! third of the page's wasm.

use model::circle::units;
use model::ops::to_vec;
use model::{Likelihood, ModelConfig, Posterior};

use super::{Codes, EngineError, Reconstruction};

/// Number of items in an input whose items have `expected` values.
pub(super) fn count(what: &'static str, found: usize, expected: usize) -> Result<usize, EngineError> {
    if found == 0 || !found.is_multiple_of(expected) {
        return Err(EngineError::Input { what, found, expected });
    }
    Ok(found / expected)
}

/// μ and σ of each unit.
pub(super) fn codes(posterior: &Posterior, config: &ModelConfig) -> Result<Codes, EngineError> {
    let [mean, log_var] = units(&to_vec(&posterior.mean)?, &to_vec(&posterior.log_var)?, config);
    Ok(Codes { mean, std: log_var.into_iter().map(|log_var| (0.5 * log_var).exp()).collect() })
}

/// Means of the likelihood, 1 / (1 + exp(−l)).
pub(super) fn means(logits: Vec<f32>) -> Vec<f32> {
    logits.into_iter().map(|logit| (1.0 + (-logit).exp()).recip()).collect()
}

/// Computes an image's reconstruction from the logits of its posterior mean.
pub(super) fn outcome(
    codes: Codes,
    likelihood: &Likelihood,
    logits: Vec<f32>,
    image: &[f32],
) -> Result<Reconstruction, EngineError> {
    let nll = likelihood.nll_of(&logits, image)?;
    let picture = means(logits);
    let squares: f32 = picture.iter().zip(image).map(|(p, x)| (p - x) * (p - x)).sum();
    Ok(Reconstruction { nll, mse: squares / picture.len() as f32, codes, picture })
}
