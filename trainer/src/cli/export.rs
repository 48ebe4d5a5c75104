//! `latentscope export`.

use std::path::PathBuf;

use anyhow::{Context, bail};
use candle_core::Device;
use trainer::config::{Config, Train};
use trainer::data::Dataset;
use trainer::train::{CONFIG, Checkpoints, MODEL};
use trainer::{data, export, file, trained, units};

use super::encoding::Encoding;
use super::evaluate::held_out;

/// Arguments of `export`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Folder of a run, or a weights file to rewrite with another name, with 16 bits, or with other units. Both are
    /// measured on their data set again.
    run: PathBuf,
    /// File to write [default: model.safetensors in the run's folder]. Required for a weights file.
    #[arg(long)]
    out: Option<PathBuf>,
    /// Name in the card [default: the run's name].
    #[arg(long, value_parser = trainer::config::name)]
    name: Option<String>,
    /// Round the weights to 16 bits, which halves the file
    #[arg(long)]
    half: bool,
    /// Keep only these units of a weights file, in this order, such as 4,0,6; circles come last. The decoder reads
    /// the mean of every other unit.
    #[arg(long, value_name = "UNITS", value_delimiter = ',')]
    units: Option<Vec<usize>>,
    /// Add this many units before those of a weights file, which the decoder doesn't read until the model is
    /// trained further.
    #[arg(long, value_name = "COUNT", default_value_t = 0)]
    new_units: usize,
    /// Measure a weights file only on the last N images of its data set, such as those that training held out.
    /// A run's folder already contains this number.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    hold_out: Option<u64>,
}

/// Writes the weights file of the newest intact checkpoint, or of another weights file.
pub(crate) fn run(args: Args) -> anyhow::Result<()> {
    if args.run.is_file() {
        return of_file(args);
    }
    if !args.run.is_dir() {
        bail!("{} is neither a weights file nor the folder of a run", args.run.display());
    }
    if args.hold_out.is_some() {
        bail!("--hold-out is for a weights file; {} is the folder of a run", args.run.display());
    }
    if args.units.is_some() || args.new_units > 0 {
        bail!(
            "--units and --new-units are for a weights file; {} is the folder of a run",
            args.run.display()
        );
    }
    let mut config = Config::read(&args.run.join(CONFIG), &[])
        .with_context(|| format!("{} is not the folder of a run", args.run.display()))?;
    if let Some(name) = args.name {
        config.name = name;
    }
    let (newest, broken) = Checkpoints::of(&args.run).newest(&Device::Cpu)?;
    for error in broken {
        tracing::warn!("{error}; trying the previous checkpoint");
    }
    let Some(checkpoint) = newest else {
        bail!("{} has no intact checkpoint to export; train it first", args.run.display());
    };
    let path = args.out.unwrap_or_else(|| args.run.join(MODEL));
    file::replaceable(&path, file::Kind::Weights)?;
    let dataset = data::open(&config.dataset)?;
    let bar = Encoding::new("measuring", &config.name);
    let weights = export::weights(&checkpoint, &config, &*dataset, "cpu", args.half, &bar)?;
    drop(bar);
    file::replace(&path, file::Kind::Weights, &weights.to_bytes()?)?;
    tracing::info!("wrote step {} to {}", checkpoint.state.step, path.display());
    Ok(())
}

fn of_file(args: Args) -> anyhow::Result<()> {
    let Some(out) = args.out else { bail!("name the file to write with --out FILE") };
    file::apart(&[&out], &[&args.run])?;
    file::replaceable(&out, file::Kind::Weights)?;
    let mut weights = trained::read(&args.run)?;
    if let Some(name) = args.name {
        weights.card.name = name;
    }
    if args.units.is_some() || args.new_units > 0 {
        let units = args.units.unwrap_or_else(|| (0..weights.card.model.latent).collect());
        weights =
            units::choose(weights, args.new_units, &units).with_context(|| args.run.display().to_string())?;
    }
    let dataset = data::open(&weights.card.training.dataset)?;
    let held_out = held_out(&*dataset, args.hold_out)?;
    let dataset: &dyn Dataset = held_out.as_ref().map_or(&*dataset, |held_out| held_out);
    let bar = Encoding::new("measuring", &weights.card.name);
    let samples = Train::default().card_samples;
    let weights = export::again(weights, samples, dataset, args.half, &bar)?;
    drop(bar);
    file::replace(&out, file::Kind::Weights, &weights.to_bytes()?)?;
    tracing::info!("wrote {}", out.display());
    Ok(())
}
