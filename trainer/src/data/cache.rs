//! Decoded images in a single file.
//!
//! The file has a header of 4096 bytes (`LSIMAGE1`, length and CRC-32 of the JSON as little-endian u32,
//! JSON, zeros), then the images, `[N, H, W, C]` bytes, then their labels, `[N, K]` little-endian u16. A
//! reader only needs memory for a batch, and training starts at once.

use std::fs::File;
use std::io::{BufReader, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use model::ImageShape;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::report::counted;

use super::labels::{Columns, Label, MAX_CLASSES, MAX_COLUMNS};
use super::{DataError, Dataset, place};

const MAGIC: &[u8; 8] = b"LSIMAGE1";
/// Bytes before the images: a page, so that the images start on a page boundary.
const HEADER: usize = 4096;
/// Maximum length of the JSON, which follows magic, length and checksum.
const MAX_JSON: usize = HEADER - MAGIC.len() - 8;
/// Maximum side of an image.
const MAX_SIDE: usize = 4096;
/// Number of skipped pictures named in the header, and maximum length of each name.
const NAMED: usize = 8;
const NAME: usize = 120;

/// Why a file of prepared images can't be used.
#[derive(Debug, thiserror::Error)]
pub enum CacheError {
    /// The file can't be read.
    #[error("{} could not be read: {source}", path.display())]
    Read {
        /// File.
        path: PathBuf,
        /// Cause.
        source: std::io::Error,
    },
    /// The file has other content or is incomplete.
    #[error("{} holds no intact prepared images: {problem}; make it again with `latentscope data prepare`", path.display())]
    Damaged {
        /// File.
        path: PathBuf,
        /// What is wrong.
        problem: String,
    },
}

/// Header of a file of prepared images.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// Name of the data set.
    pub name: String,
    /// Number of images.
    pub count: u64,
    /// Rows of an image.
    pub height: usize,
    /// Columns of an image.
    pub width: usize,
    /// Channels: 1 (grey) or 3 (RGB).
    pub channels: usize,
    /// CRC-32 of all images and labels.
    pub checksum: u32,
    /// Columns of labels.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<Label>,
    /// Number of pictures that could not be used.
    pub skipped: u64,
    /// Names of the first skipped pictures.
    pub skipped_names: Vec<String>,
    /// Source and licence of the pictures.
    pub terms: String,
}

/// Writes images after a header that is filled in at the end.
pub(super) struct Writer<W: Write + Seek> {
    out: W,
    header: Header,
    columns: Columns,
    checksum: crc32fast::Hasher,
    names: Vec<String>,
}

impl<W: Write + Seek> Writer<W> {
    pub(super) fn new(
        mut out: W,
        name: &str,
        shape: ImageShape,
        terms: &str,
        columns: Vec<String>,
    ) -> std::io::Result<Self> {
        out.write_all(&[0; HEADER])?;
        let ImageShape { height, width, channels } = shape;
        let header = Header {
            name: name.to_owned(),
            count: 0,
            height,
            width,
            channels,
            checksum: 0,
            labels: Vec::new(),
            skipped: 0,
            skipped_names: Vec::new(),
            terms: terms.to_owned(),
        };
        let (columns, checksum) = (Columns::new(columns), crc32fast::Hasher::new());
        Ok(Self { out, header, columns, checksum, names: Vec::new() })
    }

