//! Reads at given positions of a file that several threads share.

use std::fs::File;
use std::io::Result;

/// Fills `bytes` from position `at` of the file.
#[cfg(unix)]
pub(super) fn read(file: &File, at: u64, bytes: &mut [u8]) -> Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, bytes, at)
}

/// Fills `bytes` from position `at` of the file.
#[cfg(windows)]
pub(super) fn read(file: &File, mut at: u64, mut bytes: &mut [u8]) -> Result<()> {
    while !bytes.is_empty() {
        let count = std::os::windows::fs::FileExt::seek_read(file, bytes, at)?;
        if count == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        (at, bytes) = (at + count as u64, &mut bytes[count..]);
    }
    Ok(())
}
