//! Checkpoints: everything that a run needs to continue exactly where it stopped.
//!
//! Each checkpoint is a safetensors file such as `step-000001000.safetensors`, with `weights.NAME`,
//! `moments.NAME` (Adam's, `[2, …]`), `average.NAME` if `train.average` is set, and the state as JSON in
//! the metadata. The state ends with a CRC-32 of the rest of its text and of each tensor's name, shape
//! and bytes.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use candle_core::{Device, Tensor};
use model::card::{HistoryPoint, Objective};
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use serde::{Deserialize, Serialize};

use crate::file;
use crate::report::counted;

const KEY: &str = "latentscope-checkpoint";
/// Current format; files of format 1 have no checksum.
const FORMAT: u32 = 2;
/// Precedes the checksum at the end of the state.
const CHECKSUM: &str = ",\"checksum\":";
/// Maximum size of a checkpoint: one gibibyte, far more than any network here needs.
const MAX_FILE: u64 = 1 << 30;

/// The state of a run, without its tensors. Older files also have a `best` step, which is ignored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// Format version: 1 without a checksum, 2 with one.
    pub format: u32,
    /// Number of steps taken.
    pub step: u64,
    /// Training time in seconds.
    pub seconds: f64,
    /// Training curve, thinned to a bounded number of points.
    pub history: Vec<HistoryPoint>,
    /// Source of the initial weights, such as `vae after 10000 steps`; `None` if they were random.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// Author and licence of an imported model from which training started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
    /// The loss that trained the encoder, if this run trains the decoder alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub objective: Option<Objective>,
}

impl Default for State {
    fn default() -> Self {
        let history = Vec::new();
        Self { format: FORMAT, step: 0, seconds: 0.0, history, from: None, origin: None, objective: None }
    }
}

/// A checkpoint in memory.
#[derive(Clone, Debug)]
pub struct Checkpoint {
    /// State of the run.
    pub state: State,
    /// Weights, by name.
    pub weights: BTreeMap<String, Tensor>,
    /// Moments of Adam, by name.
    pub moments: BTreeMap<String, Tensor>,
    /// Moving averages of the weights, by name and without adversaries; empty if averaging is off.
    pub average: BTreeMap<String, Tensor>,
}

/// Why a checkpoint can't be read or written.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    /// The file can't be written.
    #[error(transparent)]
    Write(#[from] file::WriteError),
    /// The folder can't be created, or an old checkpoint can't be removed.
    #[error("{} could not be created or cleared: {source}", path.display())]
    Keep {
        /// File or folder.
        path: PathBuf,
        /// Cause.
        source: std::io::Error,
    },
    /// The file can't be read.
    #[error("{} could not be read: {source}", path.display())]
    Read {
        /// File or folder.
        path: PathBuf,
        /// Cause.
        source: std::io::Error,
    },
    /// The file is damaged or not a checkpoint.
    #[error("{} is not an intact checkpoint: {reason}", path.display())]
    Damaged {
        /// File.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// There are checkpoints, but none is intact.
    #[error(
        "none of the checkpoints in {}, {}, is intact: {newest}; put an intact copy there, or move the run's folder \
         away to start again",
        path.display(),
        counted(*count as u64, "file")
    )]
    AllDamaged {
        /// Folder.
        path: PathBuf,
        /// Number of checkpoints.
        count: usize,
        /// What is wrong with the newest one.
        newest: Box<CheckpointError>,
    },
    /// A tensor can't be copied.
    #[error("the checkpoint's tensors could not be copied: {0}")]
    Tensor(#[from] candle_core::Error),
}

impl Checkpoint {
    /// Returns the weights to evaluate and export: their moving averages if there are any. Weights that
    /// are exactly zero stay zero, to keep sparse weights sparse.
    ///
    /// # Errors
    /// Returns the errors of the device.
    pub fn exported(&self) -> candle_core::Result<BTreeMap<String, Tensor>> {
        let mut tensors = self.weights.clone();
        for (name, mean) in &self.average {
            if let Some(weight) = tensors.get_mut(name) {
                *weight = (mean * weight.ne(0.0)?.to_dtype(mean.dtype())?)?;
            }
        }
        Ok(tensors)
    }

    /// Returns the name of the first tensor with NaN or infinite values, if any.
    ///
    /// # Errors
    /// Returns the errors of the device.
    pub fn broken(&self) -> candle_core::Result<Option<String>> {
        for (name, tensor) in self.weights.iter().chain(&self.moments).chain(&self.average) {
            // The sum of absolute values is finite only if all values are; it can't cancel.
            if !tensor.abs()?.sum_all()?.to_scalar::<f32>()?.is_finite() {
                return Ok(Some(name.clone()));
            }
        }
        Ok(None)
    }