    /// Writes an image with its labels, one per column.
    pub(super) fn push<'a>(
        &mut self,
        image: &[u8],
        labels: impl Iterator<Item = &'a str>,
    ) -> std::io::Result<()> {
        self.checksum.update(image);
        self.header.count += 1;
        self.columns.push(labels);
        self.out.write_all(image)
    }

    /// Records the file name of the next image.
    pub(super) fn name(&mut self, name: String) {
        self.names.push(name);
    }

    pub(super) fn skip(&mut self, name: &str) {
        self.header.skipped += 1;
        if self.header.skipped_names.len() < NAMED {
            self.header.skipped_names.push(name.chars().take(NAME).collect());
        }
    }

    pub(super) fn header(&self) -> &Header {
        &self.header
    }

    /// Completes the file. Returns the header and the recorded file names.
    pub(super) fn finish(mut self) -> std::io::Result<(Header, Vec<String>)> {
        let (labels, classes) = self.columns.finish();
        self.header.labels = labels;
        for row in classes.chunks(1 << 16) {
            let bytes: Vec<u8> = row.iter().flat_map(|class| class.to_le_bytes()).collect();
            self.checksum.update(&bytes);
            self.out.write_all(&bytes)?;
        }
        self.header.checksum = self.checksum.finalize();
        let json = serde_json::to_vec(&self.header)?;
        if json.len() > MAX_JSON {
            return Err(std::io::Error::other(
                "the header is too long; choose a shorter name or fewer labels",
            ));
        }
        self.out.seek(SeekFrom::Start(0))?;
        self.out.write_all(MAGIC)?;
        self.out.write_all(&(json.len() as u32).to_le_bytes())?;
        self.out.write_all(&crc32fast::hash(&json).to_le_bytes())?;
        self.out.write_all(&json)?;
        self.out.flush()?;
        Ok((self.header, self.names))
    }
}

/// Images of a prepared file, read on demand. If the file is truncated meanwhile, reading returns an
/// error.
#[derive(Debug)]
pub struct Cache {
    path: PathBuf,
    header: Header,
    file: File,
    /// Classes of all images, `[N, K]`.
    labels: Vec<u16>,
}

impl Cache {
    /// Opens a file and checks its header, length and labels, without reading the images.
    ///
    /// # Errors
    /// Fails if the file can't be read or is not a complete file of prepared images.
    pub fn open(path: &Path) -> Result<Self, CacheError> {
        let file = File::open(path).map_err(|source| CacheError::Read { path: path.to_owned(), source })?;
        Self::of(file, path)
    }

    /// Same as [`Cache::open`], for an open file at `path`.
    pub(super) fn of(mut file: File, path: &Path) -> Result<Self, CacheError> {
        let read = |source| CacheError::Read { path: path.to_owned(), source };
        let damaged = |problem: String| CacheError::Damaged { path: path.to_owned(), problem };
        file.seek(SeekFrom::Start(0)).map_err(read)?;
        let length = file.metadata().map_err(read)?.len();
        let mut start = vec![0; HEADER];
        if length < HEADER as u64 {
            return Err(damaged(format!("its {length} bytes are fewer than a header's")));
        }
        file.read_exact(&mut start).map_err(read)?;
        let header = parse(&start).map_err(damaged)?;
        let expected = expected_length(&header).ok_or_else(|| damaged("its size is absurd".into()))?;
        if length != expected {
            return Err(damaged(format!(
                "it has {length} bytes where {} need {expected}",
                counted(header.count, "image")
            )));
        }
        let labels = labels(&file, &header).map_err(read)?;
        let columns = header.labels.iter().cycle();
        if let Some((place, (_, label))) = labels
            .iter()
            .zip(columns)
            .enumerate()
            .find(|(_, (class, label))| usize::from(**class) >= label.classes)
        {
            return Err(damaged(format!(
                "image {} has class {} of `{}`, which has {}",
                place / header.labels.len(),
                labels[place],
                label.name,
                label.classes
            )));
        }
        Ok(Self { path: path.to_owned(), header, file, labels })
    }

    /// Returns the header.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// Reads all images and compares the checksum.
    ///
    /// # Errors
    /// Fails if a bit of any image or label has changed.
    pub fn check(&self) -> Result<(), CacheError> {
        let read = |source| CacheError::Read { path: self.path.clone(), source };
        let mut file = BufReader::with_capacity(1 << 20, File::open(&self.path).map_err(read)?);
        file.seek(SeekFrom::Start(HEADER as u64)).map_err(read)?;
        let mut checksum = crc32fast::Hasher::new();
        let mut bytes = vec![0; 1 << 20];
        loop {
            match file.read(&mut bytes) {
                Ok(0) => break,
                Ok(count) => checksum.update(&bytes[..count]),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(read(error)),
            }
        }
        let found = checksum.finalize();
        if found != self.header.checksum {
            let problem = format!("the images' checksum is {found:08x} and not {:08x}", self.header.checksum);
            return Err(CacheError::Damaged { path: self.path.clone(), problem });
        }
        Ok(())
    }

