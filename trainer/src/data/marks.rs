//! Attributes that each picture has or has not, to measure a model by; training never sees them.

use std::path::Path;

use super::labels::Columns;
use super::{Dataset, Label, Table, TableError};

/// Which images of a data set have which attributes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Marks {
    /// The attributes' names.
    pub names: Vec<String>,
    /// Numbers of the images of which they are known.
    pub images: Vec<u64>,
    /// Whether an image has an attribute, `[N, K]`.
    pub has: Vec<bool>,
}

/// Why attributes can't be had.
#[derive(Debug, thiserror::Error)]
pub enum MarksError {
    /// The table can't be used.
    #[error(transparent)]
    Table(#[from] TableError),
    /// No picture has a row.
    #[error(
        "{table} has no row for any picture of `{dataset}`, such as {picture}; its rows have names such as {row}"
    )]
    Strangers {
        /// The table's file.
        table: String,
        /// Data set.
        dataset: String,
        /// A picture's name.
        picture: String,
        /// A row's name.
        row: String,
    },
    /// The images have no names, and the rows are not as many.
    #[error(
        "{table} has {rows} rows, but `{dataset}` has {images} images, and no names to find their rows by; \
         give the folder or the archive of the pictures, or as many rows, in the images' order"
    )]
    Count {
        /// The table's file.
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

impl Marks {
    /// Those of a table's columns that have two values, the larger or later of which means that a picture
    /// has the attribute. Rows are found by the names of picture files; where images have none, the rows
    /// are in the images' order.
    ///
    /// # Errors
    /// Says why the table does not fit the data set.
    pub fn read(path: &Path, dataset: &dyn Dataset) -> Result<Self, MarksError> {
        let table = Table::read(path)?;
        let mut columns = Columns::new(table.columns().to_vec());
        let mut images = Vec::new();
        let named = dataset.picture(0).is_some();
        if !named && table.order().len() as u64 != dataset.len() {
            return Err(MarksError::Count {
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
            return Err(MarksError::Strangers {
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

    /// Those of a data set's own labels that have two values.
    ///
    /// # Errors
    /// If there is none.
    pub fn of(dataset: &dyn Dataset) -> Result<Self, MarksError> {
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
    ) -> Result<Self, MarksError> {
        let kept: Vec<usize> = (0..labels.len()).filter(|&place| labels[place].classes == 2).collect();
        let left_out = labels.len() - kept.len();
        if kept.is_empty() {
            return Err(MarksError::None(source.to_owned()));
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

    /// Whether any label of a data set is an attribute.
    pub fn any(dataset: &dyn Dataset) -> bool {
        dataset.world().is_none() && dataset.factors().iter().any(|(_, classes)| *classes == 2)
    }
}
