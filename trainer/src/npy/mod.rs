//! numpy's `.npy` files, as far as needed: writing bytes and floats, and reading lists of indices, tables
//! of codes and factors, and images.
//!
//! A file has `\x93NUMPY`, a version, the header's length, a Python dict as text, then the values
//! (numpy's NEP 1).

mod dict;
mod images;
mod table;

use std::io::Read;
use std::path::{Path, PathBuf};

use crate::report::counted;

pub use images::{ImageHeader, ImageValues, images};
pub use table::{Table, codes, factors, values};

const MAGIC: &[u8; 6] = b"\x93NUMPY";
/// Maximum length of a header; numpy's own for a list of integers has 118 bytes.
const MAX_HEADER: usize = 4096;
/// Maximum number of values, which is 1 GiB of memory.
const MAX_VALUES: u64 = 1 << 27;

/// Why a file can't be used.
#[derive(Debug, thiserror::Error)]
pub enum NpyError {
    /// The file can't be read.
    #[error("{} could not be read", path.display())]
    Read {
        /// File.
        path: PathBuf,
        /// Cause.
        source: std::io::Error,
    },
    /// The file is not an `.npy` file with the expected content.
    #[error("{} is no file of {}: {problem}; write one with numpy.save of a {}", path.display(), wanted.0, wanted.1)]
    Content {
        /// File.
        path: PathBuf,
        /// Expected content, and the array that holds it.
        wanted: (&'static str, &'static str),
        /// What is wrong.
        problem: String,
    },
    /// A value is outside the range of images.
    #[error(
        "{}: image {index} has the value {value}, but those of images are 0 to 1; divide by the largest",
        path.display()
    )]
    Value {
        /// File.
        path: PathBuf,
        /// Index of the image, counted from 0.
        index: u64,
        /// The value.
        value: f32,
    },
    /// An index is outside the grid.
    #[error("{}: index number {place} is {value}, but the grid's images are 0 to {last}", path.display())]
    Index {
        /// File.
        path: PathBuf,
        /// Position in the list, counted from 0.
        place: usize,
        /// The index.
        value: i128,
        /// Largest valid index.
        last: u64,
    },
}

/// Returns the header of a C-ordered `u8` array with the given shape.
pub fn header(shape: &[u64]) -> Vec<u8> {
    header_of("|u1", shape)
}

/// Returns the header of a C-ordered, little-endian `f32` array with the given shape.
pub fn float_header(shape: &[u64]) -> Vec<u8> {
    header_of("<f4", shape)
}

/// Returns a complete file of `values` as little-endian `f32` with the given shape.
pub fn floats(shape: &[u64], values: &[f32]) -> Vec<u8> {
    let mut bytes = float_header(shape);
    bytes.extend(values.iter().flat_map(|value| value.to_le_bytes()));
    bytes
}

fn header_of(kind: &str, shape: &[u64]) -> Vec<u8> {
    let mut sides: Vec<String> = shape.iter().map(u64::to_string).collect();
    if sides.len() == 1 {
        sides.push(String::new());
    }
    let dict =
        format!("{{'descr': '{kind}', 'fortran_order': False, 'shape': ({}), }}", sides.join(", ").trim());
    // Values start at a multiple of 64; the header ends with a line break.
    let padding = 63 - (MAGIC.len() + 4 + dict.len()) % 64;
    let length = (dict.len() + padding + 1) as u16;
    let mut bytes = MAGIC.to_vec();
    bytes.extend([1, 0]);
    bytes.extend(length.to_le_bytes());
    bytes.extend(dict.into_bytes());
    bytes.extend(std::iter::repeat_n(b' ', padding));
    bytes.push(b'\n');
    bytes
}

/// Reads a one-dimensional array of little-endian integers of any width, each below `count`.
///
/// # Errors
/// Fails with one sentence if the file's header, type, shape or length is wrong, or an index is too
/// large.
pub fn indices(path: &Path, count: u64) -> Result<Vec<u64>, NpyError> {
    let (mut reader, size) = open(path)?;
    let read = |problem: Problem| problem.of(path, ("indices", "1-D integer array"));
    let header = read_header(&mut reader).map_err(read)?;
    let (width, signed) = header.integer().map_err(read)?;
    let [length] = header.shape().map_err(read)?;
    header.check(size, length, width).map_err(read)?;
    let mut indices = Vec::with_capacity(length as usize);
    let mut bytes = [0; 8];
    for place in 0..length as usize {
        reader.read_exact(&mut bytes[..width]).map_err(|source| read(Problem::Read(source)))?;
        let value = integer(&bytes[..width], signed);
        let index = u64::try_from(value).ok().filter(|index| *index < count);
        indices.push(index.ok_or_else(|| NpyError::Index {
            path: path.to_owned(),
            place,
            value,
            last: count.saturating_sub(1),
        })?);
    }
    Ok(indices)
}

