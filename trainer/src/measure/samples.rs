//! Similarity of generated images to the data, in pixels, without features of another network.
//!
//! Each unit of a generated code comes from the posterior of a different random image: codes are samples
//! of the product of the aggregate posterior's marginals. This is the factorised prior that fits the
//! model best, so models trained with different priors are compared fairly.

use model::Vae;
use model::card::Score;
use model::random::{Purpose, stream};
use rand::Rng;

use super::encoded::Encoded;
use super::mmd::mmd;
use super::precision_recall::precision_recall;
use super::{MeasureError, Protocol};
use crate::data::Dataset;
use candle_core::{Device, Tensor};

/// Codes per batch.
const BATCH: usize = 64;

/// Returns MMD², precision and recall of generated images.
pub(super) fn scores(
    vae: &Vae,
    dataset: &dyn Dataset,
    protocol: &Protocol,
) -> Result<Vec<Score>, MeasureError> {
    let encoded = Encoded::draw(vae, dataset, protocol.samples, protocol.seed, &())?;
    let columns: Vec<Vec<f32>> = (0..encoded.latent()).map(|unit| encoded.samples(unit)).collect();
    let mut rng = stream(protocol.seed, Purpose::Evaluation, 2);
    let count = protocol.samples;
    let codes: Vec<f32> = (0..count)
        .flat_map(|_| columns.iter().map(|column| column[rng.random_range(0..count)]).collect::<Vec<_>>())
        .collect();
    let mut generated = Vec::new();
    for codes in codes.chunks(BATCH * columns.len()) {
        let codes = Tensor::from_slice(codes, (codes.len() / columns.len(), columns.len()), &Device::Cpu)?;
        generated.extend(vae.decode_mean(&codes)?.flatten_all()?.to_vec1::<f32>()?);
    }
    let values = dataset.image_shape().len();
    let mut data = vec![0.0; count * values];
    dataset.read(&encoded.indices, &mut data)?;
    let (precision, recall) = precision_recall(&data, &generated, values)?;
    let on = format!(
        "{count} images of {}, {count} decoded from posterior samples whose units were drawn apart; pixels",
        dataset.name()
    );
    let kernel = "squared maximum mean discrepancy, Gaussian kernel of the data's median distance";
    let manifold = "third nearest neighbours";
    Ok([
        ("mmd2", mmd(&data, &generated, values)?, kernel),
        ("precision", precision, manifold),
        ("recall", recall, manifold),
    ]
    .map(|(metric, value, how)| Score { metric: metric.to_owned(), value, protocol: format!("{how}; {on}") })
    .into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{ModelConfig, Parameters};

    #[test]
    fn an_untrained_networks_grey_images_are_far_from_the_data() -> Result<(), Box<dyn std::error::Error>> {
        let config = ModelConfig { latent: 3, channels: vec![4, 4], hidden: 8, ..ModelConfig::default() };
        let parameters = Parameters::initial(&config, 1, &Device::Cpu)?;
        let vae = Vae::load(&config, &parameters.builder(&Device::Cpu))?;
        let dataset = crate::data::open("sprites")?;
        let protocol = Protocol { samples: 60, ..Protocol::default() };
        let scores = scores(&vae, &*dataset, &protocol)?;
        let of = |name: &str| scores.iter().find(|s| s.metric == name).map(|s| s.value).ok_or("no score");
        assert!(of("mmd2")? > 0.1, "{scores:?}");
        assert_eq!((of("precision")?, of("recall")?), (0.0, 0.0));
        Ok(())
    }
}
