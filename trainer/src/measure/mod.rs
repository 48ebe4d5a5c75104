//! What a model card says of a trained model: its units and its scores.

mod encoded;
mod statistics;

use metrics::information;
use model::Vae;
use model::card::{FactorMatch, Score, Unit};
use worlds::World;

use crate::data::{DataError, Dataset};
use encoded::Encoded;
use statistics::{histogram, mean, percentile, standard_deviation};

/// A model measured on a data set.
#[derive(Clone, Debug, PartialEq)]
pub struct Measured {
    /// One entry a latent unit, in the code's order.
    pub units: Vec<Unit>,
    /// Reconstruction and other scores with their protocols.
    pub scores: Vec<Score>,
}

/// Why a model can't be measured.
#[derive(Debug, thiserror::Error)]
pub enum MeasureError {
    /// The data can't be read.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The network can't be run.
    #[error("the network failed: {0}")]
    Network(#[from] candle_core::Error),
}

/// Encodes and decodes `samples` images of `dataset`, drawn uniformly with replacement under
/// `seed`, and describes every unit. Factors, where known, name the units and do nothing else.
///
/// # Errors
/// Fails if an image can't be read or the network doesn't fit the images.
pub fn describe(
    vae: &Vae,
    dataset: &dyn Dataset,
    samples: usize,
    seed: u64,
) -> Result<Measured, MeasureError> {
    let encoded = Encoded::draw(vae, dataset, samples, seed)?;
    let names = dataset.world().map(|world| matches(world, &encoded));
    let units = (0..encoded.latent())
        .map(|unit| describe_unit(&encoded, unit, names.as_ref().and_then(|names| names[unit].clone())))
        .collect();
    Ok(Measured { units, scores: scores(&encoded, dataset.name()) })
}

fn describe_unit(encoded: &Encoded, unit: usize, factor: Option<FactorMatch>) -> Unit {
    let (means, stds) = (encoded.means(unit), encoded.stds(unit));
    let centre = mean(&means);
    let mut sorted = means.clone();
    sorted.sort_by(f32::total_cmp);
    Unit {
        kl: mean(&encoded.kls(unit)),
        mean: centre,
        std: standard_deviation(&means),
        posterior_std: mean(&stds),
        range: [percentile(&sorted, 0.005).min(centre - 0.5), percentile(&sorted, 0.995).max(centre + 0.5)],
        mean_histogram: histogram(&means, sorted[0], sorted[sorted.len() - 1]),
        std_histogram: histogram(&stds, 0.0, stds.iter().copied().fold(1.0, f32::max)),
        factor,
    }
}

/// For every unit the factor that it tells most of, as a share of the factor's entropy; none for a
/// unit that tells nothing of any.
fn matches(world: &dyn World, encoded: &Encoded) -> Vec<Option<FactorMatch>> {
    let factors = world.factors();
    let classes: Vec<Vec<usize>> = encoded.indices.iter().map(|&index| world.classes(index)).collect();
    (0..encoded.latent())
        .map(|unit| {
            let bins = information::bins(&encoded.means(unit));
            let shares = factors.iter().enumerate().map(|(place, factor)| {
                let classes: Vec<usize> = classes.iter().map(|classes| classes[place]).collect();
                let information = information::share(&bins, &classes, factor.count);
                FactorMatch { name: factor.name.to_owned(), information: information as f32 }
            });
            shares
                .max_by(|a, b| a.information.total_cmp(&b.information))
                .filter(|best| best.information > 0.0)
        })
        .collect()
}

fn scores(encoded: &Encoded, dataset: &str) -> Vec<Score> {
    let on = format!("{} images of {dataset} drawn at random", encoded.indices.len());
    let nll = mean(&encoded.nll);
    let total: f32 = (0..encoded.latent()).map(|unit| mean(&encoded.kls(unit))).sum();
    [
        ("nll", nll, format!("Bernoulli NLL in nats an image, decoding the posterior mean; {on}")),
        ("mse", mean(&encoded.mse), format!("squared error a pixel, decoding the posterior mean; {on}")),
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
        let dataset = crate::data::open("sprites")?;
        let measured = describe(&vae, &*dataset, 300, 5)?;
        assert_eq!(measured, describe(&vae, &*dataset, 300, 5)?);
        assert_ne!(measured, describe(&vae, &*dataset, 300, 6)?);
        assert_eq!(measured.units.len(), 3);
        for unit in &measured.units {
            assert!(unit.range[0] <= unit.mean - 0.5 && unit.range[1] >= unit.mean + 0.5);
            assert!(unit.kl >= 0.0 && unit.std >= 0.0 && unit.posterior_std > 0.0);
            for histogram in [&unit.mean_histogram, &unit.std_histogram] {
                assert_eq!(histogram.counts.iter().sum::<u32>(), 300);
            }
        }
        let score = |name: &str| measured.scores.iter().find(|s| s.metric == name).map(|s| s.value);
        // Logits near 0 everywhere: about 4096·ln 2 nats and a squared error of ¼.
        let nll = score("nll").ok_or("no nll")?;
        assert!((nll / (4096.0 * std::f64::consts::LN_2) - 1.0).abs() < 0.3, "{nll}");
        assert!((score("mse").ok_or("no mse")? - 0.25).abs() < 0.1);
        assert!(score("elbo").ok_or("no elbo")? < -nll * 0.9);
        Ok(())
    }
}
