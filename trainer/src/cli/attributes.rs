//! `latentscope attributes`.

use std::path::{Path, PathBuf};

use anyhow::Context;
use model::card::Attribute;
use trainer::data::{Dataset, Marks};
use trainer::measure::{self, Attributes};
use trainer::report::{Column, Table, thousands};
use trainer::trained::Trained;

use super::encoding::Encoding;
use super::models;
use super::print::{print, shown};
use super::source::Source;

/// Arguments of `attributes`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Weights file or folder of a run.
    model: PathBuf,
    #[command(flatten)]
    source: Source,
    #[command(flatten)]
    labels: Labels,
    /// Print JSON with the area of every unit and the change of every probe.
    #[arg(long)]
    json: bool,
}

/// Where attributes are known from.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct Labels {
    /// Attributes, with two values in each column [default: the data set's own labels]: a CSV file with a header and
    /// the picture's name first in every row, or CelebA's list_attr_celeba.txt. Pictures without a row are left out;
    /// images without names use the rows in order.
    #[arg(long, value_name = "CSV")]
    labels: Option<PathBuf>,
}

impl Labels {
    /// The attributes of a data set's pictures.
    fn marks(&self, dataset: &dyn Dataset) -> anyhow::Result<Marks> {
        match &self.labels {
            Some(path) => Ok(Marks::read(path, dataset)?),
            None => Marks::of(dataset).context("give the attributes with --labels"),
        }
    }

    /// The attributes of a data set's pictures, if any are known.
    pub(crate) fn known(&self, dataset: &dyn Dataset) -> anyhow::Result<Option<Marks>> {
        if self.are_given() || Marks::any(dataset) { self.marks(dataset).map(Some) } else { Ok(None) }
    }

    /// Whether a file of them is given.
    pub(crate) fn are_given(&self) -> bool {
        self.labels.is_some()
    }
}

/// Prints what the units of a model tell of attributes.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    let models = [Trained::open(&args.model)?];
    let dataset = models::dataset(&models, &args.source)?;
    let [model] = models;
    let attributes = measured(&model, &*dataset, &args.labels.marks(&*dataset)?)?;
    if args.json {
        return print(&format!("{}\n", json(&args.model, &attributes)));
    }
    let pictures = thousands(attributes.pictures as u64);
    print(&format!(
        "{pictures} pictures of {}; area under the ROC curve of each unit's mean, and how moving the best \
         unit over its range changes linear probes of the attributes\n\n{}",
        attributes.dataset,
        table(&attributes.card())
    ))
}

/// What the units of a model tell of the attributes.
pub(crate) fn measured(model: &Trained, dataset: &dyn Dataset, marks: &Marks) -> anyhow::Result<Attributes> {
    let bar = Encoding::new("encoding with", &model.card.name);
    let measured = measure::attributes(&model.vae, &model.card, dataset, marks, &bar);
    drop(bar);
    measured.with_context(|| format!("`{}` can't be measured", dataset.name()))
}

/// A row an attribute, those told best first.
pub(super) fn table(attributes: &[Attribute]) -> Table {
    let mut columns = vec![Column::words("attribute")];
    columns.extend(["have it", "unit", "area", "next", "gap", "own change"].map(Column::numbers));
    columns.extend([Column::numbers("others"), Column::words("most of them")]);
    let mut table = Table::new(columns);
    for told in attributes {
        let other = told.other.as_ref().map(|other| format!("{} {:+.2}", shown(&other.name), other.change));
        table.row(vec![
            shown(&told.name),
            format!("{:.1} %", 100.0 * told.share),
            format!("{}{}", if told.falls { "−" } else { "" }, told.unit),
            format!("{:.3}", told.area),
            format!("{:.3}", told.next_area),
            format!("{:.3}", told.area - told.next_area),
            format!("{:+.2}", told.change),
            format!("{:.3}", told.others),
            other.unwrap_or_default(),
        ]);
    }
    table
}

fn json(model: &Path, attributes: &Attributes) -> serde_json::Value {
    let of = |(name, told): (&String, &Option<metrics::AttributeScore>)| {
        let told = told.as_ref()?;
        let next = told.next();
        let changes: serde_json::Map<String, serde_json::Value> =
            attributes.names.iter().cloned().zip(told.changes.iter().map(|&change| change.into())).collect();
        Some(serde_json::json!({
            "attribute": name,
            "share": told.share,
            "unit": told.unit,
            "falls": told.falls,
            "area": told.area(),
            "next_unit": next.map(|(unit, _)| unit),
            "next_area": next.map(|(_, area)| area),
            "gap": next.map(|(_, area)| told.area() - area),
            "areas": told.areas,
            "changes": changes,
        }))
    };
    serde_json::json!({
        "model": model,
        "dataset": attributes.dataset,
        "pictures": attributes.pictures,
        "attributes": attributes.names.iter().zip(&attributes.results).filter_map(of).collect::<Vec<_>>(),
    })
}
