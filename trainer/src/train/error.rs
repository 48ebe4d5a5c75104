//! Errors that end a run.

use std::path::{Path, PathBuf};

use loss::Unmet;

use super::checkpoint::CheckpointError;
use super::known::KnownError;
use crate::data::DataError;
use crate::file;

/// Why a run failed to start or ended early.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    /// The data can't be read.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The known values can't be used.
    #[error(transparent)]
    Known(#[from] KnownError),
    /// A checkpoint can't be read or written.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// A file of the run can't be written.
    #[error(transparent)]
    Write(#[from] file::WriteError),
    /// The metrics log can't be opened.
    #[error("{} could not be opened: {source}", path.display())]
    Log {
        /// File.
        path: PathBuf,
        /// Cause.
        source: std::io::Error,
    },
    /// The loss is NaN, infinite or hopelessly large.
    #[error("the loss became {loss} by step {step}; {}", last_good(good.as_deref()))]
    Diverged {
        /// Step at which the loss was checked.
        step: u64,
        /// Value of the loss.
        loss: f64,
        /// Last good checkpoint.
        good: Option<PathBuf>,
    },
    /// A weight is NaN or infinite, but the loss was finite.
    #[error("the weights of {name} became NaN or infinite by step {step}; {}", last_good(good.as_deref()))]
    Broken {
        /// Name of the tensor.
        name: String,
        /// Step at which the weights were checked.
        step: u64,
        /// Last good checkpoint.
        good: Option<PathBuf>,
    },
    /// The checkpoint belongs to another network.
    #[error("{} holds another network than the configuration's; start a new run in another folder", .0.display())]
    Mismatch(PathBuf),
    /// Only the decoder is to be trained, but the encoder has random weights.
    #[error(
        "train.decoder_only needs a trained encoder; name a weights file with --from, or train both parts without it"
    )]
    NoEncoder,
    /// The initial weights belong to another network.
    #[error(
        "{} can't be started from: {differs}; use a file of the same network, or set the same under [model]",
        path.display()
    )]
    Start {
        /// File.
        path: PathBuf,
        /// The differences.
        differs: String,
    },
    /// The network failed on the device.
    #[error("the network failed on the device: {0}")]
    Device(#[from] candle_core::Error),
    /// The data set lacks something that a part of the loss needs.
    #[error("{unmet}, which `{dataset}` is not; choose a world that is (train.mirror and train.hold_out change its \
         grid), or leave {} out", unmet.key)]
    Unmet {
        /// The part of the loss and what it needs.
        unmet: Unmet,
        /// Name of the data set.
        dataset: String,
    },
    /// The configuration can't be serialised.
    #[error("the configuration could not be written as TOML: {0}")]
    Config(#[from] toml::ser::Error),
}

fn last_good(checkpoint: Option<&Path>) -> String {
    match checkpoint {
        Some(path) => format!(
            "the last good checkpoint is {}; lower train.learning_rate and resume from it",
            path.display()
        ),
        None => "there is no checkpoint yet; lower train.learning_rate and start again".to_owned(),
    }
}
