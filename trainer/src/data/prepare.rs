//! A data set's own files into one file of images that are ready to train on.

use std::io::{Seek, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use model::ImageShape;
use rayon::prelude::*;

use super::cache::{Header, Writer};
use super::files::{Encoded, Files};
use super::npz;
use super::picture::{Target, decode};
use super::recipe::{Recipe, Source};
use crate::file::{self, WriteError};

/// Files that are decoded at a time, and most bytes of them.
const CHUNK: usize = 512;
const CHUNK_BYTES: usize = 256 << 20;
/// One file in so many may be bad.
const BAD: u64 = 100;

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
        "{bad} of {seen} pictures in {} can't be used, which is more than one in {BAD}; \
         the last was {name}: {problem}", path.display()
    )]
    Bad {
        /// File or folder.
        path: PathBuf,
        /// Pictures that can't be used.
        bad: u64,
        /// Pictures so far.
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

/// What a preparation may need besides its recipe.
pub struct Job<'a> {
    /// The data set.
    pub recipe: &'a Recipe,
    /// Its own files.
    pub path: &'a Path,
    /// What pictures are made into, if not as the recipe has it.
    pub target: Option<Target>,
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
        let mut outcome = Err(PrepareError::Stopped);
        let written = file::stream(self.out, |out| {
            outcome = self.fill(out, stop, progress);
            if outcome.is_ok() { Ok(()) } else { Err(std::io::Error::other("the images are not complete")) }
        });
        let header = outcome?;
        written?;
        Ok(header)
    }

    fn fill<W: Write + Seek>(
        &self,
        out: W,
        stop: &AtomicBool,
        progress: &mut dyn FnMut(u64),
    ) -> Result<Header, PrepareError> {
        let step = |count: u64, progress: &mut dyn FnMut(u64)| {
            progress(count);
            if stop.load(Ordering::Relaxed) { Err(PrepareError::Stopped) } else { Ok(()) }
        };
        match self.recipe.source {
            Source::Pictures { wanted, target } => {
                let target = self.target.unwrap_or(target);
                let side = target.side;
                let channels = if target.grey { 1 } else { 3 };
                let shape = ImageShape { height: side, width: side, channels };
                let mut writer = self.writer(out, shape)?;
                let mut chunk = Vec::new();
                let mut bytes = 0;
                Files::at(self.path)?.each(wanted, &mut |encoded| {
                    bytes += encoded.bytes.as_ref().map_or(0, Vec::len);
                    chunk.push(encoded);
                    if chunk.len() < CHUNK && bytes < CHUNK_BYTES {
                        return Ok(());
                    }
                    bytes = 0;
                    self.push(&mut writer, std::mem::take(&mut chunk), &target)?;
                    step(writer.header().count, progress)
                })?;
                self.push(&mut writer, chunk, &target)?;
                self.finish(writer)
            }
            Source::Npz => {
                let start = |shape, _| self.writer(out, shape);
                let writer = npz::each(self.path, start, |writer, image| {
                    writer.push(image).map_err(|source| self.unwritten(source))?;
                    if writer.header().count % CHUNK as u64 == 0 {
                        step(writer.header().count, progress)?;
                    }
                    Ok(())
                })?;
                self.finish(writer)
            }
        }
    }

    fn writer<W: Write + Seek>(&self, out: W, shape: ImageShape) -> Result<Writer<W>, PrepareError> {
        Writer::new(out, self.name, shape, self.recipe.terms).map_err(|source| self.unwritten(source))
    }

    /// Decodes the files in parallel and writes their images in order.
    fn push<W: Write + Seek>(
        &self,
        writer: &mut Writer<W>,
        chunk: Vec<Encoded>,
        target: &Target,
    ) -> Result<(), PrepareError> {
        let decoded: Vec<_> = chunk
            .into_par_iter()
            .map(|Encoded { name, bytes }| (name, bytes.and_then(|bytes| decode(&bytes, target))))
            .collect();
        let mut last = None;
        for (name, image) in decoded {
            match image {
                Ok(image) => writer.push(&image).map_err(|source| self.unwritten(source))?,
                Err(problem) => {
                    tracing::warn!("{name} is left out: {problem}");
                    writer.skip(&name);
                    last = Some((name, problem));
                }
            }
        }
        let bad = writer.header().skipped;
        let seen = writer.header().count + bad;
        match last {
            Some((name, problem)) if bad * BAD > seen => {
                Err(PrepareError::Bad { path: self.path.to_owned(), bad, seen, name, problem })
            }
            _ => Ok(()),
        }
    }

    fn finish<W: Write + Seek>(&self, writer: Writer<W>) -> Result<Header, PrepareError> {
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