    /// Writes the checkpoint to `path` atomically.
    ///
    /// # Errors
    /// Fails if the file can't be written.
    pub fn write(&self, path: &Path) -> Result<(), CheckpointError> {
        let damaged = |reason: String| CheckpointError::Damaged { path: path.to_owned(), reason };
        let mut raw = Vec::new();
        // In order of name, as for the checksum.
        let groups = [("average", &self.average), ("moments", &self.moments), ("weights", &self.weights)];
        for (group, tensors) in groups {
            for (name, tensor) in tensors {
                let values = tensor.flatten_all()?.to_vec1::<f32>()?;
                let bytes: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
                raw.push((format!("{group}.{name}"), tensor.dims().to_vec(), bytes));
            }
        }
        let views = raw
            .iter()
            .map(|(name, shape, bytes)| Ok((name, TensorView::new(Dtype::F32, shape.clone(), bytes)?)))
            .collect::<Result<Vec<_>, safetensors::SafeTensorError>>()
            .map_err(|e| damaged(e.to_string()))?;
        let mut state = serde_json::to_string(&self.state).map_err(|e| damaged(e.to_string()))?;
        let sum =
            checksum(&state, raw.iter().map(|(name, shape, bytes)| (&name[..], &shape[..], &bytes[..])));
        state.truncate(state.len() - 1);
        state += &format!("{CHECKSUM}{sum}}}");
        let bytes = safetensors::serialize(views, Some(HashMap::from([(KEY.to_owned(), state)])))
            .map_err(|e| damaged(e.to_string()))?;
        Ok(file::write(path, &bytes)?)
    }

    /// Reads a checkpoint to `device`.
    ///
    /// # Errors
    /// Fails if the file can't be read or is damaged.
    pub fn read(path: &Path, device: &Device) -> Result<Self, CheckpointError> {
        let unreadable = |source| CheckpointError::Read { path: path.to_owned(), source };
        let damaged = |reason: String| CheckpointError::Damaged { path: path.to_owned(), reason };
        let size = std::fs::metadata(path).map_err(unreadable)?.len();
        if size > MAX_FILE {
            return Err(damaged(format!("it has {size} bytes, over the limit of {MAX_FILE}")));
        }
        let bytes = std::fs::read(path).map_err(unreadable)?;
        let (_, metadata) = SafeTensors::read_metadata(&bytes).map_err(|e| damaged(e.to_string()))?;
        let file = SafeTensors::deserialize(&bytes).map_err(|e| damaged(e.to_string()))?;
        let json = metadata.metadata().as_ref().and_then(|m| m.get(KEY));
        let json = json.ok_or_else(|| damaged("it has no training state".into()))?;
        let Stored { mut state, checksum: written } =
            serde_json::from_str(json).map_err(|e| damaged(e.to_string()))?;
        if !(1..=FORMAT).contains(&state.format) {
            let found = state.format;
            return Err(damaged(format!("it has format {found}, and this version reads up to {FORMAT}")));
        }
        if written.is_none() && state.format > 1 {
            return Err(damaged("it has no checksum".into()));
        }
        state.format = FORMAT;
        let mut tensors = file.tensors();
        tensors.sort_by(|(a, _), (b, _)| a.cmp(b));
        let found = checksum(json, tensors.iter().map(|(name, view)| (&name[..], view.shape(), view.data())));
        if let Some(written) = written.filter(|written| *written != found) {
            return Err(damaged(format!("its checksum is {found:08x} and not {written:08x}")));
        }
        let [weights, moments, average] = [const { BTreeMap::new() }; 3];
        let mut checkpoint = Self { state, weights, moments, average };
        for (name, view) in tensors {
            let (group, name) = name.split_once('.').unwrap_or(("", &name));
            let group = match group {
                "weights" => &mut checkpoint.weights,
                "moments" => &mut checkpoint.moments,
                "average" => &mut checkpoint.average,
                _ => return Err(damaged(format!("it has a tensor of another kind, `{name}`"))),
            };
            if view.dtype() != Dtype::F32 {
                return Err(damaged(format!("tensor `{name}` is not f32")));
            }
            if view.data().as_chunks().0.iter().any(|&bytes| !f32::from_le_bytes(bytes).is_finite()) {
                return Err(damaged(format!("tensor `{name}` holds a value that is not finite")));
            }
            let tensor = Tensor::from_raw_buffer(view.data(), candle_core::DType::F32, view.shape(), device)?;
            group.insert(name.to_owned(), tensor);
        }
        Ok(checkpoint)
    }
}

/// State as stored in the file.
#[derive(Deserialize)]
struct Stored {
    #[serde(flatten)]
    state: State,
    checksum: Option<u32>,
}

