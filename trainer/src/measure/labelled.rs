//! Disentanglement metrics that don't choose their images, on labelled pictures: posterior means against
//! labels as factors.

use metrics::Representation;
use model::Vae;
use model::card::Score;

use super::codes::means;
use super::{MeasureError, Protocol, Watch};
use crate::data::Dataset;

/// Scores `vae` on pictures drawn at random; returns no scores if fewer than two labels vary.
pub(super) fn scores(
    vae: &Vae,
    dataset: &dyn Dataset,
    protocol: &Protocol,
    watch: &dyn Watch,
) -> Result<Vec<Score>, MeasureError> {
    let names = dataset.factors();
    if names.len() < 2 {
        return Ok(Vec::new());
    }
    let places = metrics::drawn_rows(dataset.len() as usize, protocol.codes, protocol.seed);
    let rows: Vec<u64> = places.iter().map(|&row| row as u64).collect();
    let drawn: Vec<Vec<usize>> = rows.iter().map(|&row| dataset.classes(row)).collect();
    let varies = |&place: &usize| drawn.iter().any(|classes| classes[place] != drawn[0][place]);
    let kept: Vec<usize> = (0..names.len()).filter(varies).collect();
    if kept.len() < 2 {
        return Ok(Vec::new());
    }
    watch.started(rows.len() as u64);
    let codes = means(vae, dataset, &rows, &|images| watch.encoded(images))?;
    let classes: Vec<i64> =
        drawn.iter().flat_map(|classes| kept.iter().map(|&place| classes[place] as i64)).collect();
    let drawn = Representation::new(codes, vae.config().latent, &classes, kept.len())?
        .with_circles(vae.config().circles);
    let of = |score: metrics::Score| Score {
        metric: score.metric.to_owned(),
        value: score.value,
        protocol: format!(
            "{}; posterior means on {}, by {} labels",
            score.protocol,
            dataset.name(),
            kept.len()
        ),
    };
    Ok(metrics::of_drawn(&drawn, &places, protocol.seed).into_iter().map(of).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{DataError, WorldDataset};
    use candle_core::Device;
    use model::{ImageShape, ModelConfig, Parameters};
    use worlds::World;
    use worlds::sprites::Sprites;

    /// Sprites as pictures with some labels, one of which is the same for all.
    struct Pictures {
        known: usize,
    }

    impl Dataset for Pictures {
        fn name(&self) -> &str {
            "pictures"
        }
        fn image_shape(&self) -> ImageShape {
            WorldDataset::new(&Sprites).image_shape()
        }
        fn len(&self) -> u64 {
            Sprites.len()
        }
        fn read(&self, indices: &[u64], images: &mut [f32]) -> Result<(), DataError> {
            WorldDataset::new(&Sprites).read(indices, images)
        }
        fn factors(&self) -> Vec<(String, usize)> {
            let factors = Sprites.factors()[..self.known].iter().map(|f| (f.name.to_owned(), f.count));
            factors.chain([("constant".to_owned(), 2)]).collect()
        }
        fn classes(&self, index: u64) -> Vec<usize> {
            [&Sprites.classes(index)[..self.known], &[1]].concat()
        }
    }

    struct NoProgress;

    impl Watch for NoProgress {
        fn started(&self, _images: u64) {}
        fn encoded(&self, _images: u64) {}
    }

    #[test]
    fn pictures_are_scored_by_the_labels_that_vary() -> Result<(), Box<dyn std::error::Error>> {
        let config = ModelConfig { latent: 3, channels: vec![4, 4], hidden: 8, ..ModelConfig::default() };
        let parameters = Parameters::initial(&config, 1, &Device::Cpu)?;
        let vae = Vae::load(&config, &parameters.builder(&Device::Cpu))?;
        let protocol = Protocol { codes: 300, ..Protocol::default() };
        let scores = scores(&vae, &Pictures { known: 3 }, &protocol, &NoProgress)?;
        let mig = scores.iter().find(|score| score.metric == "mig").ok_or("no MIG")?;
        assert!((0.0..1.0).contains(&mig.value), "{}", mig.value);
        assert!(mig.protocol.ends_with("on pictures, by 3 labels"), "{}", mig.protocol);
        assert!(scores.iter().all(|score| score.metric != "beta_vae"), "it chooses its images");
        let few = super::scores(&vae, &Pictures { known: 1 }, &protocol, &NoProgress)?;
        assert_eq!(few, [], "one label alone tells nothing of disentanglement");
        Ok(())
    }
}
