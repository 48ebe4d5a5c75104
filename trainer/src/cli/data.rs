//! `latentscope data`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Context;
use clap::Subcommand;
use indicatif::{ProgressBar, ProgressStyle};
use model::random::{Purpose, stream};
use rand::Rng;
use trainer::data::{
    Cache, Crop, Dataset, Job, Part, Partition, PrepareError, RECIPES, Recipe, Source, Table, prepared,
    recipe, sheet,
};
use trainer::file;
use trainer::report::counted;

use super::print::print;

/// What to do with data sets.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List the data sets that can be prepared, with their sources and licences.
    List,
    /// Decode the files of a data set into one file for training.
    Prepare(Prepare),
    /// Describe a file of prepared images, and check every byte of it.
    Info {
        /// File, or name of a prepared data set in the folder `data`.
        name: PathBuf,
    },
    /// Draw a contact sheet of images drawn at random.
    Sample(Sample),
}

/// Arguments of `data prepare`.
#[derive(Debug, clap::Args)]
pub(crate) struct Prepare {
    /// Name of the data set, as shown by `data list`.
    set: String,
    /// Files of the data set.
    path: PathBuf,
    /// File to write [default: data/NAME.images]. It appears when it is complete.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Replace the output file even if it contains no prepared images.
    #[arg(long)]
    force: bool,
    /// Name for training [default: the data set's name].
    #[arg(long, value_parser = trainer::config::name)]
    name: Option<String>,
    /// Side length of the images in pixels.
    #[arg(long, value_parser = clap::value_parser!(u16).range(8..=model::config::MAX_SIDE as i64))]
    side: Option<u16>,
    /// Make grey (true) or colour (false) images [default: depends on the data set].
    #[arg(long)]
    grey: Option<bool>,
    /// Side of the centred square to keep, as a share of the picture's shorter side.
    #[arg(long)]
    crop: Option<f64>,
    /// Keep whole pictures, stretched to a square.
    #[arg(long, conflicts_with = "crop")]
    whole: bool,
    /// Labels of the pictures: a CSV file with a header and the picture's name first in every row, or CelebA's
    /// list_attr_celeba.txt. They name units and score models. Training never sees them.
    #[arg(long, value_name = "FILE")]
    labels: Option<PathBuf>,
    /// Part of the pictures to keep; needs --partition.
    #[arg(long, requires = "partition")]
    split: Option<Split>,
    /// File that assigns pictures to parts, such as CelebA's list_eval_partition.txt.
    #[arg(long, value_name = "FILE", requires = "split")]
    partition: Option<PathBuf>,
}

/// A part of a data set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Split {
    /// For training.
    Train,
    /// For validation.
    Valid,
    /// For testing.
    Test,
}

impl From<Split> for Part {
    fn from(split: Split) -> Self {
        match split {
            Split::Train => Self::Train,
            Split::Valid => Self::Valid,
            Split::Test => Self::Test,
        }
    }
}

/// Arguments of `data sample`.
#[derive(Debug, clap::Args)]
pub(crate) struct Sample {
    /// File, or name of a prepared data set in the folder `data`.
    name: PathBuf,
    /// PNG file to write.
    #[arg(long, value_name = "PNG")]
    out: PathBuf,
    /// Images per row.
    #[arg(long, default_value_t = 12, value_parser = clap::value_parser!(u16).range(1..=101))]
    columns: u16,
    /// Number of rows.
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..=101))]
    rows: u16,
    /// Seed of the images drawn at random.
    #[arg(long, default_value_t = 0)]
    seed: u64,
}

