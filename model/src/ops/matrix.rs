//! Matrices within slices.

/// Layout of a matrix within a slice: element (row, column) is at `offset + row·rows + column·columns`.
/// Rows may overlap.
#[derive(Clone, Copy, Debug)]
pub(super) struct Strides {
    pub(super) offset: usize,
    pub(super) rows: usize,
    pub(super) columns: usize,
}

impl Strides {
    pub(super) fn row_major(width: usize) -> Self {
        Self { offset: 0, rows: width, columns: 1 }
    }

    pub(super) fn transposed(self) -> Self {
        Self { rows: self.columns, columns: self.rows, ..self }
    }

    pub(super) fn last(self, rows: usize, columns: usize) -> usize {
        self.offset + (rows - 1) * self.rows + (columns - 1) * self.columns
    }
}

/// Whether a product replaces the destination or is added to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Write {
    Replace,
    Add,
}
