//! The metrics log: one JSON object a line.

use std::io::{BufRead, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::file;

/// One line: means since the last, nats an image.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// Step.
    pub step: u64,
    /// Objective.
    pub loss: f64,
    /// −log p(x|z).
    pub reconstruction: f64,
    /// KL to the objective's prior.
    pub kl: f64,
    /// Weighted penalties.
    pub penalty: f64,
    /// Learning rate.
    pub rate: f64,
    /// Images a second.
    pub images_per_second: f64,
    /// Seconds of training so far.
    pub seconds: f64,
}

/// The log of a run, open for appending.
#[derive(Debug)]
pub struct Log(std::fs::File);

impl Log {
    /// Opens the log at `path`, dropping lines after `step`, which a resumed run will write again.
    ///
    /// # Errors
    /// Fails if the file can't be read or written.
    pub fn open(path: &Path, step: u64) -> std::io::Result<Self> {
        if path.exists() {
            let mut kept = Vec::new();
            for line in std::io::BufReader::new(std::fs::File::open(path)?).split(b'\n') {
                let line = line?;
                // A kill may cut the last line short, and a power cut leave any bytes.
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
    /// Fails if the disk is full.
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
    fn lines_that_are_none_are_dropped_and_the_others_kept() -> Result<(), Box<dyn std::error::Error>> {
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