/// Returns the dimensions of a C-ordered array of unsigned bytes; leaves the reader at its first value.
///
/// # Errors
/// Returns a short description of what is wrong with the header.
pub(crate) fn bytes<const SIDES: usize>(reader: &mut impl Read) -> Result<[u64; SIDES], String> {
    let words = |problem| match problem {
        Problem::Read(error) => error.to_string(),
        Problem::Content(problem) => problem,
    };
    let header = read_header(reader).map_err(words)?;
    if header.kind() != "|u1" {
        return Err(format!("its values have type {}, not unsigned bytes", header.kind()));
    }
    if header.fortran {
        return Err(
            "its values are in Fortran's order; save it again by way of numpy.ascontiguousarray".into()
        );
    }
    header.shape().map_err(words)
}

/// Opens the file; returns a buffered reader and the size in bytes.
fn open(path: &Path) -> Result<(std::io::BufReader<std::fs::File>, u64), NpyError> {
    let unreadable = |source| NpyError::Read { path: path.to_owned(), source };
    let file = std::fs::File::open(path).map_err(unreadable)?;
    let size = file.metadata().map_err(unreadable)?.len();
    Ok((std::io::BufReader::new(file), size))
}

/// Converts up to eight little-endian bytes to an integer.
fn integer(bytes: &[u8], signed: bool) -> i128 {
    let value = bytes.iter().rev().fold(0i128, |value, &byte| value << 8 | i128::from(byte));
    let bits = 8 * bytes.len();
    if signed && value >> (bits - 1) != 0 { value - (1 << bits) } else { value }
}

enum Problem {
    Read(std::io::Error),
    Content(String),
}

impl Problem {
    fn of(self, path: &Path, wanted: (&'static str, &'static str)) -> NpyError {
        let path = path.to_owned();
        match self {
            Self::Read(source) => NpyError::Read { path, source },
            Self::Content(problem) => NpyError::Content { path, wanted, problem },
        }
    }
}

/// Content of the header.
struct Header {
    descr: String,
    /// Dimensions, as text, since they may be of any size.
    shape: Vec<String>,
    /// Whether the first dimension varies fastest.
    fortran: bool,
    /// Bytes before the values.
    bytes: usize,
}

fn read_header(reader: &mut impl Read) -> Result<Header, Problem> {
    let mut take = |count: usize| -> Result<Vec<u8>, Problem> {
        let mut bytes = vec![0; count];
        reader.read_exact(&mut bytes).map_err(|error| match error.kind() {
            std::io::ErrorKind::UnexpectedEof => Problem::Content("it ends within its header".into()),
            _ => Problem::Read(error),
        })?;
        Ok(bytes)
    };
    if take(MAGIC.len())? != MAGIC {
        return Err(Problem::Content("it is not in numpy's .npy format".into()));
    }
    let version = take(2)?;
    let (major, minor) = (version[0], version[1]);
    let prefix = if major == 1 { 2 } else { 4 };
    let length = take(prefix)?.iter().rev().fold(0, |length, &byte| length << 8 | usize::from(byte));
    if !(1..=3).contains(&major) || minor != 0 || length > MAX_HEADER {
        let problem = format!("its header has version {major}.{minor} and claims {length} bytes");
        return Err(Problem::Content(problem));
    }
    let text = take(length)?;
    let text = String::from_utf8_lossy(&text);
    let dict = dict::parse(&text).map_err(Problem::Content)?;
    let bytes = MAGIC.len() + 2 + prefix + length;
    Ok(Header { descr: dict.descr, shape: dict.shape, fortran: dict.fortran, bytes })
}

impl Header {
    /// Name of the type.
    fn kind(&self) -> &str {
        &self.descr
    }

    /// Width of an integer in bytes, and whether it is signed.
    fn integer(&self) -> Result<(usize, bool), Problem> {
        match self.kind() {
            "|i1" => Ok((1, true)),
            "|u1" => Ok((1, false)),
            "<i2" => Ok((2, true)),
            "<u2" => Ok((2, false)),
            "<i4" => Ok((4, true)),
            "<u4" => Ok((4, false)),
            "<i8" => Ok((8, true)),
            "<u8" => Ok((8, false)),
            other => {
                Err(Problem::Content(format!("its values have type {other}, not little-endian integers")))
            }
        }
    }

    /// The dimensions.
    fn sides(&self) -> Result<Vec<u64>, Problem> {
        let number = |side: &str| Problem::Content(format!("its shape has a side of {side}"));
        self.shape.iter().map(|side| side.parse().map_err(|_| number(side))).collect()
    }

    /// The dimensions, which must be `SIDES` in number.
    fn shape<const SIDES: usize>(&self) -> Result<[u64; SIDES], Problem> {
        let sides = counted(self.shape.len() as u64, "dimension");
        self.sides()?.try_into().map_err(|_| Problem::Content(format!("it has {sides}")))
    }

    /// Checks that the file has `count` values of `width` bytes.
    fn check(&self, size: u64, count: u64, width: usize) -> Result<(), Problem> {
        if count > MAX_VALUES {
            let problem = format!("it claims {count} values, over the limit of {MAX_VALUES}");
            return Err(Problem::Content(problem));
        }
        self.check_size(size, count.checked_mul(width as u64))
    }