/// CRC-32 of a state's text (with or without its checksum) and of tensors in order of name.
fn checksum<'a>(json: &str, tensors: impl Iterator<Item = (&'a str, &'a [usize], &'a [u8])>) -> u32 {
    let text = json.rsplit_once(CHECKSUM).map_or_else(|| &json[..json.len() - 1], |(text, _)| text);
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(text.as_bytes());
    for (name, shape, bytes) in tensors {
        hasher.update(format!("{name}{shape:?}").as_bytes());
        hasher.update(bytes);
    }
    hasher.finalize()
}

/// The folder with a run's checkpoints.
#[derive(Clone, Debug)]
pub struct Checkpoints(PathBuf);

impl Checkpoints {
    /// Returns the checkpoint folder of `run`.
    pub fn of(run: &Path) -> Self {
        Self(run.join("checkpoints"))
    }

    /// Path of the folder.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Returns the steps that have a checkpoint, in ascending order.
    ///
    /// # Errors
    /// Fails if the folder exists but can't be read.
    pub fn steps(&self) -> Result<Vec<u64>, CheckpointError> {
        let unreadable = |source| CheckpointError::Read { path: self.0.clone(), source };
        if !self.0.exists() {
            return Ok(Vec::new());
        }
        let mut steps = Vec::new();
        for entry in std::fs::read_dir(&self.0).map_err(unreadable)? {
            let name = entry.map_err(unreadable)?.file_name();
            let step = name.to_str().and_then(|n| n.strip_prefix("step-")?.strip_suffix(".safetensors"));
            steps.extend(step.and_then(|s| s.parse::<u64>().ok()));
        }
        steps.sort_unstable();
        Ok(steps)
    }

    /// Path of the checkpoint for `step`.
    pub fn file(&self, step: u64) -> PathBuf {
        self.0.join(format!("step-{step:09}.safetensors"))
    }

    /// Writes a checkpoint and removes older ones, except the newest `keep`. Later checkpoints stay: they
    /// were found damaged when the run resumed from an earlier step, and are overwritten in turn.
    ///
    /// # Errors
    /// Fails if the checkpoint can't be written (older ones then stay) or an old one can't be removed.
    pub fn save(&self, checkpoint: &Checkpoint, keep: usize) -> Result<PathBuf, CheckpointError> {
        std::fs::create_dir_all(&self.0)
            .map_err(|source| CheckpointError::Keep { path: self.0.clone(), source })?;
        let file = self.file(checkpoint.state.step);
        checkpoint.write(&file)?;
        let mut steps = self.steps()?;
        steps.retain(|&step| step <= checkpoint.state.step);
        for &old in &steps[..steps.len().saturating_sub(keep)] {
            let path = self.file(old);
            std::fs::remove_file(&path).map_err(|source| CheckpointError::Keep { path, source })?;
        }
        Ok(file)
    }

