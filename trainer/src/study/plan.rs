//! The list of a study's runs, stored in the study's folder for reports.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::file;

/// File name of the plan in a study's folder.
pub const PLAN: &str = "plan.json";
/// Maximum size of a plan: a few hundred bytes per run, for the maximum number of runs.
const MAX_FILE: u64 = 16 << 20;

/// The runs of a study.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// Name of the study.
    pub study: String,
    /// All runs.
    pub runs: Vec<Planned>,
}

/// A planned run of a study.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Planned {
    /// Name of the run and its folder.
    pub name: String,
    /// Name of the method.
    pub method: String,
    /// Strength of the method, such as `beta 4.0`.
    pub strength: Option<String>,
    /// Seed.
    pub seed: u64,
}

impl Planned {
    /// Returns method and strength, which runs that differ only by seed have in common.
    pub fn group(&self) -> String {
        match &self.strength {
            Some(strength) => format!("{}, {strength}", self.method),
            None => self.method.clone(),
        }
    }
}

/// Why a plan can't be read.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// The file is missing or can't be read.
    #[error("{} could not be read: {source}; give the folder of a sweep", path.display())]
    Read {
        /// File.
        path: PathBuf,
        /// Cause.
        source: std::io::Error,
    },
    /// The file is damaged.
    #[error("{} is not a sweep's plan: {reason}; run the sweep again to write it anew", path.display())]
    Damaged {
        /// File.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
}

impl Plan {
    /// Reads the plan of the study in `folder`.
    ///
    /// # Errors
    /// Fails if the file can't be read or is damaged.
    pub fn read(folder: &Path) -> Result<Self, PlanError> {
        let path = folder.join(PLAN);
        let unreadable = |source| PlanError::Read { path: path.clone(), source };
        let damaged = |reason: String| PlanError::Damaged { path: path.clone(), reason };
        let size = std::fs::metadata(&path).map_err(unreadable)?.len();
        if size > MAX_FILE {
            return Err(damaged(format!("it has {size} bytes, over the limit of {MAX_FILE}")));
        }
        let plan: Self = serde_json::from_slice(&std::fs::read(&path).map_err(unreadable)?)
            .map_err(|e| damaged(e.to_string()))?;
        let strange = |name: &str| Path::new(name).components().count() != 1 || name.starts_with('.');
        match plan.runs.iter().find(|run| strange(&run.name)) {
            Some(run) => Err(damaged(format!("{:?} is no name of a folder in it", run.name))),
            None => Ok(plan),
        }
    }

    /// Writes the plan to `folder`.
    ///
    /// # Errors
    /// Fails if the file can't be written.
    pub fn write(&self, folder: &Path) -> Result<(), file::WriteError> {
        file::stream(&folder.join(PLAN), |out| Ok(serde_json::to_writer_pretty(out, self)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_reads_back_and_a_strange_one_is_refused() -> Result<(), Box<dyn std::error::Error>> {
        let folder = tempfile::tempdir()?;
        let run = |name: &str| Planned { name: name.into(), method: "m".into(), strength: None, seed: 0 };
        let plan = Plan { study: "s".into(), runs: vec![run("m-s0")] };
        plan.write(folder.path())?;
        assert_eq!(Plan::read(folder.path())?, plan);
        for name in ["../m", "/m", "a/b", "", ".", ".."] {
            Plan { runs: vec![run(name)], ..plan.clone() }.write(folder.path())?;
            assert!(Plan::read(folder.path()).is_err(), "{name:?} was taken");
        }
        std::fs::write(folder.path().join(PLAN), "{")?;
        assert!(Plan::read(folder.path()).is_err_and(|e| e.to_string().contains("plan.json")));
        Ok(())
    }
}
