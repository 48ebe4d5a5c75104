//! Assigns units to factors with images whose factors are known. Besides its batch, a step gets images x' with
//! known values t_f of some factors, each with mean 0 and variance 1, such as retouched photographs. The penalty
//! in nats is
//!
//! λ · Σ_f E\[½ (μ_f(x') − t_f)²\] + a · Σ_f Σ_j ρ(μ_f, μ_j)²,
//!
//! where unit f of the code belongs to factor f, and j are the units without a factor. Factors beyond the last unit
//! are ignored.
//!
//! - Images x' are encoded, but not decoded. The decoder reads the assigned units of the batch like all others,
//!   but only a share s of the gradient of its error reaches their means. With s = 0 the error changes their
//!   variance only; with s = 1 they may differ from their factors where that lowers the error by more than the
//!   penalty rises.
//! - ρ is the correlation over the batch, whose factors are unknown. No other unit should encode what a factor's
//!   unit encodes, so the gradient changes only the other units (compare Kumar et al. 2018, "Variational
//!   inference of disentangled latent concepts from unlabeled observations").
//!
//! An encoder that reads factors from images of one kind and reconstructs another kind: Ghifary et al.
//! 2016, "Deep reconstruction-classification networks for unsupervised domain adaptation".

use candle_core::{Result, Tensor};
use model::config::PosteriorKind;
use model::{ModelConfig, Posterior};
use rand::RngCore;
use serde::{Deserialize, Serialize};

use crate::check::{Checked, fraction, invalid, not_negative, positive_weight, within};
use crate::term::{CardEntry, Catalogue, Decoded, Encoded, KnownValues, Selected, Term};
use crate::weight::Weight;

/// Requirement on the data set.
const NEEDS: &str =
    "a world, whose factors are known, or `known.retouch` or `known.values` in the configuration";
/// Added to variances, so that constant units have no correlation.
const EPSILON: f64 = 1e-4;
/// Maximum number of images besides the batch.
const MAX_IMAGES: usize = 1 << 16;

/// Assigns units to factors with images whose factors are known.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Named {
    /// Weight λ, in nats.
    pub weight: Weight,
    /// Weight a of the correlation of other units with a factor's unit, in nats.
    pub apart: f64,
    /// Share s of the gradient of the reconstruction error that reaches the means of units with a factor, 0 to 1.
    pub reconstruct: f64,
    /// Number of images with known factors per step.
    pub images: usize,
}

impl Default for Named {
    fn default() -> Self {
        Self { weight: Weight::Constant(50.0), apart: 5.0, reconstruct: 0.0, images: 48 }
    }
}

impl Term for Named {
    fn card(&self) -> Option<CardEntry> {
        let mut numbers = vec![("weight", self.weight.last()), ("apart", self.apart)];
        numbers.extend((self.reconstruct > 0.0).then_some(("reconstruct", self.reconstruct)));
        CardEntry::of("named", &numbers)
    }

    fn validate(&self, model: &ModelConfig) -> Checked {
        if model.posterior == PosteriorKind::SpikeSlab {
            return invalid("", "needs model.posterior = \"gaussian\" or \"laplace\"");
        }
        if model.circles > 0 {
            return invalid("", "names no circles; leave model.circles out");
        }
        positive_weight("weight", self.weight)?;
        not_negative("apart", self.apart)?;
        fraction("reconstruct", self.reconstruct)?;
        within("images", self.images, MAX_IMAGES)
    }

    fn select(
        &self,
        data: &dyn Catalogue,
        _batch: &[u64],
        noise: &mut dyn RngCore,
    ) -> std::result::Result<Option<Selected>, &'static str> {
        let images = data.known(self.images, noise);
        let values: Vec<Vec<f32>> = images.iter().map(|&image| data.values(image)).collect();
        let factors = values.first().map(Vec::len).filter(|&factors| factors > 0).ok_or(NEEDS)?;
        let known = KnownValues { values: values.concat(), factors };
        Ok(Some(Selected { images, known: Some(known), ..Selected::default() }))
    }

    fn read(&self, codes: Tensor, posterior: &Posterior, known: Option<&KnownValues>) -> Result<Tensor> {
        let Some(known) = known else { return Ok(codes) };
        let width = codes.dim(1)?;
        let named = known.factors.min(width);
        let means = posterior.mean.narrow(1, 0, named)?;
        let without = ((&means - means.detach())? * (1.0 - self.reconstruct))?;
        let held = (codes.narrow(1, 0, named)? - without)?;
        if named == width {
            return Ok(held);
        }
        Tensor::cat(&[held, codes.narrow(1, named, width - named)?], 1)
    }

    fn penalty(
        &self,
        encoded: &Encoded,
        _decoded: &Decoded,
        _noise: &mut dyn RngCore,
    ) -> Result<Option<Tensor>> {
        let (Some(known), Some(extra)) = (encoded.known, encoded.extra) else {
            candle_core::bail!("there are no images with known factors")
        };
        let means = &encoded.encoding.posterior.mean;
        let mut cost = (squared_error(&extra.posterior.mean, known)? * self.weight.at(encoded.step))?;
        let named = known.factors.min(means.dim(1)?);
        if self.apart > 0.0 && named < means.dim(1)? {
            cost = (cost + (squared_correlations(means, named)? * self.apart)?)?;
        }
        Ok(Some(cost))
    }
}

