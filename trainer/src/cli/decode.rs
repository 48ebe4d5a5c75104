//! `latentscope decode`.

use std::io::Write;
use std::path::PathBuf;

use anyhow::bail;
use trainer::report::thousands;
use trainer::trained::Trained;
use trainer::{file, npy};

/// Number of codes decoded at a time, which bounds the memory.
const CHUNK: usize = 1024;

/// Arguments of `decode`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Weights file or folder of a run.
    model: PathBuf,
    /// Codes, float32 [N, D].
    #[arg(long, value_name = "FILE.npy")]
    codes: PathBuf,
    /// Output file: means of the pixels, float32 from 0 to 1; [N, H, W] for grey images, otherwise [N, H, W, C].
    #[arg(long, value_name = "FILE.npy")]
    out: PathBuf,
}

/// Writes the image of every code.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    file::apart(&[&args.out], &[&args.codes])?;
    let model = Trained::open(&args.model)?;
    let codes = npy::codes(&args.codes)?;
    let latent = model.card.model.latent;
    if codes.width != latent {
        let (path, name) = (args.codes.display(), &model.card.name);
        bail!("{path} has codes of {} units, but {name} has {latent} units", codes.width);
    }
    if let Some(place) = codes.values.iter().position(|&value| !(value as f32).is_finite()) {
        bail!("{}: code {} is not finite in unit {}", args.codes.display(), place / latent, place % latent);
    }
    let count = (codes.values.len() / latent) as u64;
    let image = model.card.model.image;
    let mut shape = vec![count, image.height as u64, image.width as u64];
    if image.channels > 1 {
        shape.push(image.channels as u64);
    }
    file::replaceable(&args.out, file::Kind::Npy)?;
    file::stream(&args.out, |file| {
        file.write_all(&npy::float_header(&shape))?;
        for codes in codes.values.chunks(CHUNK * latent) {
            let codes: Vec<f32> = codes.iter().map(|&value| value as f32).collect();
            let images = model.decode(&codes).map_err(std::io::Error::other)?;
            let bytes: Vec<u8> = images.iter().flat_map(|value| value.to_le_bytes()).collect();
            file.write_all(&bytes)?;
        }
        Ok(())
    })?;
    tracing::info!("wrote {} images to {}", thousands(count), args.out.display());
    Ok(())
}
