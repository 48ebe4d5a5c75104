//! Models named on the command line.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use model::ModelConfig;
use trainer::data::Dataset;
use trainer::file;
use trainer::report::Canvas;
use trainer::trained::Trained;

use super::source::Source;

/// Opens the models.
pub(crate) fn open(paths: &[PathBuf]) -> anyhow::Result<Vec<Trained>> {
    paths.iter().map(|path| Ok(Trained::open(path)?)).collect()
}

/// One name a model: its card's, or its path where two would be the same.
pub(crate) fn names(models: &[Trained], paths: &[PathBuf]) -> Vec<String> {
    let name = |model: &Trained| model.card.name.clone();
    let twice = |wanted: &str| models.iter().filter(|model| model.card.name == wanted).count() > 1;
    let named = models.iter().zip(paths);
    named
        .map(|(model, path)| {
            let name = name(model);
            if twice(&name) { path.display().to_string() } else { name }
        })
        .collect()
}

/// The images of `source`, or those that all the models were trained on, if they fit them all.
pub(crate) fn dataset(models: &[Trained], source: &Source) -> anyhow::Result<Box<dyn Dataset>> {
    let mut trained_on = models.iter().map(|model| model.card.training.dataset.as_str());
    let first = trained_on.next().unwrap_or_default();
    if let Some(other) = trained_on.find(|other| *other != first)
        && source.data.is_none()
    {
        bail!("the models were trained on `{first}` and on `{other}`; choose one with --data");
    }
    let shape = models.first().map(|model| model.card.model.image).unwrap_or(ModelConfig::default().image);
    let dataset = source.open(first, shape)?;
    for model in models {
        model.fits(&*dataset)?;
    }
    Ok(dataset)
}

/// Writes a picture and logs its path.
pub(crate) fn save(canvas: &Canvas, path: &Path) -> anyhow::Result<()> {
    file::replace(path, file::Kind::Png, &canvas.png().context("the picture could not be encoded")?)?;
    let (width, height) = canvas.size();
    tracing::info!("wrote {} ({width}×{height})", path.display());
    Ok(())
}
