//! What training minimises. One file an objective; a new one is a file and a line in [`Objective`].

mod beta;
mod sparse;
mod vae;

use candle_core::{Result, Tensor};
use model::network::Encoding;
use serde::{Deserialize, Serialize};

pub use beta::Beta;
pub use sparse::{Prior, Sparse, SparseLayers, laplace_kl};
pub use vae::Plain;

/// One batch after the network: what an objective may look at.
#[derive(Debug)]
pub struct Forward<'a> {
    /// Images, `[N, H, W, C]` in `[0, 1]`.
    pub images: &'a Tensor,
    /// Logits of the likelihood, `[N, H, W, C]`.
    pub logits: &'a Tensor,
    /// Posterior and hidden activations.
    pub encoding: &'a Encoding,
}

/// The objective's value and its parts: scalars, means over the batch, nats an image.
#[derive(Debug)]
pub struct Terms {
    /// What is minimised.
    pub loss: Tensor,
    /// −log p(x|z).
    pub reconstruction: Tensor,
    /// KL(q(z|x) ‖ p(z)) to the objective's own prior, unweighted.
    pub kl: Tensor,
    /// What is added besides, weighted.
    pub penalty: Option<Tensor>,
}

/// An objective with its parameters, as `[objective]` in a configuration.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Objective {
    /// The evidence lower bound.
    Vae(Plain),
    /// β-VAE.
    Beta(Beta),
    /// Sparsity at the prior and in the encoder.
    Sparse(Sparse),
}

impl Objective {
    /// The objective's value on a batch.
    ///
    /// # Errors
    /// Passes candle's errors on.
    pub fn terms(&self, forward: &Forward) -> Result<Terms> {
        match self {
            Self::Vae(objective) => objective.terms(forward),
            Self::Beta(objective) => objective.terms(forward),
            Self::Sparse(objective) => objective.terms(forward),
        }
    }

    /// Checks the parameters.
    ///
    /// # Errors
    /// Key under `objective`, and what it should be.
    pub fn validate(&self) -> std::result::Result<(), (&'static str, String)> {
        match self {
            Self::Vae(_) => Ok(()),
            Self::Beta(objective) => positive("beta", objective.beta),
            Self::Sparse(objective) => {
                positive("beta", objective.beta)?;
                positive("scale", objective.scale)?;
                not_negative("activation", objective.activation)
            }
        }
    }

    /// Name and numeric parameters, for the model card.
    pub fn card(&self) -> model::card::Objective {
        let (name, parameters): (&str, Vec<(&str, f64)>) = match self {
            Self::Vae(_) => ("vae", vec![]),
            Self::Beta(o) => ("beta", vec![("beta", o.beta)]),
            Self::Sparse(o) => {
                ("sparse", vec![("beta", o.beta), ("scale", o.scale), ("activation", o.activation)])
            }
        };
        model::card::Objective {
            name: name.to_owned(),
            parameters: parameters.into_iter().map(|(k, v)| (k.to_owned(), v)).collect(),
        }
    }
}

fn positive(key: &'static str, value: f64) -> std::result::Result<(), (&'static str, String)> {
    if value.is_finite() && value > 0.0 {
        return Ok(());
    }
    Err((key, format!("is {value}; it must be a finite number above 0")))
}

fn not_negative(key: &'static str, value: f64) -> std::result::Result<(), (&'static str, String)> {
    if value.is_finite() && value >= 0.0 {
        return Ok(());
    }
    Err((key, format!("is {value}; it must be a finite number, 0 or above")))
}

/// Mean −log p(x|z) over the batch.
fn reconstruction(forward: &Forward) -> Result<Tensor> {
    model::ops::bernoulli_nll(forward.logits, forward.images)?.mean_all()
}

/// Mean over the batch of a KL given per image and unit, `[N, D]`.
fn batch_mean(kl: &Tensor) -> Result<Tensor> {
    kl.sum(1)?.mean_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::{DType, Device};
    use model::Posterior;

    /// Terms on one 4-pixel image with logits 0, so that the reconstruction is 4·ln 2.
    pub(super) fn terms(objective: &Objective, mean: f32, log_var: f32, activation: f32) -> Result<[f32; 3]> {
        let device = Device::Cpu;
        let images = Tensor::zeros((1, 2, 2, 1), DType::F32, &device)?;
        let posterior = Posterior {
            mean: Tensor::new(&[[mean]], &device)?,
            log_var: Tensor::new(&[[log_var]], &device)?,
        };
        let encoding = Encoding { posterior, activations: vec![Tensor::new(&[[activation]], &device)?] };
        let terms = objective.terms(&Forward { images: &images, logits: &images, encoding: &encoding })?;
        Ok([terms.loss.to_scalar()?, terms.reconstruction.to_scalar()?, terms.kl.to_scalar()?])
    }

    fn close(got: [f32; 3], expected: [f32; 3]) {
        for (got, expected) in got.iter().zip(expected) {
            assert!((got - expected).abs() < 1e-4, "{got} is not {expected}");
        }
    }

    #[test]
    fn values_match_hand_computed_ones() -> Result<()> {
        let nll = 4.0 * std::f32::consts::LN_2;
        // KL(N(2, 1) ‖ N(0, 1)) = 2
        close(terms(&Objective::Vae(Plain {}), 2.0, 0.0, 3.0)?, [nll + 2.0, nll, 2.0]);
        close(terms(&Objective::Beta(Beta { beta: 4.0 }), 2.0, 0.0, 3.0)?, [nll + 8.0, nll, 2.0]);
        // KL(N(0, 1) ‖ Laplace(0, 1)) = ln 2 − ½ ln(2πe) + √(2/π)
        let kl = std::f32::consts::LN_2 - 0.5 * 17.079_468f32.ln() + 0.797_884_6;
        let sparse = Sparse { beta: 2.0, scale: 1.0, activation: 0.5, ..Sparse::default() };
        close(terms(&Objective::Sparse(sparse), 0.0, 0.0, 3.0)?, [nll + 2.0 * kl + 1.5, nll, kl]);
        Ok(())
    }

    #[test]
    fn impossible_parameters_are_named() {
        let key = |objective: Objective| objective.validate().expect_err("it was accepted").0;
        assert_eq!(key(Objective::Beta(Beta { beta: 0.0 })), "beta");
        assert_eq!(key(Objective::Sparse(Sparse { scale: f64::NAN, ..Sparse::default() })), "scale");
        assert_eq!(key(Objective::Sparse(Sparse { activation: -1.0, ..Sparse::default() })), "activation");
    }
}
