//! `latentscope encode`.

use std::path::{Path, PathBuf};

use anyhow::Context;
use trainer::measure::{Watch, codes};
use trainer::report::thousands;
use trainer::trained::Trained;
use trainer::{file, npy};

use super::encoding::Encoding;
use super::models;
use super::source::Source;

/// Arguments of `encode`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Weights file or folder of a run.
    model: PathBuf,
    #[command(flatten)]
    source: Source,
    /// Output file: posterior means, float32 [N, D], in the order of the images.
    #[arg(long, value_name = "FILE.npy")]
    out: PathBuf,
    /// Output file for the posterior standard deviations, float32 [N, D].
    #[arg(long, value_name = "FILE.npy")]
    std: Option<PathBuf>,
}

/// Writes the code of every image.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    let outputs: Vec<&Path> =
        [Some(&args.out), args.std.as_ref()].into_iter().flatten().map(|p| &**p).collect();
    let inputs: Vec<&Path> = args.source.data.iter().map(Path::new).collect();
    file::apart(&outputs, &inputs)?;
    for path in outputs {
        file::replaceable(path, file::Kind::Npy)?;
    }
    let models = [Trained::open(&args.model)?];
    let dataset = models::dataset(&models, &args.source)?;
    let [model] = models;
    let indices: Vec<u64> = (0..dataset.len()).collect();
    let bar = Encoding::new("encoding with", &model.card.name);
    bar.started(dataset.len());
    let codes = codes(&model.vae, &*dataset, &indices, &|images| bar.encoded(images));
    drop(bar);
    let codes = codes.with_context(|| format!("`{}` can't be encoded", dataset.name()))?;
    let shape = [dataset.len(), model.card.model.latent as u64];
    file::replace(&args.out, file::Kind::Npy, &npy::floats(&shape, &codes.means))?;
    if let Some(path) = &args.std {
        file::replace(path, file::Kind::Npy, &npy::floats(&shape, &codes.stds))?;
    }
    let [images, units] = shape.map(thousands);
    tracing::info!("wrote {images} codes of {units} units to {}", args.out.display());
    Ok(())
}
