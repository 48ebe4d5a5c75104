//! Converts a data set's own files to a single file of images for training.

use std::io::{Seek, Write};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use model::ImageShape;
use rayon::prelude::*;
use worlds::classes_at;

use super::cache::{Header, Writer};
use super::decode::decode;
use super::error::{BAD, PrepareError};
use super::files::{Encoded, Files};
use super::labels::{Partition, Table};
use super::picture::Target;
use super::recipe::{Grid, Recipe, Source};
use super::{h5, norb, npz};
use crate::file::{self, WriteError};
use crate::report::{brief, counted};

/// Number of files decoded at a time, and maximum number of their bytes.
const CHUNK: usize = 512;
const CHUNK_BYTES: usize = 256 << 20;
/// Number of bad files named in the log.
const LOGGED: u64 = 20;

/// A writer for images in the order of a grid, or in any order.
struct GridWriter<W: Write + Seek> {
    writer: Writer<W>,
    grid: Grid,
}

/// A data set to prepare, with options.
pub struct Job<'a> {
    /// Recipe of the data set.
    pub recipe: &'a Recipe,
    /// Path of its files.
    pub path: &'a Path,
    /// The images that pictures are converted to; by default as in the recipe.
    pub target: Option<Target>,
    /// Labels of the pictures; by default from their names.
    pub table: Option<&'a Table>,
    /// The part of the pictures to keep; all by default.
    pub partition: Option<&'a Partition>,
    /// Name in the file and in model cards.
    pub name: &'a str,
    /// Path of the output file.
    pub out: &'a Path,
}

impl Job<'_> {
    /// Writes the file of images; calls `progress` with the number of finished images. Pictures that
    /// can't be used are skipped, and named in the header and the log.
    ///
    /// # Errors
    /// Fails if the files can't be read or have the wrong content, if more than one picture in a hundred
    /// is bad, or if `stop` is set. No file is written in these cases.
    pub fn run(&self, stop: &AtomicBool, progress: &mut dyn FnMut(u64)) -> Result<Header, PrepareError> {
        let mut filled = None;
        let written = file::stream(self.out, |out| {
            let outcome = filled.insert(self.fill(out, stop, progress).map(|(header, _)| header));
            if outcome.is_ok() { Ok(()) } else { Err(std::io::Error::other("the images are not complete")) }
        });
        // Without a result, the file could not be created.
        match (filled, written) {
            (Some(Err(error)), _) => Err(error),
            (_, Err(error)) => Err(error.into()),
            (Some(Ok(header)), Ok(())) => Ok(header),
            (None, Ok(())) => Err(PrepareError::Stopped),
        }
    }

    /// Writes the images to `out`; returns the header, and the file names of the pictures.
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
            Source::Pictures { wanted, target, labels } => {
                let target = self.target.unwrap_or(target);
                let columns = match (self.table, labels) {
                    (Some(table), _) => table.columns().to_vec(),
                    (None, Some(labels)) => labels.columns.iter().map(|&name| name.to_owned()).collect(),
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

    /// Creates a writer for `count` images, with the factors of `grid` if they are the whole grid.
    fn grid<W: Write + Seek>(
        &self,
        out: W,
        shape: ImageShape,
        count: u64,
        grid: Grid,
    ) -> Result<GridWriter<W>, PrepareError> {
        let whole = grid.iter().map(|(_, classes)| classes).product::<u64>() == count;
        if !whole {
            let images = counted(count, "image");
            tracing::warn!("{images} do not make the grid of {}; no factors are kept", self.recipe.name);
        }
        let grid = if whole { grid } else { &[] };
        let columns = grid.iter().map(|(name, _)| (*name).to_owned()).collect();
        Ok(GridWriter { writer: self.writer(out, shape, columns)?, grid })
    }

    /// Writes the next image of a grid, with the class of each factor.
    fn place<W: Write + Seek>(
        &self,
        GridWriter { writer, grid }: &mut GridWriter<W>,
        image: &[u8],
        step: &mut dyn FnMut(u64) -> Result<(), PrepareError>,
    ) -> Result<(), PrepareError> {
        let index = writer.header().count;
        let classes = classes_at(index, grid.iter().map(|(_, count)| *count as usize));
        let classes: Vec<String> = classes.iter().map(usize::to_string).collect();
        let labels = classes.iter().map(String::as_str);
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

    /// Labels of a picture, by its name.
    fn labels(&self, name: &str) -> Result<Vec<String>, String> {
        match (self.table, self.recipe.source) {
            (Some(table), _) => Ok(table.of(name)?.map(str::to_owned).collect()),
            (None, Source::Pictures { labels: Some(labels), .. }) => (labels.parse)(name)
                .ok_or_else(|| format!("its name tells no {}", labels.columns.join(" or "))),
            _ => Ok(Vec::new()),
        }
    }

    /// Decodes the files in parallel and writes the images in order. Returns the last bad file and what
    /// is wrong with it.
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
                        tracing::warn!("{} is left out: {}", brief(&name), brief(&problem));
                    }
                    writer.skip(&name);
                    last = Some((name, problem));
                }
            }
        }
        Ok(last)
    }

    /// Checks that the fraction of bad pictures is small enough.
    fn few_bad(&self, header: &Header, last: Option<(String, String)>) -> Result<(), PrepareError> {
        let (bad, total) = (header.skipped, header.count + header.skipped);
        match last {
            Some((name, problem)) if bad * BAD > total => {
                Err(PrepareError::Bad { path: self.path.to_owned(), bad, total, name, problem })
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
        WriteError::new(self.out, source).into()
    }
}
