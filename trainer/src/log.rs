//! Log output to standard error.

use std::io::{Result, Write};

/// Standard error; write errors, such as a closed pipe or a full disk, are ignored.
#[derive(Debug, Default)]
pub(crate) struct Writer;

impl Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        // The error can't be reported anywhere.
        let _lost = std::io::stderr().write_all(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> Result<()> {
        let _lost = std::io::stderr().flush();
        Ok(())
    }
}
