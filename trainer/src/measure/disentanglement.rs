//! All disentanglement metrics on a world, from the posterior means of its images.

use metrics::WorldSample;
use model::Vae;
use model::card::Score;
use worlds::World;

use super::codes::means;
use super::{MeasureError, Protocol, Watch};
use crate::data::Dataset;

/// Scores `vae` on the world behind `dataset`. Metrics that choose their images use a lattice of at most
/// `protocol.grid` images; the others draw from the whole world.
pub(super) fn scores(
    vae: &Vae,
    dataset: &dyn Dataset,
    world: &'static dyn World,
    protocol: &Protocol,
    watch: &dyn Watch,
) -> Result<Vec<Score>, MeasureError> {
    let sample = WorldSample::new(world, protocol.codes, protocol.grid, protocol.seed);
    let (drawn, lattice) = (sample.drawn(), sample.lattice());
    watch.started((drawn.len() + lattice.len()) as u64);
    let encode = |indices: &[u64]| means(vae, dataset, indices, &|images| watch.encoded(images));
    let (drawn, lattice) = (encode(&drawn)?, encode(&lattice)?);
    let (latent, circles) = (vae.config().latent, vae.config().circles);
    let mut scores = sample.of_drawn(drawn, latent, circles, false)?;
    scores.extend(sample.of_lattice(lattice, latent, circles)?);
    let of = |score: metrics::Score| Score {
        metric: score.metric.to_owned(),
        value: score.value,
        protocol: of_means(&score.protocol, world),
    };
    Ok(scores.into_iter().map(of).collect())
}

/// The protocol of a score of a model's posterior means on `world`, whose codes are measured with `protocol`.
pub(crate) fn of_means(protocol: &str, world: &dyn World) -> String {
    format!("{protocol}; posterior means on {}", world.name())
}
