//! `SHA256SUMS` of the built page, for `sha256sum --check`.

use std::path::Path;

use anyhow::Result;
use fs_err as fs;
use sha2::{Digest, Sha256};

use crate::files;

/// File name, in the folder that it describes.
pub(crate) const FILE: &str = "SHA256SUMS";

/// Writes the hashes of all other files in `folder`.
///
/// # Errors
/// Fails if a file can't be read or written.
pub(crate) fn write(folder: &Path) -> Result<()> {
    let mut lines = String::new();
    for file in files::list(folder)?.iter().filter(|file| **file != folder.join(FILE)) {
        let bytes = fs::read(file)?;
        let hash: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        lines += &format!("{hash}  {}\n", files::url(file, folder)?);
    }
    let path = folder.join(FILE);
    Ok(fs::write(&path, lines)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_other_file_has_its_line() -> Result<()> {
        let folder = tempfile::tempdir()?;
        fs::create_dir(folder.path().join("models"))?;
        fs::write(folder.path().join("index.html"), "abc")?;
        fs::write(folder.path().join("models/a.safetensors"), "")?;
        for _ in 0..2 {
            write(folder.path())?;
        }
        // The example of FIPS 180-4, and the hash of no bytes.
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  index.html";
        let nothing =
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  models/a.safetensors";
        assert_eq!(fs::read_to_string(folder.path().join(FILE))?, format!("{abc}\n{nothing}\n"));
        Ok(())
    }
}
