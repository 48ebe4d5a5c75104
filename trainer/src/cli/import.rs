//! `latentscope import`.

use std::path::PathBuf;

use anyhow::bail;
use trainer::export::{self, ImportOptions};
use trainer::file;
use trainer::import::{self, Layout};
use trainer::trained::TrainedError;

use super::attributes::Labels;
use super::encoding::Encoding;
use super::score;
use super::scoring::Scoring;
use super::source::{Pictures, Source};

/// Arguments of `import`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The state_dict of a PyTorch model as a safetensors file. Pickles (.pt, .pth) are never read.
    file: PathBuf,
    /// Layout of the tensors: burgess, burgess-32, konny-b, konny-h, or a TOML file.
    #[arg(long, value_name = "LAYOUT")]
    layout: String,
    /// Images that the model was trained on, for the card: a world or data set by name, a file made by `data
    /// prepare`, a folder, tar or zip of pictures, or an .npy file of images (uint8, or float32 from 0 to 1;
    /// [N, H, W] or [N, H, W, C]).
    #[arg(long, value_name = "DATA")]
    data: String,
    #[command(flatten)]
    pictures: Pictures,
    /// Weights file to write.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Name in the card [default: the file's name].
    #[arg(long, value_parser = trainer::config::name)]
    name: Option<String>,
    /// Objective for the card, such as beta-tcvae.
    #[arg(long, default_value = "imported")]
    objective: String,
    /// Authors and licence for the card.
    #[arg(long)]
    origin: Option<String>,
    /// Round the weights to 16 bits, which halves the file.
    #[arg(long)]
    half: bool,
    /// Number of images for the card's statistics, drawn at random with replacement.
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..=1 << 24))]
    samples: u32,
    /// Seed of the sample. The same seed gives the same numbers.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Add disentanglement metrics and the quality of generated images, as `score` does.
    #[arg(long)]
    scores: bool,
    #[command(flatten)]
    scoring: Scoring,
    #[command(flatten)]
    labels: Labels,
}

/// Writes a weights file with a card.
pub(crate) fn run(args: Args) -> anyhow::Result<()> {
    if args.labels.are_given() && !args.scores {
        bail!("--labels is for scores; give --scores too");
    }
    file::apart(&[&args.out], &[&args.file])?;
    file::replaceable(&args.out, file::Kind::Weights)?;
    let imported = import::read(&args.file, &Layout::read(&args.layout)?)?;
    let dataset = args.pictures.open(&args.data, imported.config.image, None)?;
    let (wanted, found) = (imported.config.image, dataset.image_shape());
    if wanted != found {
        let (model, dataset) = (args.file.display().to_string(), dataset.name().to_owned());
        return Err(TrainedError::Images { model, dataset, wanted, found }.into());
    }
    let file_name = |path: &PathBuf| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let stem = || args.file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let origin = args.origin.clone().unwrap_or_else(|| format!("imported from {}", file_name(&args.file)));
    let measured = args.pictures.describe(&args.data)?.map(|crop| format!("; measured on {crop}"));
    let options = ImportOptions {
        name: args.name.clone().unwrap_or_else(stem),
        objective: args.objective.clone(),
        origin: origin + &measured.unwrap_or_default(),
        samples: args.samples as usize,
        seed: args.seed,
        half: args.half,
    };
    let bar = Encoding::new("measuring", &options.name);
    let weights = export::imported(imported, options, &*dataset, &bar)?;
    drop(bar);
    file::replace(&args.out, file::Kind::Weights, &weights.to_bytes()?)?;
    tracing::info!("wrote {}", args.out.display());
    if args.scores {
        let source = Source { data: Some(args.data), pictures: args.pictures };
        score::add(&args.out, args.scoring, args.seed, &source, &args.labels)?;
    }
    Ok(())
}
