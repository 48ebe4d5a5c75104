//! The known values of the training images, `known.values` of a configuration. A run keeps a copy, so that it can
//! be resumed without the file.

use std::path::{Path, PathBuf};

use super::TrainError;
use crate::config::Config;
use crate::data::Dataset;
use crate::file;
use crate::npy::{self, NpyError, Table};

/// A run's copy of the known values.
pub const KNOWN: &str = "known.npy";

/// Why a file of known values can't be used.
#[derive(Debug, thiserror::Error)]
pub enum KnownError {
    /// The file can't be read.
    #[error("known.values: {source}")]
    Npy {
        /// Cause.
        source: NpyError,
    },
    /// The file belongs to other images.
    #[error(
        "known.values: {} has {rows} rows, but the data set has {images} images; a file needs a row for each image",
        path.display()
    )]
    Rows {
        /// File.
        path: PathBuf,
        /// Number of rows.
        rows: usize,
        /// Number of images.
        images: u64,
    },
    /// The model has too few units.
    #[error("known.values: {} has values of {factors} factors, but the model has {units} units", path.display())]
    Units {
        /// File.
        path: PathBuf,
        /// Number of columns.
        factors: usize,
        /// Number of units that are left for them.
        units: usize,
    },
    /// A factor that no images differ in.
    #[error(
        "known.values: {} has no two different values in column {column}, counted from 0; leave the column out",
        path.display()
    )]
    Empty {
        /// File.
        path: PathBuf,
        /// Column.
        column: usize,
    },
    /// A value is infinite or too large for the loss.
    #[error(
        "known.values: {} has the value {value} in row {row}, column {column}, both counted from 0; scale \
         each column to mean 0 and variance 1",
        path.display()
    )]
    Value {
        /// File.
        path: PathBuf,
        /// Row.
        row: usize,
        /// Column.
        column: usize,
        /// The value.
        value: f64,
    },
}

/// Reads the configuration's known values: a row for each image of `dataset`, NaN where a value is unknown.
/// Returns `None` if the configuration names no file. The first time, the file is copied to `folder`, the run's.
///
/// # Errors
/// Fails if the file can't be read or copied, or doesn't fit the data set.
pub(super) fn values(
    config: &Config,
    dataset: &dyn Dataset,
    folder: &Path,
) -> Result<Option<Table<f64>>, TrainError> {
    let copy = folder.join(KNOWN);
    if copy.exists() && config.known.as_ref().is_some_and(|known| known.values.is_some()) {
        return Ok(Some(read(&copy, config, dataset)?));
    }
    let table = given_values(config, dataset)?;
    if let Some(table) = &table {
        let shape = [dataset.len(), table.width as u64];
        let values: Vec<f32> = table.values.iter().map(|&value| value as f32).collect();
        file::write(&copy, &npy::floats(&shape, &values))?;
    }
    Ok(table)
}

/// Reads the file of known values that the configuration names, for a new run. Returns `None` if it names none.
///
/// # Errors
/// Fails if the file can't be read, or doesn't fit the data set or the network.
pub fn given_values(config: &Config, dataset: &dyn Dataset) -> Result<Option<Table<f64>>, KnownError> {
    let file = config.known.as_ref().and_then(|known| known.values.as_deref());
    file.map(|file| read(Path::new(file), config, dataset)).transpose()
}

fn read(path: &Path, config: &Config, dataset: &dyn Dataset) -> Result<Table<f64>, KnownError> {
    let table = npy::values(path).map_err(|source| KnownError::Npy { source })?;
    let retouched = config.known.as_ref().map_or(0, |known| known.retouch.len());
    let units = config.model.latent.saturating_sub(retouched);
    if table.width > units {
        return Err(KnownError::Units { path: path.to_owned(), factors: table.width, units });
    }
    check(path, &table, dataset.len())?;
    Ok(table)
}

fn check(path: &Path, table: &Table<f64>, images: u64) -> Result<(), KnownError> {
    /// Largest value of a column with variance 1 that a loss can be expected to bear.
    const LARGEST: f64 = 1e3;
    let rows = table.values.len() / table.width.max(1);
    if rows as u64 != images {
        return Err(KnownError::Rows { path: path.to_owned(), rows, images });
    }
    let empty = |column: &usize| {
        let mut known = (0..rows).map(|row| table.row(row)[*column]).filter(|value| !value.is_nan());
        known.next().is_none_or(|first| known.all(|value| value == first))
    };
    if let Some(column) = (0..table.width).find(empty) {
        return Err(KnownError::Empty { path: path.to_owned(), column });
    }
    match table.values.iter().position(|value| value.abs() > LARGEST) {
        Some(place) => Err(KnownError::Value {
            path: path.to_owned(),
            row: place / table.width,
            column: place % table.width,
            value: table.values[place],
        }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(file: &Path) -> Result<Config, crate::config::ConfigError> {
        let text =
            "name = 'a'\ndataset = 'sprites'\nobjective = { kind = 'vae' }\nsparsity = { named = {} }\n";
        Config::parse("a.toml", text, &[format!("known.values={:?}", file.display().to_string())])
    }

    #[test]
    fn a_run_keeps_its_known_values() -> Result<(), Box<dyn std::error::Error>> {
        let world = crate::data::open("sprites")?;
        let temporary = tempfile::tempdir()?;
        let (file, folder) = (temporary.path().join("v.npy"), temporary.path().join("run"));
        std::fs::create_dir(&folder)?;
        let images = world.len() as usize;
        let write = |rows: usize, value: f32| {
            let mut values = vec![0.5; 2 * rows];
            (values[0], values[2], values[5]) = (f32::NAN, 0.7, value);
            std::fs::write(&file, npy::floats(&[rows as u64, 2], &values))
        };
        let read = || values(&config(&file).expect("a configuration"), &*world, &folder);
        std::fs::write(&file, npy::floats(&[3, 11], &[0.5; 33]))?;
        let problem = read().expect_err("there are ten units").to_string();
        assert!(problem.contains("11 factors") && problem.contains("10 units"), "{problem}");
        let mut values = vec![f32::NAN; 2 * images];
        values[0] = 1.0;
        std::fs::write(&file, npy::floats(&[images as u64, 2], &values))?;
        let problem = read().expect_err("a column is empty").to_string();
        assert!(problem.contains("no two different values in column 0"), "{problem}");
        write(images - 1, 1.0)?;
        let problem = read().expect_err("it fits").to_string();
        assert!(problem.contains("v.npy has 737279 rows") && problem.contains("737280"), "{problem}");
        write(images, f32::INFINITY)?;
        let problem = read().expect_err("it is finite").to_string();
        assert!(problem.contains("inf in row 2, column 1"), "{problem}");
        write(images, -2.0)?;
        let table = read()?.ok_or("no values")?;
        assert!(table.row(0)[0].is_nan() && table.row(2) == [0.5, -2.0]);
        std::fs::remove_file(&file)?;
        assert_eq!(read()?.ok_or("no values")?.row(2), [0.5, -2.0]);
        std::fs::remove_file(folder.join(KNOWN))?;
        let problem = read().expect_err("it is gone").to_string();
        assert!(
            problem.starts_with("known.values: ") && problem.contains("v.npy could not be read"),
            "{problem}"
        );
        Ok(())
    }
}
