//! `latentscope components`.

use std::path::{Path, PathBuf};

use anyhow::Context;
use trainer::components::{Components, Options, components};
use trainer::data;
use trainer::measure::attributes_of_codes;
use trainer::report::{Column, Table, counted, thousands};
use trainer::{file, npy};

use super::attributes::{self, Labels};
use super::encoding::bar;
use super::print::print;
use super::source::Pictures;

/// Range of a component, which has mean 0 and variance 1, over which it is moved to see what changes with it.
const RANGE: [f32; 2] = [-2.0, 2.0];

/// Arguments of `components`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Aligned pictures: a data set by name, a file made by `data prepare`, a folder, tar or zip of pictures, or an
    /// .npy file of images.
    #[arg(long, visible_alias = "dataset", value_name = "DATA")]
    data: String,
    #[command(flatten)]
    pictures: Pictures,
    /// Output file: the components of every image, float32 [N, C], for `known.values` of a configuration.
    #[arg(long, value_name = "FILE.npy")]
    out: PathBuf,
    /// Number of components to write, at most.
    #[arg(long, default_value_t = 12, value_parser = clap::value_parser!(u64).range(1..=1024))]
    count: u64,
    /// Number of draws of random windows.
    #[arg(long, default_value_t = 300, value_parser = clap::value_parser!(u64).range(2..=2000))]
    draws: u64,
    /// Number of images at the end of the data set that are described, but not used to find the components.
    #[arg(long, default_value_t = 0)]
    hold_out: u64,
    /// Give an image and its mirror image the same components.
    #[arg(long)]
    mirror: bool,
    /// Seed of windows and rotations.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    #[command(flatten)]
    labels: Labels,
}

/// Finds components, writes them, and prints how often they were found.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    file::apart(&[&args.out], &[Path::new(&args.data)])?;
    file::replaceable(&args.out, file::Kind::Npy)?;
    let dataset = args.pictures.open(&args.data, data::image_shape(&args.data)?, None)?;
    let labels = if args.labels.are_given() { args.labels.read_if_any(&*dataset)? } else { None };
    let options = Options {
        count: args.count as usize,
        draws: args.draws,
        hold_out: args.hold_out,
        mirror: args.mirror,
        seed: args.seed,
    };
    let bar = bar(args.draws, "drawing windows", "{bar:30} {pos}/{len} draws · {eta} left");
    let found = components(&*dataset, &options, &|| bar.inc(1));
    bar.finish_and_clear();
    let found = found.context("no components were found")?;
    let width = found.groups.len();
    let shape = [dataset.len(), width as u64];
    file::replace(&args.out, file::Kind::Npy, &npy::floats(&shape, &found.values))?;
    print(&format!("{}\n", table(&found)))?;
    if let Some(labels) = labels {
        let rows = labels.images.iter().flat_map(|&image| &found.values[image as usize * width..][..width]);
        let codes: Vec<f32> = rows.copied().collect();
        let attributes = attributes_of_codes(&codes, &vec![RANGE; width], dataset.name(), &labels);
        print(&format!(
            "{} pictures; area under the ROC curve of each component (`unit` is its number)\n\n{}\n",
            thousands(attributes.pictures as u64),
            attributes::table(&attributes.card())
        ))?;
    }
    tracing::info!(
        "wrote {} of {} images to {}",
        counted(width as u64, "component"),
        thousands(dataset.len()),
        args.out.display()
    );
    Ok(())
}

/// Table with a row per component.
fn table(found: &Components) -> Table {
    let mut table = Table::new(["component", "found", "agreement"].map(Column::numbers).into());
    for (number, group) in found.groups.iter().enumerate() {
        table.row(vec![
            number.to_string(),
            format!("{} of {}", group.size, found.drawn),
            format!("{:.2}", group.agreement),
        ]);
    }
    table
}
