//! Tables of codes `[N, D]` and factors `[N, K]`.

use std::io::Read;
use std::path::Path;

use super::{Header, NpyError, Problem, integer, open, read_header};

/// A table, row-major.
#[derive(Clone, Debug, PartialEq)]
pub struct Table<T> {
    /// All values.
    pub values: Vec<T>,
    /// Number of values per row.
    pub width: usize,
}

impl<T> Table<T> {
    /// Returns row `number`.
    ///
    /// # Panics
    /// If there is no such row.
    pub fn row(&self, number: usize) -> &[T] {
        &self.values[number * self.width..][..self.width]
    }
}

/// Reads codes `[N, D]`: little-endian floats of 4 or 8 bytes.
///
/// # Errors
/// Fails with one sentence if the file's header, type, shape or length is wrong.
pub fn codes(path: &Path) -> Result<Table<f64>, NpyError> {
    floats(path, ("codes", "2-D float array [rows, units]"))
}

/// Reads little-endian floats of 4 or 8 bytes. `wanted` is the expected content, and the array that holds it.
fn floats(path: &Path, wanted: (&'static str, &'static str)) -> Result<Table<f64>, NpyError> {
    let width = |header: &Header| match header.kind() {
        "<f4" => Ok((4, true)),
        "<f8" => Ok((8, true)),
        other => Err(Problem::Content(format!("its values have type {other}, not little-endian floats"))),
    };
    read(path, wanted, width, |bytes, _| match *bytes {
        [a, b, c, d] => Some(f32::from_le_bytes([a, b, c, d]).into()),
        _ => Some(f64::from_le_bytes(bytes.try_into().ok()?)),
    })
}

/// Reads values of factors `[N, F]`, which may be NaN: little-endian floats of 4 or 8 bytes.
///
/// # Errors
/// Same as [`codes`].
pub fn values(path: &Path) -> Result<Table<f64>, NpyError> {
    floats(path, ("values", "2-D float array [images, factors]"))
}

/// Reads factors `[N, K]`: little-endian integers of any width.
///
/// # Errors
/// Same as [`codes`]; also fails if a value is beyond `i64`.
pub fn factors(path: &Path) -> Result<Table<i64>, NpyError> {
    read(path, ("factors", "2-D int64 array [rows, factors]"), Header::integer, |bytes, signed| {
        i64::try_from(integer(bytes, signed)).ok()
    })
}

/// Reads a table. `width` returns the bytes and the sign of a value for its type, and `value` converts
/// its bytes.
fn read<T: Copy>(
    path: &Path,
    wanted: (&'static str, &'static str),
    width: impl Fn(&Header) -> Result<(usize, bool), Problem>,
    value: impl Fn(&[u8], bool) -> Option<T>,
) -> Result<Table<T>, NpyError> {
    let (mut reader, size) = open(path)?;
    let read = |problem: Problem| problem.of(path, wanted);
    let header = read_header(&mut reader).map_err(read)?;
    let (bytes, signed) = width(&header).map_err(read)?;
    let [rows, columns] = header.shape().map_err(read)?;
    header.check(size, rows.saturating_mul(columns), bytes).map_err(read)?;
    let mut content = Vec::with_capacity((rows * columns) as usize * bytes);
    reader.read_to_end(&mut content).map_err(|source| read(Problem::Read(source)))?;
    let values: Option<Vec<T>> = content.chunks_exact(bytes).map(|bytes| value(bytes, signed)).collect();
    let large = || Problem::Content("a value is beyond 64 bits with a sign".into());
    let values = values.ok_or_else(large).map_err(read)?;
    let (rows, columns) = (rows as usize, columns as usize);
    let values = if header.fortran {
        (0..rows * columns).map(|place| values[place % columns * rows + place / columns]).collect()
    } else {
        values
    };
    Ok(Table { values, width: columns })
}

#[cfg(test)]
mod tests {
    use super::super::tests::file_of;
    use super::*;
    use npyz::WriterBuilder;

    fn array<T: npyz::AutoSerialize + Copy>(
        shape: &[u64],
        order: npyz::Order,
        values: &[T],
    ) -> std::io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        let options = npyz::WriteOptions::new().default_dtype().shape(shape).order(order);
        let mut writer = options.writer(&mut bytes).begin_nd()?;
        writer.extend(values.iter().copied())?;
        writer.finish()?;
        Ok(bytes)
    }

    #[test]
    fn tables_are_read_in_either_order() -> Result<(), Box<dyn std::error::Error>> {
        let rows = array(&[2, 3], npyz::Order::C, &[1f32, 2.0, 3.0, 4.0, 5.0, 6.0])?;
        let expected = Table { values: vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0], width: 3 };
        assert_eq!(codes(file_of(&rows)?.path())?, expected);
        let columns = array(&[2, 3], npyz::Order::Fortran, &[1f64, 4.0, 2.0, 5.0, 3.0, 6.0])?;
        assert_eq!(codes(file_of(&columns)?.path())?, expected);
        let bytes = array(&[2, 2], npyz::Order::C, &[-1i8, 2, 3, 4])?;
        assert_eq!(factors(file_of(&bytes)?.path())?, Table { values: vec![-1, 2, 3, 4], width: 2 });
        Ok(())
    }

    #[test]
    fn files_without_tables_are_refused_by_name() -> Result<(), Box<dyn std::error::Error>> {
        let of_codes = |content: &[u8]| -> std::io::Result<String> {
            Ok(codes(file_of(content)?.path()).expect_err("it was read").to_string())
        };
        let of_factors = |content: &[u8]| -> std::io::Result<String> {
            Ok(factors(file_of(content)?.path()).expect_err("it was read").to_string())
        };
        let flat = array(&[4], npyz::Order::C, &[1f32; 4])?;
        assert!(of_codes(&flat)?.contains("no file of codes: it has 1 dimension; write one with"));
        let cut = array(&[2, 2], npyz::Order::C, &[1f32; 4])?;
        assert!(of_codes(&cut[..cut.len() - 1])?.contains("claims"));
        assert!(of_factors(&cut)?.contains("type <f4, not little-endian integers"));
        assert!(of_codes(&array(&[2, 2], npyz::Order::C, &[1i64; 4])?)?.contains("type <i8, not"));
        let large = array(&[1, 1], npyz::Order::C, &[u64::MAX])?;
        assert!(of_factors(&large)?.contains("beyond 64 bits"));
        Ok(())
    }
}
