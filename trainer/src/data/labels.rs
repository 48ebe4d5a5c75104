//! Labels of prepared pictures: columns of classes from a table, from file names, or from positions on a
//! grid.
//!
//! A table is a CSV file with a header and the picture's name in the first column, or a list like
//! CelebA's `list_attr_celeba.txt`: the number of rows, the column names, then rows with a name and
//! values. A column with an unknown value (an empty cell, `nan`, `NA`) is left out.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// Maximum size of a table.
const MAX_BYTES: u64 = 1 << 30;
/// Maximum number of columns, so that their names fit into the header of a prepared file.
pub(super) const MAX_COLUMNS: usize = 48;
/// Maximum length of a column's name; longer names are truncated.
const MAX_NAME: usize = 40;
/// Maximum number of classes in a column, because a sample of pictures has too few of each. Numbers with
/// more values are sorted into [`BINS`] bins.
pub(super) const MAX_CLASSES: usize = 256;
const BINS: usize = 20;
/// Separates the values of a row: the ASCII unit separator.
const BETWEEN: &str = "\u{1f}";

/// A column of labels.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Label {
    /// Name of the column.
    pub name: String,
    /// Number of classes, which are the distinct values, numbers in ascending and words in alphabetical
    /// order.
    pub classes: usize,
}

/// Why a table can't be used.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// The file can't be read.
    #[error("{} could not be read: {source}", path.display())]
    Read {
        /// File.
        path: PathBuf,
        /// Cause.
        source: std::io::Error,
    },
    /// The file is not a table of labels.
    #[error("{} is no table of labels: {problem}", path.display())]
    Content {
        /// File.
        path: PathBuf,
        /// What is wrong, and where.
        problem: String,
    },
}

/// Labels of pictures, by name.
#[derive(Debug)]
pub struct Table {
    path: PathBuf,
    columns: Vec<String>,
    /// Values of each row, separated by [`BETWEEN`].
    rows: HashMap<String, String>,
    /// Names of the rows, in order.
    order: Vec<String>,
}

impl Table {
    /// Reads a table.
    ///
    /// # Errors
    /// Fails if the file can't be read or a row is invalid.
    pub fn read(path: &Path) -> Result<Self, TableError> {
        let text = text(path)?;
        let content = |problem: String| TableError::Content { path: path.to_owned(), problem };
        let first = text.lines().next().unwrap_or_default().trim();
        let Rows { columns, rows, order } =
            if first.parse::<u64>().is_ok() { list(&text) } else { csv(&text) }.map_err(content)?;
        if columns.is_empty() || rows.is_empty() {
            return Err(content("it has no column or no row beside the names".into()));
        }
        if columns.len() > MAX_COLUMNS {
            return Err(content(format!("it has {} columns; at most {MAX_COLUMNS} are kept", columns.len())));
        }
        let columns = columns.iter().map(|name| name.chars().take(MAX_NAME).collect()).collect();
        Ok(Self { path: path.to_owned(), columns, rows, order })
    }

    /// Names of the rows, in order.
    pub(super) fn order(&self) -> &[String] {
        &self.order
    }

    /// Names of the columns.
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// Returns the labels of a picture, by its path below the data set's folder or by its file name.
    pub(super) fn of(&self, picture: &str) -> Result<std::str::Split<'_, &'static str>, String> {
        let file = picture.rsplit('/').next().unwrap_or(picture);
        let row = self.rows.get(picture).or_else(|| self.rows.get(file));
        row.map(|row| row.split(BETWEEN)).ok_or_else(|| format!("{} has no row for it", self.path.display()))
    }
}

/// Pictures of one part of a data set, from a list like CelebA's `list_eval_partition.txt`: each row has
/// a name and 0, 1 or 2, separated by a space or a comma. A list with commas may have a header.
#[derive(Debug)]
pub struct Partition {
    path: PathBuf,
    names: HashMap<String, u8>,
    part: Part,
}

/// Part of a data set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Training set.
    Train,
    /// Validation set.
    Valid,
    /// Test set.
    Test,
}

impl Partition {
    /// Reads a list and keeps the pictures of `part`.
    ///
    /// # Errors
    /// Fails if the file can't be read or a row is invalid.
    pub fn read(path: &Path, part: Part) -> Result<Self, TableError> {
        let content = |problem: String| TableError::Content { path: path.to_owned(), problem };
        let mut names = HashMap::new();
        for (number, line) in (1..).zip(text(path)?.lines()).filter(|(_, line)| !line.trim().is_empty()) {
            let words: Vec<&str> = if line.contains(',') {
                line.split(',').map(|cell| cell.trim().trim_matches('"')).collect()
            } else {
                line.split_whitespace().collect()
            };
            let (name, part) = match words[..] {
                [name, part] => (name, part.parse().ok().filter(|part| *part <= 2u8)),
                _ => ("", None),
            };
            let Some(part) = part else {
                if number == 1 && line.contains(',') {
                    continue;
                }
                return Err(content(format!("row {number} is not a name and 0, 1 or 2")));
            };
            if let Some((other, first)) = names.insert(name.to_owned(), (part, number))
                && other != part
            {
                return Err(content(format!("{name} is {other} in row {first} and {part} in row {number}")));
            }
        }
        let names = names.into_iter().map(|(name, (part, _))| (name, part)).collect();
        Ok(Self { path: path.to_owned(), names, part })
    }