    /// Returns the bytes of an image, `[H, W, C]`.
    ///
    /// # Errors
    /// Fails if there is no such image or it can't be read.
    pub fn image(&self, index: u64) -> Result<Vec<u8>, DataError> {
        let size = self.image_shape().len();
        if index >= self.header.count {
            return Err(DataError::Index { name: self.header.name.clone(), index, count: self.header.count });
        }
        let mut image = vec![0; size];
        place::read(&self.file, HEADER as u64 + index * size as u64, &mut image).map_err(|source| {
            let path = self.path.clone();
            match source.kind() {
                ErrorKind::UnexpectedEof => {
                    CacheError::Damaged { path, problem: "it was cut short while it was in use".into() }
                }
                _ => CacheError::Read { path, source },
            }
        })?;
        Ok(image)
    }
}

impl Dataset for Cache {
    fn name(&self) -> &str {
        &self.header.name
    }

    fn image_shape(&self) -> ImageShape {
        let Header { height, width, channels, .. } = self.header;
        ImageShape { height, width, channels }
    }

    fn len(&self) -> u64 {
        self.header.count
    }

    fn check(&self) -> Result<(), DataError> {
        Ok(Self::check(self)?)
    }

    fn checksum(&self) -> Option<u32> {
        Some(self.header.checksum)
    }

    fn factors(&self) -> Vec<(String, usize)> {
        self.header.labels.iter().map(|label| (label.name.clone(), label.classes)).collect()
    }

    fn classes(&self, index: u64) -> Vec<usize> {
        let columns = self.header.labels.len();
        self.labels[index as usize * columns..][..columns].iter().map(|&class| class.into()).collect()
    }

    fn read(&self, indices: &[u64], images: &mut [f32]) -> Result<(), DataError> {
        let size = self.image_shape().len();
        images.par_chunks_exact_mut(size).zip(indices).try_for_each(|(image, &index)| {
            for (value, byte) in image.iter_mut().zip(self.image(index)?) {
                *value = f32::from(byte) / 255.0;
            }
            Ok(())
        })
    }
}

fn parse(start: &[u8]) -> Result<Header, String> {
    let rest = start.strip_prefix(MAGIC).ok_or("it does not begin as one")?;
    let word = |place: usize| u32::from_le_bytes([0, 1, 2, 3].map(|byte| rest[4 * place + byte]));
    let length = word(0) as usize;
    let json = rest[8..].get(..length).ok_or("its header's length is absurd")?;
    if crc32fast::hash(json) != word(1) {
        return Err("its header is damaged".into());
    }
    let header: Header = serde_json::from_slice(json).map_err(|error| format!("its header: {error}"))?;
    let sides = [header.height, header.width];
    if sides.iter().any(|side| !(1..=MAX_SIDE).contains(side)) || ![1, 3].contains(&header.channels) {
        return Err(format!("images of {}×{}×{}", header.height, header.width, header.channels));
    }
    if header.count == 0 {
        return Err("it has no image".into());
    }
    if header.labels.len() > MAX_COLUMNS {
        return Err(format!("it has {} labels, over {MAX_COLUMNS}", header.labels.len()));
    }
    if let Some(label) = header.labels.iter().find(|label| !(2..=MAX_CLASSES).contains(&label.classes)) {
        return Err(format!("`{}` has {} classes, not 2 to {MAX_CLASSES}", label.name, label.classes));
    }
    Ok(header)
}

/// Reads the classes, which follow the images.
fn labels(mut file: &File, header: &Header) -> std::io::Result<Vec<u16>> {
    let count = header.count as usize * header.labels.len();
    let size = header.height * header.width * header.channels;
    file.seek(SeekFrom::Start(HEADER as u64 + header.count * size as u64))?;
    let mut bytes = vec![0; 2 * count];
    file.read_exact(&mut bytes)?;
    Ok(bytes.as_chunks::<2>().0.iter().map(|&class| u16::from_le_bytes(class)).collect())
}

fn expected_length(header: &Header) -> Option<u64> {
    let size = (header.height * header.width * header.channels) as u64;
    let size = size + 2 * header.labels.len() as u64;
    header.count.checked_mul(size)?.checked_add(HEADER as u64)
}
