//! Measures a model on a sample of its data for the model card: its units, reconstruction and sparsity.

use std::collections::BTreeMap;
use std::f32::consts::PI;

use candle_core::Tensor;
use metrics::information;
use model::Vae;
use model::card::{FactorMatch, Score, Unit};

use super::encoded::Encoded;
use super::hoyer::hoyer;
use super::statistics::{histogram, mean, percentile, standard_deviation};
use super::{MeasureError, Watch};
use crate::data::Dataset;

/// Measurements of a model on a data set.
#[derive(Clone, Debug, PartialEq)]
pub struct Measured {
    /// One entry per latent unit, in the order of the code.
    pub units: Vec<Unit>,
    /// Reconstruction and sparsity scores with their protocols.
    pub scores: Vec<Score>,
}

/// Encodes and decodes `samples` images of `dataset`, drawn uniformly with replacement from `seed`, and
/// describes each unit. Factors, if known, only label the units. `tensors` are the network's tensors by
/// name.
///
/// # Errors
/// Fails if an image can't be read, the network doesn't fit the images, a score is not finite, or `watch`
/// stops measuring.
pub fn describe(
    vae: &Vae,
    tensors: &BTreeMap<String, Tensor>,
    dataset: &dyn Dataset,
    samples: usize,
    seed: u64,
    watch: &dyn Watch,
) -> Result<Measured, MeasureError> {
    let encoded = Encoded::draw(vae, dataset, samples, seed, watch)?;
    let units: Vec<Unit> = matches(dataset, &encoded)
        .into_iter()
        .enumerate()
        .map(|(unit, factor)| describe_unit(&encoded, unit, vae.config().is_circle(unit), factor))
        .collect();
    let mut scores = scores(&encoded, vae.config().likelihood.name(), dataset.name());
    scores.extend(sparsity(&encoded, &units, tensors)?);
    if let Some(score) = scores.iter().find(|score| !score.value.is_finite()) {
        return Err(MeasureError::NotFinite(score.metric.clone(), dataset.name().to_owned()));
    }
    Ok(Measured { units, scores })
}

fn describe_unit(encoded: &Encoded, unit: usize, circle: bool, factor: Option<FactorMatch>) -> Unit {
    let (means, stds) = (encoded.means(unit), encoded.stds(unit));
    let centre = mean(&means);
    let mut sorted = means.clone();
    sorted.sort_by(f32::total_cmp);
    Unit {
        kl: mean(&encoded.kls(unit)),
        mean: centre,
        std: standard_deviation(&means),
        posterior_std: mean(&stds),
        range: if circle {
            [-PI, PI]
        } else {
            [percentile(&sorted, 0.005).min(centre - 0.5), percentile(&sorted, 0.995).max(centre + 0.5)]
        },
        mean_histogram: histogram(&means, sorted[0], sorted[sorted.len() - 1]),
        std_histogram: histogram(&stds, 0.0, stds.iter().copied().fold(1.0, f32::max)),
        factor,
    }
}

/// Returns for each unit the factor with the largest mutual information, as a fraction of the factor's
/// entropy, or `None` if there is no information on any factor.
fn matches(dataset: &dyn Dataset, encoded: &Encoded) -> Vec<Option<FactorMatch>> {
    let factors = dataset.factors();
    let classes: Vec<Vec<usize>> = encoded.indices.iter().map(|&index| dataset.classes(index)).collect();
    (0..encoded.latent())
        .map(|unit| {
            let means: Vec<f64> = encoded.means(unit).into_iter().map(f64::from).collect();
            let bins = information::bins(&means);
            let shares = factors.iter().enumerate().map(|(place, (name, count))| {
                let classes: Vec<usize> = classes.iter().map(|classes| classes[place]).collect();
                let information = information::share(&bins, &classes, *count);
                FactorMatch { name: name.clone(), information: information as f32 }
            });
            shares
                .max_by(|a, b| a.information.total_cmp(&b.information))
                .filter(|best| best.information > 0.0)
        })
        .collect()
}

fn scores(encoded: &Encoded, likelihood: &str, dataset: &str) -> Vec<Score> {
    let on = format!("{} images of {dataset} drawn at random", encoded.indices.len());
    let nll = mean(&encoded.nll);
    let total: f32 = (0..encoded.latent()).map(|unit| mean(&encoded.kls(unit))).sum();
    [
        ("nll", nll, format!("{likelihood} NLL in nats an image, decoding the posterior mean; {on}")),
        ("mse", mean(&encoded.mse), format!("squared error a pixel, decoding the posterior mean; {on}")),
        (
            "ssim",
            mean(&encoded.ssim),
            format!("structural similarity, 11×11 Gaussian window, decoding the posterior mean; {on}"),
        ),
        ("kl", total, format!("KL to N(0, I) in nats an image; {on}")),
        (
            "elbo",
            -mean(&encoded.sampled_nll) - total,
            format!("evidence lower bound under N(0, I) in nats an image, one posterior sample each; {on}"),
        ),
    ]
    .map(|(metric, value, protocol)| Score { metric: metric.to_owned(), value: value.into(), protocol })
    .into()
}

