//! What training minimises: how an objective weighs the KL to the prior and what it adds. One file
//! an objective; a new one is a file and a line in [`Objective`]. Which prior, and what is sparse in
//! the encoder, is said apart from it: see [`crate::prior`] and [`crate::sparsity`].

mod beta;
mod capacity;
mod dip;
mod factor;
mod tc;
mod vae;
mod weight;

use candle_core::{Result, Tensor};
use model::network::Encoding;
use serde::{Deserialize, Serialize};

pub use beta::Beta;
pub use capacity::Capacity;
pub use dip::{Covariance, Dip};
pub use factor::{Discriminator, Factor, shuffled};
pub use tc::{Estimator, TotalCorrelation, total_correlation};
pub use vae::Plain;
pub use weight::{Fall, Weight};

/// One batch after the network: what an objective may look at.
#[derive(Debug)]
pub struct Forward<'a> {
    /// −log p(x|z) of each image, in nats, `[N]`.
    pub nll: &'a Tensor,
    /// Posterior and hidden activations.
    pub encoding: &'a Encoding,
    /// The sampled codes, `[N, D]`.
    pub codes: &'a Tensor,
    /// KL(q(z|x) ‖ p(z)) to the run's prior per image and unit, `[N, D]`.
    pub kl: &'a Tensor,
    /// Step, counted from 1.
    pub step: u64,
    /// Images in the data set.
    pub images_in_all: u64,
    /// FactorVAE's.
    pub discriminator: Option<&'a Discriminator>,
}

impl Forward<'_> {
    /// Mean KL of an image, a scalar.
    fn kl(&self) -> Result<Tensor> {
        self.kl.sum(1)?.mean_all()
    }
}

/// The objective's value and its parts: scalars, means over the batch, nats an image.
#[derive(Debug)]
pub struct Terms {
    /// What is minimised.
    pub loss: Tensor,
    /// −log p(x|z).
    pub reconstruction: Tensor,
    /// KL(q(z|x) ‖ p(z)) to the run's prior, unweighted.
    pub kl: Tensor,
    /// What is added besides, weighted.
    pub penalty: Option<Tensor>,
}

/// Loss, and what of it is neither reconstruction nor weighted KL.
struct Value {
    loss: Tensor,
    penalty: Option<Tensor>,
}

/// An objective with its parameters, as `[objective]` in a configuration.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Objective {
    /// The evidence lower bound.
    Vae(Plain),
    /// β-VAE.
    Beta(Beta),
    /// Annealed capacity.
    Capacity(Capacity),
    /// FactorVAE.
    Factor(Factor),
    /// β-TCVAE.
    Tc(TotalCorrelation),
    /// DIP-VAE.
    Dip(Dip),
}

impl Objective {
    /// The objective's value on a batch.
    ///
    /// # Errors
    /// Passes candle's errors on.
    pub fn terms(&self, forward: &Forward) -> Result<Terms> {
        let reconstruction = forward.nll.mean_all()?;
        let Value { loss, penalty } = match self {
            Self::Vae(objective) => objective.value(&reconstruction, forward),
            Self::Beta(objective) => objective.value(&reconstruction, forward),
            Self::Capacity(objective) => objective.value(&reconstruction, forward),
            Self::Factor(objective) => objective.value(&reconstruction, forward),
            Self::Tc(objective) => objective.value(&reconstruction, forward),
            Self::Dip(objective) => objective.value(&reconstruction, forward),
        }?;
        Ok(Terms { loss, reconstruction, kl: forward.kl()?, penalty })
    }

    /// FactorVAE's parameters, if it is one.
    pub fn factor(&self) -> Option<Factor> {
        if let Self::Factor(factor) = self { Some(*factor) } else { None }
    }

    /// Checks the parameters.
    ///
    /// # Errors
    /// Key under `objective`, and what it should be.
    pub fn validate(&self) -> std::result::Result<(), (&'static str, String)> {
        match self {
            Self::Vae(_) => Ok(()),
            Self::Beta(o) => positive_weight("beta", o.beta),
            Self::Capacity(o) => {
                positive("gamma", o.gamma)?;
                not_negative("capacity", o.capacity)
            }
            Self::Factor(o) => {
                not_negative("gamma", o.gamma)?;
                positive("learning_rate", o.learning_rate)?;
                within("layers", o.layers, 32)?;
                within("width", o.width, model::config::MAX_WIDTH)
            }
            Self::Tc(o) => positive_weight("beta", o.beta),
            Self::Dip(o) => {
                not_negative("off_diagonal", o.off_diagonal)?;
                not_negative("diagonal", o.diagonal())
            }
        }
    }