/// Runs the command.
pub(crate) fn run(command: &Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::List => print(&list())?,
        Command::Prepare(args) => return prepare(args),
        Command::Info { name } => print(&info(&open(name)?)?)?,
        Command::Sample(args) => sample(args)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn list() -> String {
    let lines =
        RECIPES.iter().map(|recipe| format!("{}\n  from {}\n  {}\n", recipe.name, recipe.path, recipe.terms));
    lines.collect()
}

fn open(name: &Path) -> anyhow::Result<Cache> {
    let short = prepared(&name.to_string_lossy());
    Ok(Cache::open(if !name.exists() && short.exists() { &short } else { name })?)
}

fn info(cache: &Cache) -> anyhow::Result<String> {
    cache.check()?;
    let header = cache.header();
    let mut text = format!(
        "{}: {} of {}×{}×{}, checksum {:08x} as written\n{}\n",
        header.name,
        counted(header.count, "image"),
        header.height,
        header.width,
        header.channels,
        header.checksum,
        header.terms
    );
    if !header.labels.is_empty() {
        let labels = header.labels.iter().map(|label| format!("{} ({})", label.name, label.classes));
        text += &format!("labels: {}\n", labels.collect::<Vec<_>>().join(", "));
    }
    if header.skipped > 0 {
        text += &format!(
            "{} could not be used, such as {}\n",
            counted(header.skipped, "picture"),
            header.skipped_names.join(", ")
        );
    }
    Ok(text)
}

fn prepare(args: &Prepare) -> anyhow::Result<ExitCode> {
    let recipe = recipe(&args.set).with_context(|| {
        let known: Vec<&str> = RECIPES.iter().map(|recipe| recipe.name).collect();
        format!("there is no data set `{}` to prepare; choose one of: {}", args.set, known.join(", "))
    })?;
    if !args.path.exists() {
        anyhow::bail!("{} does not exist; name {}: {}", args.path.display(), recipe.path, recipe.terms);
    }
    let name = args.name.as_deref().unwrap_or(recipe.name);
    if worlds::by_name(name).is_some() {
        anyhow::bail!("`{name}` is the name of a world; choose another --name");
    }
    if args.out.is_none() && Path::new(name).file_name() != Some(name.as_ref()) {
        anyhow::bail!("`{name}` can't be the name of a file; choose another --name, or a file with --out");
    }
    let pictures = matches!(recipe.source, Source::Pictures { .. });
    if !pictures && (args.labels.is_some() || args.partition.is_some()) {
        anyhow::bail!("`{}` has its own factors; remove --labels, --partition and --split", recipe.name);
    }
    let table = args.labels.as_deref().map(Table::read).transpose()?;
    let partition = args.partition.as_deref().zip(args.split);
    let partition = partition.map(|(path, split)| Partition::read(path, split.into())).transpose()?;
    let out = args.out.clone().unwrap_or_else(|| prepared(name));
    if let Some(folder) = out.parent().filter(|_| args.out.is_none()) {
        std::fs::create_dir_all(folder)
            .with_context(|| format!("{} could not be created", folder.display()))?;
    }
    let inputs = [Some(&args.path), args.labels.as_ref(), args.partition.as_ref()];
    let replaceable = file::replaceable(&out, file::Kind::Images);
    let is_input =
        |input: &&PathBuf| file::is_same(input, &out) || replaceable.is_err() && file::is_inside(&out, input);
    if inputs.into_iter().flatten().any(|input| is_input(&input)) {
        anyhow::bail!("{} is the input or part of it; choose another --out", out.display());
    }
    if !args.force {
        replaceable?;
    }
    let stop = Arc::new(AtomicBool::new(false));
    let handler = Arc::clone(&stop);
    ctrlc::set_handler(move || handler.store(true, Ordering::Relaxed))
        .context("ctrl-C could not be caught")?;
    let bar = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} {pos} images · {per_sec} · {elapsed}") {
        bar.set_style(style);
    }
    let job = Job {
        recipe,
        path: &args.path,
        target: target(args, recipe)?,
        table: table.as_ref(),
        partition: partition.as_ref(),
        name,
        out: &out,
    };
    let outcome = job.run(&stop, &mut |count| bar.set_position(count));
    bar.finish_and_clear();
    let header = match outcome {
        Err(PrepareError::Stopped) => {
            tracing::info!("stopped; {} is unchanged", out.display());
            return Ok(ExitCode::from(130));
        }
        outcome => outcome?,
    };
    tracing::info!(
        "wrote {} with {} of {}×{}×{}; {} could not be used",
        out.display(),
        counted(header.count, "image"),
        header.height,
        header.width,
        header.channels,
        counted(header.skipped, "picture")
    );
    Ok(ExitCode::SUCCESS)
}

/// Part of each picture to keep, or `None` for the default of its data set.
pub(super) fn crop(side: Option<f64>, whole: bool) -> anyhow::Result<Option<Crop>> {
    match side {
        Some(share) if !(share > 0.0 && share <= 1.0) => {
            anyhow::bail!("--crop must be above 0 and at most 1")
        }
        Some(share) => Ok(Some(Crop::Square(share))),
        None => Ok(whole.then_some(Crop::Whole)),
    }
}

/// The recipe's target with the options of the command line.
fn target(args: &Prepare, recipe: &Recipe) -> anyhow::Result<Option<trainer::data::Target>> {
    let (Source::Pictures { mut target, .. } | Source::Norb(mut target)) = recipe.source else {
        if args.side.is_some() || args.grey.is_some() || args.crop.is_some() || args.whole {
            anyhow::bail!(
                "the images of `{}` are used unchanged; remove --side, --grey, --crop and --whole",
                recipe.name
            );
        }
        return Ok(None);
    };
    if matches!(recipe.source, Source::Norb(_)) && args.grey == Some(false) {
        anyhow::bail!("the pictures of `{}` are grey; remove --grey false", recipe.name);
    }
    target.side = args.side.map_or(target.side, usize::from);
    target.grey = args.grey.unwrap_or(target.grey);
    target.crop = crop(args.crop, args.whole)?.unwrap_or(target.crop);
    Ok(Some(target))
}

fn sample(args: &Sample) -> anyhow::Result<()> {
    let cache = open(&args.name)?;
    let mut rng = stream(args.seed, Purpose::Evaluation, 0);
    let count = usize::from(args.columns) * usize::from(args.rows);
    let images = (0..count)
        .map(|_| Ok(cache.image(rng.random_range(0..cache.len()))?))
        .collect::<anyhow::Result<Vec<_>>>()?;
    let png = sheet(&images, cache.image_shape(), args.columns.into(), 1)?;
    file::replace(&args.out, file::Kind::Png, &png)?;
    tracing::info!("wrote {} with {}", args.out.display(), counted(count as u64, "image"));
    Ok(())
}
