//! The cards of weights files.

use std::path::Path;

use anyhow::{Context, Result};
use fs_err as fs;
use serde_json::Value;

/// Reads the card in a weights file's header.
pub(crate) fn read(path: &Path) -> Result<Value> {
    let bytes = fs::read(path)?;
    let header = || {
        let (length, rest) = bytes.split_first_chunk::<8>()?;
        let header: Value =
            serde_json::from_slice(rest.get(..usize::try_from(u64::from_le_bytes(*length)).ok()?)?).ok()?;
        serde_json::from_str(header["__metadata__"]["latentscope"].as_str()?).ok()
    };
    header().with_context(|| format!("{} has no card", path.display()))
}