    /// Name and numeric parameters, for the model card.
    pub fn card(&self) -> (&'static str, Vec<(&'static str, f64)>) {
        match self {
            Self::Vae(_) => ("vae", vec![]),
            Self::Beta(o) => ("beta", vec![("beta", o.beta.last())]),
            Self::Capacity(o) => ("capacity", vec![("gamma", o.gamma), ("capacity", o.capacity)]),
            Self::Factor(o) => ("factor", vec![("gamma", o.gamma)]),
            Self::Tc(o) => ("tc", vec![("beta", o.beta.last())]),
            Self::Dip(o) => {
                let name = if o.covariance == Covariance::I { "dip-i" } else { "dip-ii" };
                (name, vec![("off_diagonal", o.off_diagonal), ("diagonal", o.diagonal())])
            }
        }
    }
}

pub(crate) type Checked = std::result::Result<(), (&'static str, String)>;

pub(crate) fn positive(key: &'static str, value: f64) -> Checked {
    if value.is_finite() && value > 0.0 {
        return Ok(());
    }
    Err((key, format!("is {value}; it must be a finite number above 0")))
}

pub(crate) fn positive_weight(key: &'static str, weight: Weight) -> Checked {
    if weight.is_positive() {
        return Ok(());
    }
    Err((key, format!("is {weight}; it must be finite and above 0 throughout")))
}

pub(crate) fn not_negative(key: &'static str, value: f64) -> Checked {
    if value.is_finite() && value >= 0.0 {
        return Ok(());
    }
    Err((key, format!("is {value}; it must be a finite number, 0 or above")))
}

pub(crate) fn within(key: &'static str, value: usize, max: usize) -> Checked {
    if (1..=max).contains(&value) {
        return Ok(());
    }
    Err((key, format!("is {value}; it must lie between 1 and {max}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::{DType, Device};
    use model::Posterior;

    /// An objective's parts on a batch.
    pub(super) struct Example {
        pub(super) loss: f32,
        pub(super) reconstruction: f32,
        pub(super) kl: f32,
        pub(super) penalty: f32,
    }

    /// On images of 4 pixels with logits 0, so that the reconstruction is 4·ln 2, and codes at the
    /// means.
    pub(super) fn example<const D: usize, const N: usize>(
        objective: &Objective,
        means: &[[f32; D]; N],
        log_var: f32,
    ) -> Result<Example> {
        let device = Device::Cpu;
        let images = Tensor::zeros((means.len(), 2, 2, 1), DType::F32, &device)?;
        let nll = model::ops::bernoulli_nll(&images, &images)?;
        let mean = Tensor::new(means, &device)?;
        let posterior = Posterior::gaussian(mean.clone(), (mean.zeros_like()? + f64::from(log_var))?);
        let kl = posterior.kl_standard_normal()?;
        let encoding = Encoding { posterior, activations: Vec::new() };
        let terms = objective.terms(&Forward {
            nll: &nll,
            encoding: &encoding,
            codes: &mean,
            kl: &kl,
            step: 10,
            images_in_all: 100,
            discriminator: None,
        })?;
        let penalty = terms.penalty.map_or(Ok(0.0), |penalty| penalty.to_scalar())?;
        Ok(Example {
            loss: terms.loss.to_scalar()?,
            reconstruction: terms.reconstruction.to_scalar()?,
            kl: terms.kl.to_scalar()?,
            penalty,
        })
    }

    #[test]
    fn values_match_hand_computed_ones() -> Result<()> {
        let nll = 4.0 * std::f32::consts::LN_2;
        // KL(N(2, 1) ‖ N(0, 1)) = 2; C at step 10 of 40 is ¼·12.
        let capacity = Capacity { gamma: 5.0, capacity: 12.0, over: 40 };
        let fall = Weight::Schedule(Fall { from: 16.0, to: 1.0, hold: 0, over: 20 });
        for (objective, loss) in [
            (Objective::Vae(Plain {}), nll + 2.0),
            (Objective::Beta(Beta::default()), nll + 8.0),
            (Objective::Beta(Beta { beta: fall }), nll + 8.0),
            (Objective::Capacity(capacity), nll + 5.0),
        ] {
            let got = example(&objective, &[[2.0]], 0.0)?;
            for (got, expected) in [(got.loss, loss), (got.reconstruction, nll), (got.kl, 2.0)] {
                assert!((got - expected).abs() < 1e-4, "{objective:?}: {got} is not {expected}");
            }
        }
        Ok(())
    }

    #[test]
    fn impossible_parameters_are_named() {
        let key = |objective: Objective| objective.validate().expect_err("it was accepted").0;
        let rising = Weight::Schedule(Fall { from: 0.0, to: 1.0, hold: 0, over: 1 });
        for beta in [Weight::Constant(0.0), Weight::Constant(f64::NAN), rising] {
            assert_eq!(key(Objective::Beta(Beta { beta })), "beta");
        }
        assert_eq!(key(Objective::Capacity(Capacity { gamma: -1.0, ..Capacity::default() })), "gamma");
        assert_eq!(key(Objective::Factor(Factor { width: 0, ..Factor::default() })), "width");
        assert_eq!(key(Objective::Dip(Dip { diagonal: Some(-1.0), ..Dip::default() })), "diagonal");
    }
}