/// Sum over factors of the mean of ½ (μ_f − t_f)² over the images with known t_f, from their `means`,
/// `[M, D]`: a scalar.
fn squared_error(means: &Tensor, known: &KnownValues) -> Result<Tensor> {
    let named = known.factors.min(means.dim(1)?);
    let is_known = |value: f32| !value.is_nan();
    let mut counts = vec![0f32; known.factors];
    for (place, &value) in known.values.iter().enumerate() {
        counts[place % known.factors] += f32::from(u8::from(is_known(value)));
    }
    let share = |(place, &value): (usize, &f32)| {
        if is_known(value) { 0.5 / counts[place % known.factors] } else { 0.0 }
    };
    let shares: Vec<f32> = known.values.iter().enumerate().map(share).collect();
    let values: Vec<f32> =
        known.values.iter().map(|&value| if is_known(value) { value } else { 0.0 }).collect();
    let [shares, values] = [shares, values].map(|numbers| {
        Tensor::from_vec(numbers, (known.rows(), known.factors), means.device())?.narrow(1, 0, named)
    });
    let error = (means.narrow(1, 0, named)? - values?)?;
    (error.sqr()? * shares?)?.sum_all()
}

/// Σ_f Σ_j ρ(μ_f, μ_j)² over rows of `means`, `[N, D]`, for the first `named` units f, whose means get no gradient,
/// and all other units j: a scalar.
fn squared_correlations(means: &Tensor, named: usize) -> Result<Tensor> {
    let (count, width) = means.dims2()?;
    let centred = means.broadcast_sub(&means.mean_keepdim(0)?)?;
    let scores = centred.broadcast_div(&(centred.sqr()?.mean_keepdim(0)? + EPSILON)?.sqrt()?)?;
    let held = scores.narrow(1, 0, named)?.detach().t()?.contiguous()?;
    let others = scores.narrow(1, named, width - named)?.contiguous()?;
    (held.matmul(&others)? / count as f64)?.sqr()?.sum_all()
}

#[cfg(test)]
mod tests {
    use candle_core::{Device, Var};
    use rand::SeedableRng;
    use rand::rngs::SmallRng;

    use super::*;
    use crate::example::with_batch;
    use crate::term::{EncodedExtra, Extra};
    use crate::weight::Schedule;

    /// Images with one factor of three classes, or without factors.
    struct Classes(Vec<usize>);

    impl Catalogue for Classes {
        fn factors(&self) -> Vec<usize> {
            self.0.clone()
        }

        fn classes(&self, image: u64) -> Vec<usize> {
            self.0.iter().map(|count| image as usize % count).collect()
        }

        fn image(&self, _classes: &[usize]) -> Option<u64> {
            None
        }

        fn known(&self, count: usize, _noise: &mut dyn RngCore) -> Vec<u64> {
            (0..count as u64).collect()
        }
    }