    /// Path of the list.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether a picture belongs to the part.
    pub(super) fn holds(&self, picture: &str) -> bool {
        let file = picture.rsplit('/').next().unwrap_or(picture);
        self.names.get(picture).or_else(|| self.names.get(file)) == Some(&(self.part as u8))
    }
}

/// Collects labels picture by picture.
#[derive(Debug, Default)]
pub(super) struct Columns {
    names: Vec<String>,
    /// Values of each column so far, numbered in order of appearance.
    seen: Vec<HashMap<String, u32>>,
    rows: Vec<u32>,
}

impl Columns {
    pub(super) fn new(names: Vec<String>) -> Self {
        Self { seen: vec![HashMap::new(); names.len()], names, rows: Vec::new() }
    }

    /// Adds the labels of a picture, one per column.
    pub(super) fn push<'a>(&mut self, row: impl Iterator<Item = &'a str>) {
        for (seen, value) in self.seen.iter_mut().zip(row) {
            let next = seen.len() as u32;
            let id = match seen.get(value) {
                Some(&id) => id,
                None => *seen.entry(value.to_owned()).or_insert(next),
            };
            self.rows.push(id);
        }
    }

    /// Returns the usable columns and their classes, `[N, K]`.
    pub(super) fn finish(self) -> (Vec<Label>, Vec<u16>) {
        let mut labels = Vec::new();
        let mut kept = Vec::new();
        for (place, (name, seen)) in self.names.iter().zip(self.seen).enumerate() {
            match classes(seen) {
                Ok((classes, map)) => {
                    labels.push(Label { name: name.clone(), classes });
                    kept.push((place, map));
                }
                Err(why) => tracing::warn!("the column `{}` is left out: {why}", name.escape_debug()),
            }
        }
        let rows = self.rows.chunks_exact(self.names.len().max(1));
        let classes =
            rows.flat_map(|row| kept.iter().map(|(place, map)| map[row[*place] as usize])).collect();
        (labels, classes)
    }
}

/// Whether a cell is an unknown value.
fn is_gap(cell: &str) -> bool {
    ["", "nan", "na", "n/a", "null", "none"].contains(&cell.trim().to_ascii_lowercase().as_str())
}

/// Returns the number of classes of a column, and the class of each value in order of appearance. Fails
/// with a reason if the column has unknown values, a single value or too many words.
fn classes(seen: HashMap<String, u32>) -> Result<(usize, Vec<u16>), String> {
    let mut values: Vec<(String, u32)> = seen.into_iter().collect();
    if values.iter().any(|(value, _)| is_gap(value)) {
        return Err("some pictures have no value".into());
    }
    if values.len() < 2 {
        return Err("all pictures have the same value".into());
    }
    let number = |text: &str| text.trim().parse::<f64>().ok().filter(|value| value.is_finite());
    let numbers: Option<Vec<f64>> = values.iter().map(|(text, _)| number(text)).collect();
    let mut map = vec![0; values.len()];
    if let Some(numbers) = numbers.filter(|numbers| numbers.len() > MAX_CLASSES) {
        let (low, high) =
            numbers.iter().fold((f64::MAX, f64::MIN), |(low, high), &v| (low.min(v), high.max(v)));
        for (value, (_, id)) in numbers.iter().zip(&values) {
            let bin = ((value - low) / (high - low) * BINS as f64) as usize;
            map[*id as usize] = bin.min(BINS - 1) as u16;
        }
        return Ok((BINS, map));
    }
    if values.len() > MAX_CLASSES {
        return Err(format!("it has {} different words, over {MAX_CLASSES}", values.len()));
    }
    values.sort_by(|(a, _), (b, _)| {
        match (number(a), number(b)) {
            (Some(a), Some(b)) => a.total_cmp(&b),
            (a, b) => b.is_some().cmp(&a.is_some()),
        }
        .then_with(|| a.cmp(b))
    });
    for (class, (_, id)) in values.iter().enumerate() {
        map[*id as usize] = class as u16;
    }
    Ok((values.len(), map))
}

