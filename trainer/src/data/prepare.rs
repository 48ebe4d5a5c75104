//! A data set's own files into one file of images that are ready to train on.

use std::io::{Seek, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use model::ImageShape;
use rayon::prelude::*;

use super::cache::{Header, Writer};
use super::files::{Encoded, Files};
use super::labels::{Partition, Table};
use super::picture::{Target, decode};
use super::recipe::{Grid, Recipe, Source};
use super::{h5, norb, npz};
use crate::file::{self, WriteError};
use crate::report::counted;

/// Files that are decoded at a time, and most bytes of them.
const CHUNK: usize = 512;
const CHUNK_BYTES: usize = 256 << 20;
/// One file in so many may be bad.
const BAD: u64 = 100;
/// Bad files that are named in the log.
const LOGGED: u64 = 20;

/// Why a data set can't be prepared.
#[derive(Debug, thiserror::Error)]
pub enum PrepareError {
    /// A file can't be read.
    #[error("{} could not be read: {source}", path.display())]
    Read {
        /// File or folder.
        path: PathBuf,
        /// Reason.
        source: std::io::Error,
    },
    /// A file holds something else.
    #[error("{} can't be used: {problem}", path.display())]
    Content {
        /// File or folder.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// Too many of the pictures are bad.
    #[error(
        "{bad} of {} in {} can't be used, which is more than one in {BAD}; \
         the last was {name}: {problem}", counted(*seen, "picture"), path.display()
    )]
    Bad {
        /// File or folder.
        path: PathBuf,
        /// Pictures that can't be used.
        bad: u64,
        /// Pictures in all.
        seen: u64,
        /// The last bad one.
        name: String,
        /// What is wrong with it.
        problem: String,
    },
    /// It was stopped.
    #[error("it was stopped")]
    Stopped,
    /// The file of images can't be written.
    #[error(transparent)]
    Write(#[from] WriteError),
}

/// A writer of images that come in the order of a grid, or of none.
struct Gridded<W: Write + Seek> {
    writer: Writer<W>,
    grid: Grid,
}

/// What a preparation may need besides its recipe.
pub struct Job<'a> {
    /// The data set.
    pub recipe: &'a Recipe,
    /// Its own files.
    pub path: &'a Path,
    /// What pictures are made into, if not as the recipe has it.
    pub target: Option<Target>,
    /// Labels of pictures, if not what their names tell.
    pub table: Option<&'a Table>,
    /// The part of the pictures that is wanted, if not all.
    pub partition: Option<&'a Partition>,
    /// Name in the file and in model cards.
    pub name: &'a str,
    /// File to write.
    pub out: &'a Path,
}