    #[test]
    fn factor_values_are_in_standard_deviations() -> std::result::Result<(), &'static str> {
        let mut noise = SmallRng::seed_from_u64(1);
        let named = Named { images: 3, ..Named::default() };
        let selected = named.select(&Classes(vec![3]), &[7], &mut noise)?.ok_or("nothing")?;
        let known = selected.known.ok_or("no known values")?;
        assert_eq!((selected.images.len(), known.rows(), known.factors), (3, 3, 1));
        let root = 1.5f32.sqrt();
        for (value, expected) in known.values.iter().zip([-root, 0.0, root]) {
            assert!((value - expected).abs() < 1e-6, "{value} is not {expected}");
        }
        assert_eq!(named.select(&Classes(Vec::new()), &[7], &mut noise), Err(NEEDS));
        Ok(())
    }

    #[test]
    fn units_are_compared_with_the_known_values_only() -> Result<()> {
        let known = KnownValues { values: vec![1.0, f32::NAN, f32::NAN, -1.0, 0.0, f32::NAN], factors: 2 };
        let cost = |means: [[f32; 3]; 3]| {
            squared_error(&Tensor::new(&means, &Device::Cpu)?, &known)?.to_scalar::<f32>()
        };
        assert!(cost([[1.0, 5.0, 7.0], [9.0, -1.0, 3.0], [0.0, 8.0, 1.0]])?.abs() < 1e-6);
        // ½ (2² + 0²)/2 of the first factor, ½ 3² of the second.
        assert!((cost([[3.0, 5.0, 7.0], [9.0, 2.0, 3.0], [0.0, 8.0, 1.0]])? - 5.5).abs() < 1e-5);
        Ok(())
    }

    #[test]
    fn the_penalty_weighs_errors_and_correlations() -> Result<()> {
        let known = KnownValues { values: vec![1.0, 1.0], factors: 1 };
        // The error is ½ (2² + 0²)/2 = 1 nat; units 0 and 1 of the batch are the same up to their scale: ρ² = 1.
        let cost = |named: Named| {
            with_batch(&[[10f32, 20.0], [-10.0, -20.0]], 0.0, |encoded, decoded| {
                let means = Tensor::new(&[[3f32, 0.0], [1.0, 0.0]], &Device::Cpu)?;
                let posterior = Posterior::gaussian(means.clone(), means.zeros_like()?);
                let (images, allowed) = (encoded.images.clone(), Vec::new());
                let extra = EncodedExtra::new(Extra { images, groups: Vec::new(), allowed }, posterior, 0);
                let encoded = Encoded { extra: Some(&extra), known: Some(&known), ..*encoded };
                let penalty = named.penalty(&encoded, decoded, &mut SmallRng::seed_from_u64(1))?;
                penalty.expect("there is one").to_scalar::<f32>()
            })
        };
        let named = Named { weight: Weight::Constant(10.0), apart: 5.0, images: 2, ..Named::default() };
        assert!((cost(named)? - 15.0).abs() < 1e-3);
        assert!((cost(Named { apart: 0.0, ..named })? - 10.0).abs() < 1e-3);
        // Step 10, where the weight is halfway from 2 to 6 by equal factors.
        let moving = Weight::Schedule(Schedule { from: 2.0, to: 6.0, hold: 0, over: 20 });
        assert!((cost(Named { weight: moving, apart: 0.0, ..named })? - 12f32.sqrt()).abs() < 1e-3);
        Ok(())
    }

    #[test]
    fn circles_and_spike_and_slab_posteriors_are_refused() {
        let problem = |model: &ModelConfig| Named::default().validate(model).expect_err("accepted").problem;
        let posterior = PosteriorKind::SpikeSlab;
        assert!(problem(&ModelConfig { posterior, ..ModelConfig::default() }).contains("model.posterior"));
        assert!(problem(&ModelConfig { circles: 1, ..ModelConfig::default() }).contains("model.circles"));
        let none = Named { images: 0, ..Named::default() }.validate(&ModelConfig::default());
        assert_eq!(none.expect_err("accepted").key, "images");
    }

    #[test]
    fn the_correlation_changes_only_the_other_units() -> Result<()> {
        let means = Var::new(&[[1f32, 0.9, 0.3], [-1.0, -0.8, 0.1], [0.5, 0.2, -0.4]], &Device::Cpu)?;
        let gradients = squared_correlations(&means, 1)?.backward()?;
        let slopes = gradients.get(&means).expect("it takes part").to_vec2::<f32>()?;
        assert!(slopes.iter().all(|row| row[0] == 0.0 && row[1] != 0.0));
        // Two units that are the same up to their sign: ρ² = 1.
        let same = Tensor::new(&[[1f32, -3.0], [-1.0, 3.0]], &Device::Cpu)?;
        assert!((squared_correlations(&same, 1)?.to_scalar::<f32>()? - 1.0).abs() < 1e-3);
        Ok(())
    }

    #[test]
    fn the_decoder_reads_the_same_codes_but_gives_named_means_a_share_of_the_gradient() -> Result<()> {
        let mean = Var::new(&[[0.5f32, -1.0]], &Device::Cpu)?;
        let log_var = Var::new(&[[0f32, 0.0]], &Device::Cpu)?;
        let posterior = Posterior::gaussian(mean.as_tensor().clone(), log_var.as_tensor().clone());
        let codes = posterior.sample(&Tensor::new(&[[2f32, 2.0]], &Device::Cpu)?)?;
        let known = KnownValues { values: vec![0.0], factors: 1 };
        let read = Named::default().read(codes.clone(), &posterior, Some(&known))?;
        assert_eq!(read.to_vec2::<f32>()?, codes.to_vec2::<f32>()?);
        let gradients = read.sum_all()?.backward()?;
        let of = |var: &Var| gradients.get(var).expect("it takes part").to_vec2::<f32>();
        assert_eq!(of(&mean)?, [[0.0, 1.0]]);
        assert!(of(&log_var)?[0].iter().all(|slope| *slope > 0.0));

        let named = Named { reconstruct: 0.25, ..Named::default() };
        let read = named.read(codes.clone(), &posterior, Some(&known))?;
        assert_eq!(read.to_vec2::<f32>()?, codes.to_vec2::<f32>()?);
        let gradients = read.sum_all()?.backward()?;
        assert_eq!(gradients.get(&mean).expect("it takes part").to_vec2::<f32>()?, [[0.25, 1.0]]);
        Ok(())
    }
}
