//! The page as a visitor downloads it: sizes of its files, and its budget.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use flate2::Compression;
use flate2::write::GzEncoder;
use fs_err as fs;

use crate::project::Project;
use crate::step::say;
use crate::{files, manifest, notices, page, setup, sums};

/// Maximum size of the page in gzipped bytes, without weights.
const BUDGET: usize = 350_000;
/// Files that load later (weights, the scoring module, the article), the poster, which stands for the
/// weights, and files that the page never loads: licences, and the preview image of shared links.
const LATER: [&str; 9] = [
    "models",
    "LICENSE-",
    "scoring.js",
    "latentscope-scoring",
    "how.html",
    "poster.webp",
    "preview.png",
    notices::FILE,
    sums::FILE,
];

pub(crate) fn run(project: &Project) -> Result<()> {
    setup::for_building(project)?;
    page::build(project)?;
    manifest::write(project, None)?;
    weigh(&project.page())
}

/// Sizes of a built page.
pub(crate) struct Sizes {
    /// Path, bytes and gzipped bytes of each file.
    files: Vec<(PathBuf, usize, usize)>,
    /// Gzipped bytes that a visitor downloads before the weights.
    pub(crate) page: usize,
}

/// Measures the files of `folder`.
///
/// # Errors
/// Fails if a file can't be read, or there is no wasm.
pub(crate) fn sizes(folder: &Path) -> Result<Sizes> {
    let files = files::list(folder)?;
    let (mut sizes, mut wasm) = (Sizes { files: Vec::new(), page: 0 }, false);
    for file in &files {
        let bytes = fs::read(file)?;
        let gzipped = gzip(&bytes)?;
        let path = file.strip_prefix(folder)?.to_owned();
        let name = path.to_string_lossy();
        if !LATER.iter().any(|later| name.starts_with(later)) {
            sizes.page += gzipped;
            wasm |= name.ends_with(".wasm");
        }
        sizes.files.push((path, bytes.len(), gzipped));
    }
    if !wasm {
        bail!("{} holds no wasm", folder.display());
    }
    Ok(sizes)
}

/// Lists the files of `folder` with their sizes.
///
/// # Errors
/// Fails if there is no wasm, or the page exceeds its budget.
pub(crate) fn weigh(folder: &Path) -> Result<()> {
    let Sizes { files, page } = sizes(folder)?;
    say(format_args!("{:>12} {:>12}  file", "bytes", "gzipped"));
    for (path, bytes, gzipped) in files {
        say(format_args!("{bytes:>12} {gzipped:>12}  {}", path.display()));
    }
    say(format_args!("{:>12} {page:>12}  the page, before weights and scoring", ""));
    if page > BUDGET {
        bail!("the page has {page} bytes gzipped, over its budget of {BUDGET}");
    }
    Ok(())
}

fn gzip(bytes: &[u8]) -> Result<usize> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_without_wasm_or_with_too_much_of_it_is_refused() -> Result<()> {
        let folder = tempfile::tempdir()?;
        fs::write(folder.path().join("index.html"), "<!doctype html>")?;
        assert!(weigh(folder.path()).is_err_and(|e| e.to_string().contains("no wasm")));
        fs::create_dir(folder.path().join("deep"))?;
        fs::write(folder.path().join("deep/small.wasm"), "small")?;
        weigh(folder.path())?;
        // The high bytes of a congruential sequence don't compress.
        let mut state = 1_u32;
        let noise: Vec<u8> = (0..BUDGET + 1)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state >> 24) as u8
            })
            .collect();
        fs::write(folder.path().join("large.wasm"), noise)?;
        assert!(weigh(folder.path()).is_err_and(|e| e.to_string().contains("over its budget")));
        Ok(())
    }
}
