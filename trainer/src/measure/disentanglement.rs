//! All disentanglement metrics on a world, from the posterior means of its images.

use metrics::{Grid, Representation};
use model::Vae;
use model::card::Score;
use worlds::{Lattice, World, varying_classes};

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
    let places = metrics::drawn_rows(world.len() as usize, protocol.codes, protocol.seed);
    let rows: Vec<u64> = places.iter().map(|&row| row as u64).collect();
    let lattice = Lattice::of(world, protocol.grid);
    let indices = lattice.indices();
    watch.started((rows.len() + indices.len()) as u64);
    let encode = |indices: &[u64]| means(vae, dataset, indices, &|images| watch.encoded(images));
    let latent = vae.config().latent;
    let factors = lattice.factors();
    let of = |indices: &[u64], classes: &[i64]| -> Result<Representation, MeasureError> {
        let rows = Representation::new(encode(indices)?, latent, classes, factors)?;
        Ok(rows.with_circles(vae.config().circles))
    };
    let drawn = of(&rows, &varying_classes(world, &rows))?;
    let grid = Grid::new(of(&indices, &lattice.classes())?)?;
    let mut scores = metrics::of_drawn(&drawn, &places, protocol.seed);
    let Ok(sampled) = metrics::of_images(&grid, protocol.seed);
    scores.extend(sampled.into_iter().map(|score| metrics::Score {
        protocol: format!("{}; from a grid of {} images", score.protocol, lattice.len()),
        ..score
    }));
    let of = |score: metrics::Score| Score {
        metric: score.metric.to_owned(),
        value: score.value,
        protocol: format!("{}; posterior means on {}", score.protocol, world.name()),
    };
    Ok(scores.into_iter().map(of).collect())
}
