//! Tables for the terminal.

use comfy_table::CellAlignment;

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
        let mut table = comfy_table::Table::new();
        table.load_preset(comfy_table::presets::NOTHING);
        table.set_header(self.columns.iter().map(|column| &column.title)).add_rows(&self.rows);
        for (drawn, column) in table.column_iter_mut().zip(&self.columns) {
            drawn.set_padding((0, 2));
            drawn.set_cell_alignment(if column.right { CellAlignment::Right } else { CellAlignment::Left });
        }
        writeln!(f, "{}", table.trim_fmt())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_letters_and_marks_keep_columns_straight() {
        let mut table = Table::new(vec![Column::words("model"), Column::numbers("nll")]);
        table.row(vec!["模型".into(), "9.5".into()]);
        table.row(vec!["e\u{301}".into(), "12.5".into()]);
        assert_eq!(table.to_string(), "model   nll\n模型    9.5\ne\u{301}      12.5\n");
    }
}