fn text(path: &Path) -> Result<String, TableError> {
    let read = |source| TableError::Read { path: path.to_owned(), source };
    let content = |problem: String| TableError::Content { path: path.to_owned(), problem };
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(read)?;
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(read)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(content(format!("it has more than {} MiB", MAX_BYTES >> 20)));
    }
    let mut text =
        String::from_utf8(bytes).map_err(|_| content("it is no text in UTF-8; save it as such".into()))?;
    // A byte order mark, which Excel writes.
    if text.starts_with('\u{feff}') {
        text.drain(..3);
    }
    Ok(text)
}

/// Content of a table.
struct Rows {
    columns: Vec<String>,
    rows: HashMap<String, String>,
    order: Vec<String>,
}

fn list(text: &str) -> Result<Rows, String> {
    let words = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let mut lines = text.lines().skip(1);
    let columns = words(lines.next().unwrap_or_default());
    let (mut rows, mut order) = (HashMap::new(), Vec::new());
    for (number, line) in (3..).zip(lines).filter(|(_, line)| !line.trim().is_empty()) {
        let mut row = words(line);
        if row.len() != columns.len() + 1 {
            return Err(format!("row {number} has {} values, not {}", row.len(), columns.len() + 1));
        }
        let name = row.remove(0);
        order.push(name.clone());
        insert(&mut rows, name, row.join(BETWEEN), number)?;
    }
    Ok(Rows { columns, rows, order })
}

fn csv(text: &str) -> Result<Rows, String> {
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
    let message = |error: csv::Error| error.to_string();
    let columns = reader.headers().map_err(message)?.iter().skip(1).map(str::to_owned).collect();
    let (mut rows, mut order) = (HashMap::new(), Vec::new());
    for record in reader.records() {
        let record = record.map_err(message)?;
        let mut values = record.iter();
        let line = record.position().map_or(0, csv::Position::line);
        if let Some(name) = values.next() {
            order.push(name.to_owned());
            insert(&mut rows, name.to_owned(), values.collect::<Vec<_>>().join(BETWEEN), line)?;
        }
    }
    Ok(Rows { columns, rows, order })
}