/// Measures how sparse the codes, activations and weights are.
fn sparsity(
    encoded: &Encoded,
    units: &[Unit],
    tensors: &BTreeMap<String, Tensor>,
) -> Result<Vec<Score>, MeasureError> {
    let active: Vec<usize> = (0..units.len()).filter(|&unit| units[unit].is_active()).collect();
    let score = |metric: &str, value: f64, protocol: &str| Score {
        metric: metric.to_owned(),
        value,
        protocol: protocol.to_owned(),
    };
    Ok(vec![
        score("active_units", active.len() as f64, "units whose posterior mean has a variance above 0.01"),
        score(
            "hoyer_code",
            mean(&code_hoyer(encoded, units, &active)).into(),
            "Hoyer's sparseness of the posterior mean, each active unit divided by its standard deviation",
        ),
        score(
            "hoyer_activations",
            mean(&encoded.activation_hoyer).into(),
            "Hoyer's sparseness of the encoder's hidden activations, mean over its layers",
        ),
        score("zero_weights", zero_weights(tensors)?, "share of the encoder's weights that are exactly zero"),
    ])
}

/// Sparseness of each image's code over the active units; empty if fewer than two are active.
fn code_hoyer(encoded: &Encoded, units: &[Unit], active: &[usize]) -> Vec<f32> {
    let columns: Vec<(Vec<f32>, f32)> =
        active.iter().map(|&unit| (encoded.means(unit), units[unit].std)).collect();
    let code = |image: usize| hoyer(columns.iter().map(|(means, std)| means[image] / std));
    (0..encoded.indices.len()).filter_map(code).collect()
}

fn zero_weights(tensors: &BTreeMap<String, Tensor>) -> Result<f64, MeasureError> {
    let (mut zeros, mut count) = (0, 0);
    for (name, tensor) in tensors {
        if name.starts_with("encoder.") && name.ends_with(".weight") {
            let values = tensor.flatten_all()?.to_vec1::<f32>()?;
            zeros += values.iter().filter(|value| **value == 0.0).count();
            count += values.len();
        }
    }
    Ok(zeros as f64 / count.max(1) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::Device;
    use model::{ModelConfig, Parameters};

    #[test]
    fn an_untrained_network_is_described_whole_and_the_same_twice() -> Result<(), Box<dyn std::error::Error>>
    {
        let config = ModelConfig { latent: 3, channels: vec![4, 4], hidden: 8, ..ModelConfig::default() };
        let parameters = Parameters::initial(&config, 1, &Device::Cpu)?;
        let vae = Vae::load(&config, &parameters.builder(&Device::Cpu))?;
        let tensors = parameters.tensors();
        let dataset = crate::data::open("sprites")?;
        let measured = describe(&vae, &tensors, &*dataset, 300, 5, &())?;
        assert_eq!(measured, describe(&vae, &tensors, &*dataset, 300, 5, &())?);
        assert_ne!(measured, describe(&vae, &tensors, &*dataset, 300, 6, &())?);
        assert_eq!(measured.units.len(), 3);
        for unit in &measured.units {
            assert!(unit.range[0] <= unit.mean - 0.5 && unit.range[1] >= unit.mean + 0.5);
            assert!(unit.kl >= 0.0 && unit.std >= 0.0 && unit.posterior_std > 0.0);
            for histogram in [&unit.mean_histogram, &unit.std_histogram] {
                assert_eq!(histogram.counts.iter().sum::<u32>(), 300);
            }
        }
        let score = |name: &str| measured.scores.iter().find(|s| s.metric == name).map(|s| s.value);
        // All logits are near 0: about 4096·ln 2 nats and a squared error of ¼.
        let nll = score("nll").ok_or("no nll")?;
        assert!((nll / (4096.0 * std::f64::consts::LN_2) - 1.0).abs() < 0.3, "{nll}");
        assert!((score("mse").ok_or("no mse")? - 0.25).abs() < 0.1);
        assert!(score("elbo").ok_or("no elbo")? < -nll * 0.9);
        Ok(())
    }
    #[test]
    fn the_encoders_weights_that_are_exactly_zero_are_counted() -> Result<(), Box<dyn std::error::Error>> {
        let tensor = |values: &[f32]| Tensor::new(values, &Device::Cpu);
        let tensors = BTreeMap::from([
            ("encoder.dense.weight".to_owned(), tensor(&[0.0, 1e-30, -0.0, 2.0])?),
            ("encoder.dense.bias".to_owned(), tensor(&[0.0, 0.0])?),
            ("decoder.dense.0.weight".to_owned(), tensor(&[0.0])?),
        ]);
        assert_eq!(zero_weights(&tensors)?, 0.5);
        Ok(())
    }
}