    /// Checks that the file has `bytes` bytes of values; `None` means more than can be counted.
    fn check_size(&self, size: u64, bytes: Option<u64>) -> Result<(), Problem> {
        let claimed = bytes.and_then(|bytes| bytes.checked_add(self.bytes as u64));
        let words = claimed.map_or_else(|| "absurdly many".into(), |claimed| claimed.to_string());
        if claimed != Some(size) {
            let problem = format!("its header claims {words} bytes in all and it has {size}");
            return Err(Problem::Content(problem));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use npyz::WriterBuilder;

    pub(super) fn file_of(content: &[u8]) -> std::io::Result<tempfile::NamedTempFile> {
        let file = tempfile::NamedTempFile::new()?;
        std::fs::write(file.path(), content)?;
        Ok(file)
    }

    fn array<T: npyz::AutoSerialize + Copy>(values: &[T]) -> std::io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        let options = npyz::WriteOptions::new().default_dtype().shape(&[values.len() as u64]);
        let mut writer = options.writer(&mut bytes).begin_nd()?;
        writer.extend(values.iter().copied())?;
        writer.finish()?;
        Ok(bytes)
    }

    fn problem(content: &[u8]) -> String {
        let file = file_of(content).expect("a temporary file");
        let error = indices(file.path(), 100).expect_err("it was read").to_string();
        assert!(error.contains(&file.path().display().to_string()), "{error}");
        error
    }

    #[test]
    fn integers_of_every_width_are_read() -> Result<(), Box<dyn std::error::Error>> {
        for content in [
            array(&[3i8, 0, 99])?,
            array(&[3u8, 0, 99])?,
            array(&[3i16, 0, 99])?,
            array(&[3u16, 0, 99])?,
            array(&[3i32, 0, 99])?,
            array(&[3u32, 0, 99])?,
            array(&[3i64, 0, 99])?,
            array(&[3u64, 0, 99])?,
        ] {
            assert_eq!(indices(file_of(&content)?.path(), 100)?, [3, 0, 99]);
        }
        assert!(indices(file_of(&array::<i64>(&[])?)?.path(), 100)?.is_empty());
        Ok(())
    }

    #[test]
    fn indices_outside_the_grid_are_named() -> std::io::Result<()> {
        assert!(problem(&array(&[0i64, -1])?).contains("index number 1 is -1"));
        assert!(problem(&array(&[100i32])?).contains("0 to 99"));
        assert!(problem(&array(&[u64::MAX])?).contains("18446744073709551615"));
        assert!(problem(&array(&[i8::MIN])?).contains("-128"));
        Ok(())
    }

    #[test]
    fn files_without_integers_are_refused_by_name() -> std::io::Result<()> {
        assert!(problem(b"").contains("ends within its header"));
        assert!(problem(b"PK\x03\x04 and more").contains("not in numpy's .npy format"));
        assert!(problem(&array(&[1.0f64])?).contains("type <f8"));
        let good = [header(&[2]).as_slice(), &[1, 2]].concat();
        assert!(problem(&good[..good.len() - 1]).contains("claims"));
        assert!(problem(&[good.as_slice(), b"x"].concat()).contains("claims"));
        let changed = |from: &str, to: &str| {
            let text: String = good.iter().map(|&byte| char::from(byte)).collect();
            assert!(text.contains(from), "{text}");
            let text = text.replacen(from, to, 1);
            problem(&text.chars().map(|letter| letter as u8).collect::<Vec<u8>>())
        };
        assert!(changed("|u1", ">i8").contains("type >i8"));
        let square = [header(&[2, 1]).as_slice(), &[0; 2]].concat();
        assert!(problem(&square).contains("2 dimensions"));
        assert!(changed("(2,)", "()  ").contains("0 dimensions"));
        assert!(changed("(2,)", "(-2)").contains("not a number"));
        assert!(changed("shape", "shame").contains("a key `shame`"));
        Ok(())
    }

    #[test]
    fn absurd_claims_allocate_nothing() {
        let with = |version: u8, length: &[u8], rest: &[u8]| {
            problem(&[MAGIC.as_slice(), &[version, 0], length, rest].concat())
        };
        assert!(with(2, &[255; 4], b"{").contains("claims 4294967295 bytes"));
        assert!(with(1, &[255; 2], &[b'('; 65535]).contains("claims 65535 bytes"));
        assert!(with(9, &[16, 0, 0, 0], &[b' '; 16]).contains("version 9"));
        let dict = format!("{{'descr': '<i8', 'fortran_order': False, 'shape': ({},)}}", 1u64 << 60);
        assert!(with(1, &[dict.len() as u8, 0], dict.as_bytes()).contains("over the limit"));
    }

    #[test]
    fn numpys_reader_understands_the_header() -> Result<(), Box<dyn std::error::Error>> {
        for shape in [vec![6], vec![2, 3], vec![1, 2, 3], vec![737_280, 64, 64]] {
            let header = header(&shape);
            assert_eq!(header.len() % 64, 0);
            let read = npyz::NpyHeader::from_reader(header.as_slice())?;
            assert_eq!(read.shape(), shape);
            assert_eq!(read.dtype().descr(), "'|u1'");
            assert_eq!(read.order(), npyz::Order::C);
        }
        Ok(())
    }
}
