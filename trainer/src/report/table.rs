//! Tables for the terminal.

/// Title and alignment of a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    title: String,
    right: bool,
}

impl Column {
    /// A column of text, left-aligned.
    pub fn words(title: &str) -> Self {
        Self { title: title.to_owned(), right: false }
    }

    /// A column of numbers, right-aligned.
    pub fn numbers(title: &str) -> Self {
        Self { title: title.to_owned(), right: true }
    }
}

/// A table whose columns are as wide as their widest cells.
///
/// ```
/// use trainer::report::{Column, Table};
///
/// let mut table = Table::new(vec![Column::words("model"), Column::numbers("nll")]);
/// table.row(vec!["vae".into(), "12.5".into()]);
/// assert_eq!(table.to_string(), "model   nll\nvae    12.5\n");
/// ```
#[derive(Clone, Debug)]
pub struct Table {
    columns: Vec<Column>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// Creates a table without rows.
    pub fn new(columns: Vec<Column>) -> Self {
        Self { columns, rows: Vec::new() }
    }

    /// Adds a row, with one cell per column.
    pub fn row(&mut self, cells: Vec<String>) {
        self.rows.push(cells);
    }
}

impl std::fmt::Display for Table {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let titles: Vec<String> = self.columns.iter().map(|column| column.title.clone()).collect();
        let lines: Vec<&Vec<String>> = std::iter::once(&titles).chain(&self.rows).collect();
        let length = |cell: &String| cell.chars().count();
        for line in &lines {
            let mut text = String::new();
            for (place, (column, cell)) in self.columns.iter().zip(line.iter()).enumerate() {
                let widest = lines.iter().filter_map(|line| line.get(place)).map(length).max();
                let gap = " ".repeat(widest.unwrap_or(0).saturating_sub(length(cell)));
                let between = if place == 0 { "" } else { "  " };
                let (before, after) = if column.right { (gap.as_str(), "") } else { ("", gap.as_str()) };
                text.extend([between, before, cell, after]);
            }
            writeln!(f, "{}", text.trim_end())?;
        }
        Ok(())
    }
}