impl Job<'_> {
    /// Writes the file of images; `progress` is told how many are done. Pictures that can't be used are
    /// left out and named in the header and the log.
    ///
    /// # Errors
    /// If the files can't be read, are of another kind, or more than one picture in a hundred is bad;
    /// and if `stop` is set. Nothing is written then.
    pub fn run(&self, stop: &AtomicBool, progress: &mut dyn FnMut(u64)) -> Result<Header, PrepareError> {
        let mut filled = None;
        let written = file::stream(self.out, |out| {
            let outcome = filled.insert(self.fill(out, stop, progress).map(|(header, _)| header));
            if outcome.is_ok() { Ok(()) } else { Err(std::io::Error::other("the images are not complete")) }
        });
        // Where nothing was filled in, the file could not be begun.
        match (filled, written) {
            (Some(Err(error)), _) => Err(error),
            (_, Err(error)) => Err(error.into()),
            (Some(Ok(header)), Ok(())) => Ok(header),
            (None, Ok(())) => Err(PrepareError::Stopped),
        }
    }

    /// Writes the images to `out`; gives the header, and the names of pictures that were files.
    pub(super) fn fill<W: Write + Seek>(
        &self,
        out: W,
        stop: &AtomicBool,
        progress: &mut dyn FnMut(u64),
    ) -> Result<(Header, Vec<String>), PrepareError> {
        let step = |count: u64, progress: &mut dyn FnMut(u64)| {
            progress(count);
            if stop.load(Ordering::Relaxed) { Err(PrepareError::Stopped) } else { Ok(()) }
        };
        match self.recipe.source {
            Source::Pictures { wanted, target, told } => {
                let target = self.target.unwrap_or(target);
                let columns = match (self.table, told) {
                    (Some(table), _) => table.columns().to_vec(),
                    (None, Some(told)) => told.columns.iter().map(|&name| name.to_owned()).collect(),
                    (None, None) => Vec::new(),
                };
                let mut writer = self.writer(out, target.shape(), columns)?;
                let mut chunk = Vec::new();
                let mut bytes = 0;
                let mut last = None;
                let mut elsewhere = 0;
                let others = Files::at(self.path)?.each(wanted, &mut |encoded| {
                    if self.partition.is_some_and(|part| !part.holds(&encoded.name)) {
                        elsewhere += 1;
                        return Ok(());
                    }
                    bytes += encoded.bytes.as_ref().map_or(0, Vec::len);
                    chunk.push(encoded);
                    if chunk.len() < CHUNK && bytes < CHUNK_BYTES {
                        return Ok(());
                    }
                    bytes = 0;
                    last = self.push(&mut writer, std::mem::take(&mut chunk), &target)?.or(last.take());
                    step(writer.header().count, progress)
                })?;
                let last = self.push(&mut writer, chunk, &target)?.or(last);
                if let Some(words) = others.words() {
                    tracing::warn!("{words}");
                }
                self.few_bad(writer.header(), last)?;
                if let Some(part) = self.partition.filter(|_| writer.header().count == 0 && elsewhere > 0) {
                    let problem = format!(
                        "none of the {} in {} is of the part that is wanted",
                        counted(elsewhere, "picture"),
                        self.path.display()
                    );
                    return Err(PrepareError::Content { path: part.path().to_owned(), problem });
                }
                self.finish(writer)
            }
            Source::Npz(array, grid) => {
                let start = |shape, count| self.grid(out, shape, count, grid);
                let visit =
                    |state: &mut _, image: &[u8]| self.place(state, image, &mut |n| step(n, progress));
                self.finish(npz::each(self.path, array, start, visit)?.writer)
            }
            Source::Hdf5(name, grid) => {
                let start = |shape, count| self.grid(out, shape, count, grid);
                let visit =
                    |state: &mut _, image: &[u8]| self.place(state, image, &mut |n| step(n, progress));
                self.finish(h5::each(self.path, name, start, visit)?.writer)
            }
            Source::Norb(target) => {
                let target = self.target.unwrap_or(target);
                let columns = norb::LABELS.map(str::to_owned).into();
                let mut writer = self.writer(out, target.shape(), columns)?;
                norb::each(self.path, &target, |image, labels| {
                    let labels = labels.iter().map(String::as_str);
                    writer.push(image, labels).map_err(|source| self.unwritten(source))?;
                    if writer.header().count.is_multiple_of(CHUNK as u64) {
                        step(writer.header().count, progress)?;
                    }
                    Ok(())
                })?;
                self.finish(writer)
            }
        }
    }

    /// A writer of `count` images, which have the factors of `grid` if they are all of it.
    fn grid<W: Write + Seek>(
        &self,
        out: W,
        shape: ImageShape,
        count: u64,
        grid: Grid,
    ) -> Result<Gridded<W>, PrepareError> {
        let whole = grid.iter().map(|(_, classes)| classes).product::<u64>() == count;
        if !whole {
            let images = counted(count, "image");
            tracing::warn!("{images} do not make the grid of {}; no factors are kept", self.recipe.name);
        }
        let grid = if whole { grid } else { &[] };
        let columns = grid.iter().map(|(name, _)| (*name).to_owned()).collect();
        Ok(Gridded { writer: self.writer(out, shape, columns)?, grid })
    }

    /// Writes the next image of a grid, with its class of every factor.
    fn place<W: Write + Seek>(
        &self,
        Gridded { writer, grid }: &mut Gridded<W>,
        image: &[u8],
        step: &mut dyn FnMut(u64) -> Result<(), PrepareError>,
    ) -> Result<(), PrepareError> {
        let index = writer.header().count;
        let mut rest = index;
        let mut classes: Vec<String> = Vec::with_capacity(grid.len());
        for (_, count) in grid.iter().rev() {
            classes.push((rest % count).to_string());
            rest /= count;
        }
        let labels = classes.iter().rev().map(String::as_str);
        writer.push(image, labels).map_err(|source| self.unwritten(source))?;
        if (index + 1).is_multiple_of(CHUNK as u64) { step(index + 1) } else { Ok(()) }
    }

    fn writer<W: Write + Seek>(
        &self,
        out: W,
        shape: ImageShape,
        columns: Vec<String>,
    ) -> Result<Writer<W>, PrepareError> {
        Writer::new(out, self.name, shape, self.recipe.terms, columns)
            .map_err(|source| self.unwritten(source))
    }

    /// What is known of a picture by its name.
    fn labels(&self, name: &str) -> Result<Vec<String>, String> {
        match (self.table, self.recipe.source) {
            (Some(table), _) => Ok(table.of(name)?.map(str::to_owned).collect()),
            (None, Source::Pictures { told: Some(told), .. }) => {
                (told.by)(name).ok_or_else(|| format!("its name tells no {}", told.columns.join(" or ")))
            }
            _ => Ok(Vec::new()),
        }
    }

    /// Decodes the files in parallel and writes their images in order. Returns the last bad one and what is
    /// wrong with it.
    fn push<W: Write + Seek>(
        &self,
        writer: &mut Writer<W>,
        chunk: Vec<Encoded>,
        target: &Target,
    ) -> Result<Option<(String, String)>, PrepareError> {
        let decoded: Vec<_> = chunk
            .into_par_iter()
            .map(|Encoded { name, bytes }| {
                let labels = self.labels(&name);
                let image = bytes.and_then(|bytes| Ok((decode(&bytes, target)?, labels?)));
                (name, image)
            })
            .collect();
        let mut last = None;
        for (name, image) in decoded {
            match image {
                Ok((image, labels)) => {
                    writer.name(name);
                    let labels = labels.iter().map(String::as_str);
                    writer.push(&image, labels).map_err(|source| self.unwritten(source))?;
                }
                Err(problem) => {
                    let name = name.escape_debug().to_string();
                    if writer.header().skipped < LOGGED {
                        tracing::warn!("{name} is left out: {problem}");
                    }
                    writer.skip(&name);
                    last = Some((name, problem));
                }
            }
        }
        Ok(last)
    }

    /// Whether few enough pictures of all are bad, wherever they stood.
    fn few_bad(&self, header: &Header, last: Option<(String, String)>) -> Result<(), PrepareError> {
        let (bad, seen) = (header.skipped, header.count + header.skipped);
        match last {
            Some((name, problem)) if bad * BAD > seen => {
                Err(PrepareError::Bad { path: self.path.to_owned(), bad, seen, name, problem })
            }
            _ => Ok(()),
        }
    }

    fn finish<W: Write + Seek>(&self, writer: Writer<W>) -> Result<(Header, Vec<String>), PrepareError> {
        if writer.header().count == 0 {
            let problem = format!("it holds no picture; wanted is {}", self.recipe.path);
            return Err(PrepareError::Content { path: self.path.to_owned(), problem });
        }
        writer.finish().map_err(|source| self.unwritten(source))
    }

    fn unwritten(&self, source: std::io::Error) -> PrepareError {
        PrepareError::Content { path: self.out.to_owned(), problem: source.to_string() }
    }
}
