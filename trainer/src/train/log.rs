//! The metrics log: one JSON object per line.

use std::io::{BufRead, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::file;

/// A line of the log: means since the previous line, in nats per image.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// Step.
    pub step: u64,
    /// Loss.
    pub loss: f64,
    /// Reconstruction error, −log p(x|z).
    pub reconstruction: f64,
    /// KL divergence to the prior.
    pub kl: f64,
    /// Sum of the weighted penalties.
    pub penalty: f64,
    /// Learning rate.
    pub rate: f64,
    /// Images per second.
    pub images_per_second: f64,
    /// Training time so far, in seconds.
    pub seconds: f64,
}

/// The metrics log of a run, opened for appending.
#[derive(Debug)]
pub struct Log(std::fs::File);

impl Log {
    /// Opens the log at `path` and drops lines after `step`, which a resumed run writes again.
    ///
    /// # Errors
    /// Fails if the file can't be read or written.
    pub fn open(path: &Path, step: u64) -> std::io::Result<Self> {
        if path.exists() {
            let mut kept = Vec::new();
            for line in std::io::BufReader::new(std::fs::File::open(path)?).split(b'\n') {
                let line = line?;
                // Kills may truncate the last line; power cuts may leave arbitrary bytes.
                if serde_json::from_slice::<Line>(&line).is_ok_and(|parsed| parsed.step <= step) {
                    kept.extend_from_slice(&line);
                    kept.push(b'\n');
                }
            }
            file::write(path, &kept).map_err(std::io::Error::other)?;
        }
        std::fs::OpenOptions::new().create(true).append(true).open(path).map(Self)
    }

    /// Appends a line.
    ///
    /// # Errors
    /// Fails if the file can't be written.
    pub fn append(&mut self, line: &Line) -> std::io::Result<()> {
        let mut json = serde_json::to_vec(line)?;
        json.push(b'\n');
        self.0.write_all(&json)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invalid_lines_are_dropped_and_valid_ones_kept() -> Result<(), Box<dyn std::error::Error>> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("metrics.jsonl");
        let numbers = [1.0; 7];
        let [loss, reconstruction, kl, penalty, rate, images_per_second, seconds] = numbers;
        let line = |step| Line { step, loss, reconstruction, kl, penalty, rate, images_per_second, seconds };
        let json = |step| serde_json::to_vec(&line(step));
        let bytes = [&json(2)?[..], b"\n\xff\x00\n", &json(4)?, b"\n", &json(6)?, b"\n{\"st"].concat();
        std::fs::write(&path, bytes)?;
        Log::open(&path, 4)?.append(&line(5))?;
        assert_eq!(
            std::fs::read(&path)?,
            [&json(2)?[..], b"\n", &json(4)?, b"\n", &json(5)?, b"\n"].concat()
        );
        Ok(())
    }
}
