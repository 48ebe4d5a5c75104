//! Where log lines go: standard error, for as long as somebody reads it.

use std::io::{Result, Write};

/// Standard error, whose loss is nobody's: a closed pipe or a full disk takes the lines and ends nothing.
#[derive(Debug, Default)]
pub(crate) struct Writer;

impl Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        // Nobody is left to tell that a line could not be told.
        let _lost = std::io::stderr().write_all(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> Result<()> {
        let _lost = std::io::stderr().flush();
        Ok(())
    }
}
