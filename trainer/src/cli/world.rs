//! `latentscope world`.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, bail};
use clap::Subcommand;
use indicatif::{ProgressBar, ProgressStyle};
use trainer::render::{Images, Pixels, shape, write};
use trainer::report::{Column, Table, thousands};
use trainer::{file, npy};
use worlds::{FactorKind, World};

use super::print::print;

/// What to do with a world.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List the worlds.
    List,
    /// Show a world's factors of variation.
    Info {
        /// World, such as sprites.
        name: String,
    },
    /// Draw images of a world's grid into a .npy file.
    ///
    /// The file holds unsigned bytes: [N, H, W] for grey worlds, [N, H, W, C] for coloured ones, with
    /// the values 0 and 1 for binary worlds (as `imgs` in dSprites' archive) and 0 to 255 for others.
    /// With --packed it holds [N, B] bytes of eight pixels each, as numpy.packbits makes them;
    /// numpy.unpackbits(a, axis=1, count=H*W) brings the pixels back.
    Render(Render),
}

/// Arguments of `world render`.
#[derive(Debug, clap::Args)]
pub(crate) struct Render {
    /// World, such as sprites.
    name: String,
    /// `all`, or a .npy file with a one-dimensional array of grid indices, of any integer type.
    #[arg(long, value_name = "FILE.npy|all")]
    indices: PathBuf,
    /// File to write; it appears when it is complete.
    #[arg(long, value_name = "FILE.npy")]
    out: PathBuf,
    /// Write a bit a pixel (binary worlds only).
    #[arg(long)]
    packed: bool,
}

/// Runs the command.
pub(crate) fn run(command: &Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::List => print(&list().to_string())?,
        Command::Info { name } => print(&info(find(name)?))?,
        Command::Render(args) => return render(args),
    }
    Ok(ExitCode::SUCCESS)
}

fn find(name: &str) -> anyhow::Result<&'static dyn World> {
    let known = || worlds::all().iter().map(|world| world.name()).collect::<Vec<_>>().join(", ");
    worlds::by_name(name).with_context(|| format!("there is no world `{name}`; choose one of: {}", known()))
}

fn sides(world: &dyn World) -> String {
    world.image_shape().map(|side| side.to_string()).join("×")
}

fn list() -> Table {
    let mut table = Table::new(vec![
        Column::words("world"),
        Column::numbers("images"),
        Column::words("shape"),
        Column::words("factors"),
    ]);
    for world in worlds::all() {
        let factors: Vec<&str> = world.factors().iter().map(|factor| factor.name).collect();
        table.row(vec![world.name().into(), thousands(world.len()), sides(*world), factors.join(", ")]);
    }
    table
}

fn info(world: &dyn World) -> String {
    let kind = if world.is_binary() { "binary" } else { "0 to 255" };
    let mut table = Table::new(vec![
        Column::words("factor"),
        Column::words("kind"),
        Column::numbers("values"),
        Column::words("range"),
        Column::numbers("stride"),
    ]);
    let mut stride = world.len();
    for factor in world.factors() {
        stride /= factor.count as u64;
        let range = if factor.labels.is_empty() {
            format!("{:.4} to {:.4}", factor.low, factor.high)
        } else {
            factor.labels.join(", ")
        };
        let kind = match factor.kind {
            FactorKind::Category => "category",
            FactorKind::Quantity => "quantity",
            FactorKind::Cycle => "cycle",
        };
        let cells =
            [factor.name.to_owned(), kind.to_owned(), factor.count.to_string(), range, thousands(stride)];
        table.row(cells.into());
    }
    format!("{}: {} images of {}, {kind}\n\n{table}", world.name(), thousands(world.len()), sides(world))
}

fn render(args: &Render) -> anyhow::Result<ExitCode> {
    let world = find(&args.name)?;
    if args.packed && !world.is_binary() {
        bail!("the images of `{}` have more than two levels; leave --packed out", args.name);
    }
    let pixels = if args.packed { Pixels::Bits } else { Pixels::Bytes };
    let images = if args.indices.as_os_str() == "all" {
        Images::All
    } else {
        Images::Listed(npy::indices(&args.indices, world.len())?)
    };
    let count = match &images {
        Images::All => world.len(),
        Images::Listed(indices) => indices.len() as u64,
    };
    let stop = Arc::new(AtomicBool::new(false));
    let handler = Arc::clone(&stop);
    ctrlc::set_handler(move || handler.store(true, Ordering::Relaxed))
        .context("ctrl-C could not be caught")?;
    let bar = ProgressBar::new(count);
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} images · {per_sec} · {eta} left")
    {
        bar.set_style(style);
    }
    let outcome = file::stream(&args.out, |out| {
        write(world, &images, pixels, out, &stop, &mut |written| bar.set_position(written))
    });
    bar.finish_and_clear();
    if stop.load(Ordering::Relaxed) && outcome.is_err() {
        tracing::info!("stopped; {} is as it was", args.out.display());
        return Ok(ExitCode::from(130));
    }
    outcome?;
    let shape = shape(world, count, pixels);
    tracing::info!("wrote {} with u8 {shape:?}", args.out.display());
    Ok(ExitCode::SUCCESS)
}
