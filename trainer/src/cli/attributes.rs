//! `latentscope attributes`.

use std::path::{Path, PathBuf};

use anyhow::Context;
use model::card::Attribute;
use trainer::data::{AttributeLabels, Dataset};
use trainer::measure::{Attributes, attributes};
use trainer::report::{Column, Table, thousands};
use trainer::trained::Trained;

use super::encoding::Encoding;
use super::models;
use super::print::{escaped, print};
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

/// Option for the source of attributes.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct Labels {
    /// Attributes, with two values in each column [default: the data set's own labels]: a CSV file with a header and
    /// the picture's name first in every row, or CelebA's list_attr_celeba.txt. Pictures without a row are left out;
    /// images without names use the rows in order.
    #[arg(long, value_name = "CSV")]
    labels: Option<PathBuf>,
}

impl Labels {
    /// Reads the attributes of a data set's pictures.
    fn read(&self, dataset: &dyn Dataset) -> anyhow::Result<AttributeLabels> {
        match &self.labels {
            Some(path) => Ok(AttributeLabels::read(path, dataset)?),
            None => AttributeLabels::of(dataset).context("give the attributes with --labels"),
        }
    }

    /// Reads the attributes of a data set's pictures, if there are any.
    pub(crate) fn read_if_any(&self, dataset: &dyn Dataset) -> anyhow::Result<Option<AttributeLabels>> {
        if self.are_given() || AttributeLabels::any(dataset) {
            self.read(dataset).map(Some)
        } else {
            Ok(None)
        }
    }

    /// Whether a file was named.
    pub(crate) fn are_given(&self) -> bool {
        self.labels.is_some()
    }
}

/// Prints how well the units of a model separate attributes.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    let models = [Trained::open(&args.model)?];
    let dataset = models::dataset(&models, &args.source)?;
    let [model] = models;
    let attributes = measure(&model, &*dataset, &args.labels.read(&*dataset)?)?;
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

/// Measures how well the units of a model separate attributes.
pub(crate) fn measure(
    model: &Trained,
    dataset: &dyn Dataset,
    labels: &AttributeLabels,
) -> anyhow::Result<Attributes> {
    let bar = Encoding::new("encoding with", &model.card.name);
    let measured = attributes(&model.vae, &model.card, dataset, labels, &bar);
    drop(bar);
    measured.with_context(|| format!("`{}` can't be measured", dataset.name()))
}

/// Table with a row per attribute, in the order of `attributes`.
pub(super) fn table(attributes: &[Attribute]) -> Table {
    let mut columns = vec![Column::words("attribute")];
    columns.extend(["have it", "unit", "area", "next", "gap", "own change"].map(Column::numbers));
    columns.extend([Column::numbers("others"), Column::words("most of them")]);
    let mut table = Table::new(columns);
    for attribute in attributes {
        let other =
            attribute.other.as_ref().map(|other| format!("{} {:+.2}", escaped(&other.name), other.change));
        table.row(vec![
            escaped(&attribute.name),
            format!("{:.1} %", 100.0 * attribute.share),
            format!("{}{}", if attribute.falls { "−" } else { "" }, attribute.unit),
            format!("{:.3}", attribute.area),
            format!("{:.3}", attribute.next_area),
            format!("{:.3}", attribute.area - attribute.next_area),
            format!("{:+.2}", attribute.change),
            format!("{:.3}", attribute.others),
            other.unwrap_or_default(),
        ]);
    }
    table
}

fn json(model: &Path, attributes: &Attributes) -> serde_json::Value {
    let of = |(name, score): (&String, &Option<metrics::AttributeScore>)| {
        let score = score.as_ref()?;
        let next = score.next();
        let changes: serde_json::Map<String, serde_json::Value> =
            attributes.names.iter().cloned().zip(score.changes.iter().map(|&change| change.into())).collect();
        Some(serde_json::json!({
            "attribute": name,
            "share": score.share,
            "unit": score.unit,
            "falls": score.falls,
            "area": score.area(),
            "next_unit": next.map(|(unit, _)| unit),
            "next_area": next.map(|(_, area)| area),
            "gap": next.map(|(_, area)| score.area() - area),
            "areas": score.areas,
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
