//! Binary attributes of pictures, for measuring models; training never uses them.

use std::path::Path;

use super::labels::Columns;
use super::{Dataset, Label, Table, TableError};

/// Binary attributes of a data set's images.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttributeLabels {
    /// Names of the attributes.
    pub names: Vec<String>,
    /// Indices of the images with known attributes.
    pub images: Vec<u64>,
    /// Whether each of these images has each attribute, `[N, K]`.
    pub has: Vec<bool>,
}

/// Why attributes can't be used.
#[derive(Debug, thiserror::Error)]
pub enum AttributeLabelsError {
    /// The table can't be used.
    #[error(transparent)]
    Table(#[from] TableError),
    /// No picture has a row in the table.
    #[error(
        "{table} has no row for any picture of `{dataset}`, such as {picture}; its rows have names such as {row}"
    )]
    Unmatched {
        /// Path of the table.
        table: String,
        /// Data set.
        dataset: String,
        /// Name of a picture.
        picture: String,
        /// Name of a row.
        row: String,
    },
    /// The images have no names, and their number differs from the number of rows.
    #[error(
        "{table} has {rows} rows, but `{dataset}` has {images} images, and no names to find their rows by; \
         give the folder or the archive of the pictures, or as many rows, in the images' order"
    )]
    Count {
        /// Path of the table.
        table: String,
        /// Its rows.
        rows: usize,
        /// Data set.
        dataset: String,
        /// Its images.
        images: u64,
    },
    /// No column has two values.
    #[error("no label of `{0}` is an attribute, which has two values, such as 0 and 1")]
    None(String),
}

impl AttributeLabels {
    /// Uses the columns of a table that have two values; the larger or alphabetically later one means
    /// that a picture has the attribute. Rows are matched by the names of picture files, or by order if
    /// the images have no names.
    ///
    /// # Errors
    /// Fails if the table can't be read or doesn't fit the data set.
    pub fn read(path: &Path, dataset: &dyn Dataset) -> Result<Self, AttributeLabelsError> {
        let table = Table::read(path)?;
        let mut columns = Columns::new(table.columns().to_vec());
        let mut images = Vec::new();
        let named = dataset.picture(0).is_some();
        if !named && table.order().len() as u64 != dataset.len() {
            return Err(AttributeLabelsError::Count {
                table: path.display().to_string(),
                rows: table.order().len(),
                dataset: dataset.name().to_owned(),
                images: dataset.len(),
            });
        }
        for image in 0..dataset.len() {
            let name = if named {
                dataset.picture(image)
            } else {
                table.order().get(image as usize).map(String::as_str)
            };
            if let Some(row) = name.and_then(|name| table.of(name).ok()) {
                columns.push(row);
                images.push(image);
            }
        }
        if images.is_empty() {
            return Err(AttributeLabelsError::Unmatched {
                table: path.display().to_string(),
                dataset: dataset.name().to_owned(),
                picture: dataset.picture(0).unwrap_or_default().to_owned(),
                row: table.order().first().cloned().unwrap_or_default(),
            });
        }
        let (labels, classes) = columns.finish();
        let rows =
            classes.chunks_exact(labels.len().max(1)).map(|row| row.iter().map(|&c| c.into()).collect());
        Self::of_classes(&labels, images, rows, &path.display().to_string())
    }

    /// Uses the data set's own labels with two values.
    ///
    /// # Errors
    /// Fails if there are none.
    pub fn of(dataset: &dyn Dataset) -> Result<Self, AttributeLabelsError> {
        let labels = dataset.factors().into_iter().map(|(name, classes)| Label { name, classes });
        let images: Vec<u64> = (0..dataset.len()).collect();
        let rows = images.clone().into_iter().map(|image| dataset.classes(image));
        Self::of_classes(&labels.collect::<Vec<_>>(), images, rows, dataset.name())
    }

    fn of_classes(
        labels: &[Label],
        images: Vec<u64>,
        rows: impl Iterator<Item = Vec<usize>>,
        source: &str,
    ) -> Result<Self, AttributeLabelsError> {
        let kept: Vec<usize> = (0..labels.len()).filter(|&place| labels[place].classes == 2).collect();
        let left_out = labels.len() - kept.len();
        if kept.is_empty() {
            return Err(AttributeLabelsError::None(source.to_owned()));
        }
        if left_out > 0 {
            tracing::warn!("{left_out} labels of {source} are left out: they have more than two values");
        }
        let has = rows.flat_map(|row| kept.iter().map(|&place| row[place] == 1).collect::<Vec<_>>());
        Ok(Self {
            names: kept.iter().map(|&place| labels[place].name.clone()).collect(),
            images,
            has: has.collect(),
        })
    }

    /// Whether a data set has a label that is an attribute.
    pub fn any(dataset: &dyn Dataset) -> bool {
        dataset.world().is_none() && dataset.factors().iter().any(|(_, classes)| *classes == 2)
    }
}
