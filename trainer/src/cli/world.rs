//! `latentscope world`.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, bail};
use clap::Subcommand;
use indicatif::{ProgressBar, ProgressStyle};
use model::ImageShape;
use model::random::{Purpose, stream};
use rand::Rng;
use trainer::render::{Images, Pixels, shape, write};
use trainer::report::{Column, Table, counted, thousands};
use trainer::{data, file, npy};
use worlds::{Factor, FactorKind, World};

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
    /// Render images of a world's grid to an .npy file.
    ///
    /// The file contains unsigned bytes: [N, H, W] for grey worlds, [N, H, W, C] for coloured ones. The values are 0 and
    /// 1 for binary worlds (like `imgs` in the dSprites archive), and 0 to 255 for others. With --packed it contains
    /// [N, B] bytes of eight pixels each, as numpy.packbits makes them; numpy.unpackbits(a, axis=1, count=H*W) restores
    /// the pixels.
    Render(Render),
    /// Draw a contact sheet of random images, or with a row for each factor.
    Sheet(Sheet),
    /// Score perfect codes of a world: the most that a model can reach.
    ///
    /// `factors` is the class of each factor. Sprites have two more codes. `pictures` is what their pictures show: a
    /// square looks the same after a quarter turn. `motions` is what motions of images tell: the position is the centre
    /// of brightness, and the size is the root mean square distance from it.
    Ceilings(super::ceilings::Args),
}

/// Arguments of `world sheet`.
#[derive(Debug, clap::Args)]
pub(crate) struct Sheet {
    /// World, such as chairs.
    name: String,
    /// PNG file to write.
    #[arg(long, value_name = "PNG")]
    out: PathBuf,
    /// Draw a row for each factor, which changes over its range while the others stay.
    #[arg(long, conflicts_with = "rows")]
    traverse: bool,
    /// Images per row.
    #[arg(long, default_value_t = 12, value_parser = clap::value_parser!(u16).range(2..=101))]
    columns: u16,
    /// Number of rows of random images.
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..=101))]
    rows: u16,
    /// Seed of the images drawn at random.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Factor by which the images are enlarged.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=8))]
    scale: u8,
}

/// Arguments of `world render`.
#[derive(Debug, clap::Args)]
pub(crate) struct Render {
    /// World, such as sprites.
    name: String,
    /// `all`, or an .npy file with a one-dimensional array of grid indices, of any integer type.
    #[arg(long, value_name = "FILE.npy|all")]
    indices: PathBuf,
    /// File to write. It appears when it is complete.
    #[arg(long, value_name = "FILE.npy")]
    out: PathBuf,
    /// Write one bit per pixel (binary worlds only).
    #[arg(long)]
    packed: bool,
}

/// Runs the command.
pub(crate) fn run(command: &Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::List => print(&list().to_string())?,
        Command::Info { name } => print(&info(find(name)?))?,
        Command::Render(args) => return render(args),
        Command::Sheet(args) => sheet(args)?,
        Command::Ceilings(args) => super::ceilings::run(args, find(&args.name)?)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// The world called `name`.
pub(super) fn find(name: &str) -> anyhow::Result<&'static dyn World> {
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
    format!("{}: {} of {}, {kind}\n\n{table}", world.name(), counted(world.len(), "image"), sides(world))
}

fn render(args: &Render) -> anyhow::Result<ExitCode> {
    let world = find(&args.name)?;
    if args.packed && !world.is_binary() {
        bail!("the images of `{}` have more than two levels; remove --packed", args.name);
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
    file::replaceable(&args.out, file::Kind::Npy)?;
    let outcome = file::stream(&args.out, |out| {
        write(world, &images, pixels, out, &stop, &mut |written| bar.set_position(written))
    });
    bar.finish_and_clear();
    if stop.load(Ordering::Relaxed) && outcome.is_err() {
        tracing::info!("stopped; {} is unchanged", args.out.display());
        return Ok(ExitCode::from(130));
    }
    outcome?;
    let shape = shape(world, count, pixels);
    tracing::info!("wrote {} with u8 {shape:?}", args.out.display());
    Ok(ExitCode::SUCCESS)
}

fn sheet(args: &Sheet) -> anyhow::Result<()> {
    let world = find(&args.name)?;
    let draw = |values: &[f64]| {
        let mut image = vec![0; world.image_shape().iter().product()];
        world.render(values, &mut image);
        image
    };
    let columns = usize::from(args.columns);
    let images: Vec<Vec<u8>> = if args.traverse {
        let rows = 0..world.factors().len();
        rows.flat_map(|factor| traversal(world, factor, columns)).map(|values| draw(&values)).collect()
    } else {
        let mut rng = stream(args.seed, Purpose::Evaluation, 0);
        let value = |factor: &Factor, rng: &mut _| {
            let share: f64 = Rng::random(rng);
            match factor.kind {
                FactorKind::Category => factor.value((share * factor.count as f64) as usize),
                FactorKind::Quantity | FactorKind::Cycle => factor.low + share * (factor.high - factor.low),
            }
        };
        (0..columns * usize::from(args.rows))
            .map(|_| world.factors().iter().map(|factor| value(factor, &mut rng)).collect::<Vec<f64>>())
            .map(|values| draw(&values))
            .collect()
    };
    let [height, width, channels] = world.image_shape();
    let shape = ImageShape { height, width, channels };
    let png = data::sheet(&images, shape, columns, args.scale.into())?;
    file::replace(&args.out, file::Kind::Png, &png)?;
    tracing::info!("wrote {} with {}", args.out.display(), counted(images.len() as u64, "image"));
    Ok(())
}

/// Values of a row: one factor changes over its range, or over its classes, and the others stay in the middle of
/// theirs. Cycles stay a step from their start.
fn traversal(world: &'static dyn World, moved: usize, columns: usize) -> impl Iterator<Item = Vec<f64>> {
    let rest = |factor: &Factor| match factor.kind {
        FactorKind::Category => factor.low,
        FactorKind::Cycle => factor.value(factor.count / 12),
        FactorKind::Quantity => (factor.low + factor.high) / 2.0,
    };
    let base: Vec<f64> = world.factors().iter().map(rest).collect();
    let factor = &world.factors()[moved];
    (0..columns).map(move |column| {
        let mut values = base.clone();
        values[moved] = match factor.kind {
            FactorKind::Category => factor.value(column % factor.count),
            _ => factor.low + (factor.high - factor.low) * column as f64 / (columns - 1) as f64,
        };
        values
    })
}
