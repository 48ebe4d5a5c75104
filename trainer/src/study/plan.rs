//! The list of a study's runs, as it lies in the folder of the study for those who report on it.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::file;

/// Name of the plan within a study's folder.
pub const PLAN: &str = "plan.json";
/// Largest plan that is read: some hundred bytes a run, at the most runs.
const MAX_FILE: u64 = 16 << 20;

/// A study's runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// The study's name.
    pub study: String,
    /// Its runs.
    pub runs: Vec<Planned>,
}

/// A run of a study.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Planned {
    /// Name of the run and of its folder.
    pub name: String,
    /// Its method.
    pub method: String,
    /// What the method varies, as `beta 4.0`.
    pub strength: Option<String>,
    /// Its seed.
    pub seed: u64,
}

impl Planned {
    /// Method and strength: what runs that differ by their seed alone have in common.
    pub fn group(&self) -> String {
        match &self.strength {
            Some(strength) => format!("{}, {strength}", self.method),
            None => self.method.clone(),
        }
    }
}

/// A plan that can't be read.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// There is none, or it can't be read.
    #[error("{} could not be read: {source}; give the folder of a sweep", path.display())]
    Read {
        /// File.
        path: PathBuf,
        /// Reason.
        source: std::io::Error,
    },
    /// It is damaged.
    #[error("{} is not a sweep's plan: {reason}; run the sweep again to write it anew", path.display())]
    Damaged {
        /// File.
        path: PathBuf,
        /// Reason.
        reason: String,
    },
}

impl Plan {
    /// Reads the plan of the study in `folder`.
    ///
    /// # Errors
    /// Names the file and what is wrong with it.
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

    /// Writes the plan into `folder`.
    ///
    /// # Errors
    /// Names the file if it can't be written.
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
