//! Models named on the command line.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use trainer::data::Dataset;
use trainer::report::Canvas;
use trainer::trained::Trained;
use trainer::{data, file};

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

/// The data set `name`, or the one that all the models were trained on, if its images fit them all.
pub(crate) fn dataset(models: &[Trained], name: Option<&str>) -> anyhow::Result<Box<dyn Dataset>> {
    let mut trained_on = models.iter().map(|model| model.card.training.dataset.as_str());
    let first = trained_on.next().unwrap_or_default();
    if let Some(other) = trained_on.find(|other| *other != first)
        && name.is_none()
    {
        bail!("the models were trained on `{first}` and on `{other}`; choose one with --dataset");
    }
    let dataset = data::open(name.unwrap_or(first))?;
    for model in models {
        model.fits(&*dataset)?;
    }
    Ok(dataset)
}

/// Writes a picture and says so.
pub(crate) fn save(canvas: &Canvas, path: &Path) -> anyhow::Result<()> {
    file::replace(path, file::Kind::Png, &canvas.png().context("the picture could not be encoded")?)?;
    let (width, height) = canvas.size();
    tracing::info!("wrote {} ({width}×{height})", path.display());
    Ok(())
}