    /// Returns the newest intact checkpoint, and the errors of newer ones that are damaged. Returns
    /// `None` if there are no checkpoints.
    ///
    /// # Errors
    /// Fails if the folder can't be read, or if it has checkpoints but none is intact.
    pub fn newest(
        &self,
        device: &Device,
    ) -> Result<(Option<Checkpoint>, Vec<CheckpointError>), CheckpointError> {
        let mut broken = Vec::new();
        for step in self.steps()?.into_iter().rev() {
            match Checkpoint::read(&self.file(step), device) {
                Ok(checkpoint) => return Ok((Some(checkpoint), broken)),
                Err(error) => broken.push(error),
            }
        }
        match broken.len() {
            0 => Ok((None, broken)),
            count => Err(CheckpointError::AllDamaged {
                path: self.0.clone(),
                count,
                newest: Box::new(broken.swap_remove(0)),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checkpoint(step: u64) -> Result<Checkpoint, candle_core::Error> {
        let tensor = Tensor::new(&[1f32, 2.0, step as f32], &Device::Cpu)?;
        let tensors = BTreeMap::from([("a.weight".to_owned(), tensor)]);
        let state = State { step, ..State::default() };
        Ok(Checkpoint { state, weights: tensors.clone(), moments: tensors.clone(), average: tensors })
    }

    #[test]
    fn a_number_that_is_not_finite_is_found() -> Result<(), candle_core::Error> {
        let mut checkpoint = checkpoint(1)?;
        assert_eq!(checkpoint.broken()?, None);
        for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            let tensor = Tensor::new(&[1f32, bad, -1.0], &Device::Cpu)?;
            checkpoint.moments.insert("b.bias".to_owned(), tensor);
            assert_eq!(checkpoint.broken()?.as_deref(), Some("b.bias"));
        }
        Ok(())
    }

    #[test]
    fn the_average_is_exported_and_exact_zeros_stay() -> Result<(), candle_core::Error> {
        let mut checkpoint = checkpoint(0)?;
        let exported = |checkpoint: &Checkpoint| checkpoint.exported()?["a.weight"].to_vec1::<f32>();
        checkpoint.average.insert("a.weight".to_owned(), Tensor::new(&[5f32, 6.0, 7.0], &Device::Cpu)?);
        assert_eq!(exported(&checkpoint)?, [5.0, 6.0, 0.0]);
        checkpoint.average.clear();
        assert_eq!(exported(&checkpoint)?, [1.0, 2.0, 0.0]);
        Ok(())
    }

    #[test]
    fn the_newest_intact_one_is_found_and_old_ones_go() -> Result<(), Box<dyn std::error::Error>> {
        let run = tempfile::tempdir()?;
        let folder = Checkpoints::of(run.path());
        for step in [10, 20, 30] {
            folder.save(&checkpoint(step)?, 2)?;
        }
        assert_eq!(folder.steps()?, [20, 30]);
        let bytes = std::fs::read(folder.file(30))?;
        for length in [0, 7, 8, 100, bytes.len() - 1] {
            std::fs::write(folder.file(30), &bytes[..length])?;
            let (found, broken) = folder.newest(&Device::Cpu)?;
            assert_eq!(found.map(|c| c.state.step), Some(20), "cut to {length} bytes");
            assert!(broken[0].to_string().contains("step-000000030"));
        }
        Ok(())
    }

    #[test]
    fn a_state_that_names_a_best_step_is_read() -> Result<(), serde_json::Error> {
        let json = r#"{"format":1,"step":7,"seconds":0.5,"best":[7,12.5],"history":[]}"#;
        let known = State { format: 1, step: 7, seconds: 0.5, ..State::default() };
        assert_eq!(serde_json::from_str::<State>(json)?, known);
        Ok(())
    }

    #[test]
    fn any_changed_byte_is_seen() -> Result<(), Box<dyn std::error::Error>> {
        let run = tempfile::tempdir()?;
        let file = run.path().join("step.safetensors");
        checkpoint(7)?.write(&file)?;
        let bytes = std::fs::read(&file)?;
        for place in 0..bytes.len() {
            let mut bytes = bytes.clone();
            bytes[place] ^= 4;
            std::fs::write(&file, bytes)?;
            assert!(Checkpoint::read(&file, &Device::Cpu).is_err(), "byte {place} was changed unseen");
        }
        Ok(())
    }

    #[test]
    fn files_of_earlier_versions_have_no_checksum_and_are_read() -> Result<(), Box<dyn std::error::Error>> {
        let run = tempfile::tempdir()?;
        let folder = Checkpoints::of(run.path());
        folder.save(&checkpoint(7)?, 2)?;
        let bytes = std::fs::read(folder.file(7))?;
        let (prefix, rest) = bytes.split_first_chunk::<8>().ok_or("no header")?;
        let (header, tensors) = rest.split_at(u64::from_le_bytes(*prefix) as usize);
        let header = String::from_utf8(header.to_vec())?;
        let (before, after) = header.split_once(",\\\"checksum\\\":").ok_or("no checksum")?;
        let (_, after) = after.split_once('}').ok_or("no end")?;
        let write = |format: &str, tensors: &[u8]| {
            let header = format!("{before}}}{after}").replace(r#"{\"format\":2"#, format);
            let file = [&(header.len() as u64).to_le_bytes(), header.as_bytes(), tensors].concat();
            std::fs::write(folder.file(7), file)
        };
        write(r#"{\"format\":1"#, tensors)?;
        assert_eq!(folder.newest(&Device::Cpu)?.0.map(|found| found.state), Some(checkpoint(7)?.state));
        write(r#"{\"format\":2"#, tensors)?;
        let message = folder.newest(&Device::Cpu).expect_err("it lost its checksum").to_string();
        assert!(message.contains("it has no checksum"), "{message}");
        // Non-finite values are rejected even if the checksum matches.
        let nan = [&tensors[..tensors.len() - 4], &f32::NAN.to_le_bytes()].concat();
        write(r#"{\"format\":1"#, &nan)?;
        let message = folder.newest(&Device::Cpu).expect_err("it holds a NaN").to_string();
        assert!(message.contains("step-000000007") && message.contains("not finite"), "{message}");
        Ok(())
    }

    #[test]
    fn what_is_written_after_a_damaged_one_is_kept() -> Result<(), Box<dyn std::error::Error>> {
        let run = tempfile::tempdir()?;
        let folder = Checkpoints::of(run.path());
        std::fs::create_dir(folder.path())?;
        std::fs::write(folder.file(30), "cut")?;
        for step in [10, 20, 30] {
            folder.save(&checkpoint(step)?, 1)?;
            assert_eq!(folder.newest(&Device::Cpu)?.0.map(|found| found.state.step), Some(step));
        }
        assert_eq!(folder.steps()?, [30]);
        Ok(())
    }
}
