//! The metrics of disentanglement that need no images of chosen factors, on pictures with labels: their
//! posterior means stand for them, and their labels for factors.

use metrics::Representation;
use model::Vae;
use model::card::Score;

use super::codes::means;
use super::{MeasureError, Protocol, Watch};
use crate::data::Dataset;

/// Scores of `vae` on pictures drawn at random; none where fewer than two labels tell pictures apart.
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
    let rows = metrics::drawn_rows(dataset.len() as usize, protocol.codes, protocol.seed);
    let rows: Vec<u64> = rows.into_iter().map(|row| row as u64).collect();
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
    let drawn = Representation::new(codes, vae.config().latent, &classes, kept.len())?;
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
    Ok(metrics::of_drawn(&drawn).into_iter().map(of).collect())
}