/// Adds a row. Duplicate names must have the same values.
fn insert(rows: &mut HashMap<String, String>, name: String, row: String, number: u64) -> Result<(), String> {
    match rows.entry(name) {
        Entry::Occupied(old) if *old.get() != row => {
            Err(format!("row {number} says otherwise of {} than a row above", old.key()))
        }
        Entry::Occupied(_) => Ok(()),
        Entry::Vacant(place) => {
            place.insert(row);
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(rows: &[[&str; 2]]) -> (Vec<Label>, Vec<u16>) {
        let mut columns = Columns::new(vec!["a".into(), "b".into()]);
        rows.iter().for_each(|row| columns.push(row.iter().copied()));
        columns.finish()
    }

    #[test]
    fn numbers_are_classes_by_size_and_words_by_the_alphabet() {
        let (labels, classes) = columns(&[["10", "pear"], ["9", "apple"], ["-1", "pear"]]);
        let label = |name: &str, classes| Label { name: name.into(), classes };
        assert_eq!(labels, [label("a", 3), label("b", 2)]);
        assert_eq!(classes, [2, 1, 1, 0, 0, 1]);
    }

    #[test]
    fn a_constant_column_is_left_out() {
        let (labels, classes) = columns(&[["1", "x"], ["2", "x"]]);
        assert_eq!((labels.len(), classes), (1, vec![0, 1]));
    }

    #[test]
    fn a_column_with_gaps_is_left_out() {
        for gap in ["", "nan", "NaN", "NA", "n/a", "None", " null "] {
            let (labels, classes) = columns(&[["1", "x"], ["2", gap], ["3", "y"]]);
            assert_eq!(labels, [Label { name: "a".into(), classes: 3 }], "{gap}");
            assert_eq!(classes, [0, 1, 2]);
        }
    }

    #[test]
    fn a_byte_order_mark_is_ignored() -> Result<(), Box<dyn std::error::Error>> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("labels");
        for text in ["\u{feff}name,Smiling\n1.jpg,1\n2.jpg,-1\n", "\u{feff}2\nSmiling\n1.jpg 1\n2.jpg -1\n"] {
            std::fs::write(&path, text)?;
            let table = Table::read(&path)?;
            assert_eq!(
                (table.columns(), table.of("1.jpg")?.next()),
                (&["Smiling".to_owned()][..], Some("1"))
            );
        }
        std::fs::write(&path, "\u{feff}1.jpg 2\n2.jpg 0\n")?;
        assert!(Partition::read(&path, Part::Test)?.holds("1.jpg"));
        Ok(())
    }

    #[test]
    fn rows_that_contradict_each_other_are_refused() -> Result<(), Box<dyn std::error::Error>> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("labels");
        let read = |text: &str| -> Result<String, Box<dyn std::error::Error>> {
            std::fs::write(&path, text)?;
            Ok(Table::read(&path).map_or_else(|error| error.to_string(), |_| String::new()))
        };
        assert_eq!(read("name,b\n1.jpg,1\n2.jpg,2\n1.jpg,1\n")?, "");
        assert!(read("name,b\n1.jpg,1\n2.jpg,2\n1.jpg,3\n")?.contains("row 4 says otherwise of 1.jpg"));
        assert!(read("2\nb\n1.jpg 1\n1.jpg 2\n")?.contains("row 4 says otherwise of 1.jpg"));
        std::fs::write(&path, "1.jpg 0\n1.jpg 2\n")?;
        let message = Partition::read(&path, Part::Test).expect_err("it was taken").to_string();
        assert!(message.contains("1.jpg is 0 in row 1 and 2 in row 2"), "{message}");
        Ok(())
    }

    #[test]
    fn a_partition_may_be_a_csv_file() -> Result<(), Box<dyn std::error::Error>> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("list_eval_partition.csv");
        std::fs::write(&path, "image_id,partition\r\n000001.jpg,0\r\n\"000002.jpg\", 2\r\n")?;
        let test = Partition::read(&path, Part::Test)?;
        assert!(test.holds("a/000002.jpg") && !test.holds("000001.jpg"));
        for bad in ["image_id,partition\n1.jpg,three\n", "1.jpg,0\nimage_id,partition\n", "image partition\n"]
        {
            std::fs::write(&path, bad)?;
            assert!(Partition::read(&path, Part::Test).is_err(), "{bad}");
        }
        Ok(())
    }

    #[test]
    fn many_numbers_are_cut_into_bins_and_many_words_left_out() {
        let mut columns = Columns::new(vec!["number".into(), "word".into()]);
        for i in 0..4000 {
            let row = [format!("{}", f64::from(i) / 4000.0), format!("word {i}")];
            columns.push(row.iter().map(String::as_str));
        }
        let (labels, classes) = columns.finish();
        assert_eq!(labels, [Label { name: "number".into(), classes: BINS }]);
        assert_eq!((classes[0], classes[200], classes[3999]), (0, 1, 19));
    }

    #[test]
    fn both_kinds_of_tables_are_read() -> Result<(), Box<dyn std::error::Error>> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("labels");
        for text in [
            "name,Smiling,\"Hair, kind\"\na/1.jpg,1,\"long, dark\"\n2.jpg,-1,short\n",
            "2\nSmiling Hair\na/1.jpg  1 long,dark\n2.jpg -1  short\n",
        ] {
            std::fs::write(&path, text)?;
            let table = Table::read(&path)?;
            assert_eq!(table.columns()[0], "Smiling");
            assert_eq!(table.of("a/1.jpg")?.next(), Some("1"));
            assert_eq!(table.of("x/y/2.jpg")?.nth(1), Some("short"));
            assert!(table.of("3.jpg").is_err_and(|message| message.contains("labels has no row")));
        }
        Ok(())
    }

    #[test]
    fn files_without_labels_are_refused_by_name() -> Result<(), Box<dyn std::error::Error>> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("bad.csv");
        for (text, word) in [
            ("", "no column"),
            ("name\na.jpg\n", "no column"),
            ("name,b\n", "no row"),
            ("name,b\na.jpg,1,2\n", "record 1"),
            ("2\nSmiling\n1.jpg 1\n2.jpg\n", "row 4"),
            (&format!("name{}\na{}\n", ",c".repeat(60), ",1".repeat(60)), "60 columns"),
        ] {
            std::fs::write(&path, text)?;
            let message = Table::read(&path).expect_err(word).to_string();
            assert!(message.contains("bad.csv") && message.contains(word), "{word}: {message}");
        }
        std::fs::write(&path, [b'a', 0xff, b'\n'])?;
        assert!(Table::read(&path).is_err() && Table::read(folder.path()).is_err());
        Ok(())
    }

    #[test]
    fn a_partition_holds_its_parts_pictures() -> Result<(), Box<dyn std::error::Error>> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("list_eval_partition.txt");
        std::fs::write(&path, "000001.jpg 0\n000002.jpg 2\n")?;
        let test = Partition::read(&path, Part::Test)?;
        assert!(test.holds("img_align_celeba/000002.jpg"));
        assert!(!test.holds("000001.jpg") && !test.holds("000003.jpg"));
        std::fs::write(&path, "000001.jpg 0\n000002.jpg three\n")?;
        assert!(Partition::read(&path, Part::Test).is_err_and(|error| error.to_string().contains("row 2")));
        Ok(())
    }
}
