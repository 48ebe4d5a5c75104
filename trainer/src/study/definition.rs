//! The file that defines a study: a base configuration, seeds, and methods. Each method changes some keys
//! and varies at most one.
//!
//! ```toml
//! name = "sprites"
//! base = "../configs/vae.toml"   # or the configuration itself as [base]
//! seeds = [0, 1, 2]
//!
//! [[method]]
//! name = "beta"
//! set = { objective.kind = "beta" }
//! vary = { key = "objective.beta", values = [2.0, 4.0] }
//! ```

use std::collections::BTreeSet;
use std::path::Path;

use serde::Deserialize;

use super::{Plan, Planned};
use crate::config::{Config, ConfigError};
use crate::report::brief;

/// Maximum number of runs in a study: more than clusters commonly allow in an array job.
const MAX_RUNS: usize = 10_000;

/// Maximum length of a method's name, which leaves room for strength and seed.
const MAX_NAME: usize = 32;

/// Why a study can't be used.
#[derive(Debug, thiserror::Error)]
pub enum StudyError {
    /// A file can't be read.
    #[error("{path} could not be read: {source}")]
    Read {
        /// File.
        path: String,
        /// Cause.
        source: std::io::Error,
    },
    /// The file is not TOML or has an unknown key.
    #[error("{path}: {message}")]
    Parse {
        /// File.
        path: String,
        /// Message of the parser, with the position.
        message: String,
    },
    /// A value is invalid.
    #[error("{path}: {problem}")]
    Value {
        /// File.
        path: String,
        /// What is wrong and what is expected.
        problem: String,
    },
    /// The configuration of a run is invalid.
    #[error("run {run}: {source}")]
    Config {
        /// Name of the run.
        run: String,
        /// What is wrong.
        source: ConfigError,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    name: String,
    base: Base,
    seeds: Vec<u64>,
    #[serde(rename = "method")]
    methods: Vec<Method>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Base {
    Path(String),
    Inline(toml::Table),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Method {
    name: String,
    #[serde(default)]
    set: toml::Table,
    #[serde(default)]
    vary: Option<Vary>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Vary {
    key: String,
    values: Vec<toml::Value>,
}

/// A resolved study: its runs and their configurations, in the same order.
#[derive(Clone, Debug)]
pub struct Study {
    /// The runs.
    pub plan: Plan,
    /// Configuration of each run.
    pub configs: Vec<Config>,
}

impl Study {
    /// Reads the file of a study and its base configuration, whose path is relative to that file.
    ///
    /// # Errors
    /// Fails if a file can't be read or is invalid, or if the configuration of a run is invalid.
    pub fn read(path: &Path) -> Result<Self, StudyError> {
        let name = path.display().to_string();
        let read = |path: &Path| {
            let shown = path.display().to_string();
            std::fs::read_to_string(path).map_err(|source| StudyError::Read { path: shown, source })
        };
        let file: File = toml::from_str(&read(path)?)
            .map_err(|e| StudyError::Parse { path: name.clone(), message: brief(&e.to_string()) })?;
        let (base, text) = match &file.base {
            Base::Path(base) => {
                let base = path.parent().unwrap_or(Path::new("")).join(base);
                (base.display().to_string(), read(&base)?)
            }
            Base::Inline(table) => {
                let mut table = table.clone();
                table.entry("name").or_insert_with(|| file.name.clone().into());
                (format!("{name}: base"), table.to_string())
            }
        };
        let source = path.file_name().map(|file| file.to_string_lossy().into_owned());
        file.resolve(&name, &base, &text, source)
    }
}

impl File {
    fn resolve(
        self,
        path: &str,
        base: &str,
        text: &str,
        source: Option<String>,
    ) -> Result<Study, StudyError> {
        let fail = |problem: String| StudyError::Value { path: path.to_owned(), problem };
        if self.seeds.is_empty() || self.methods.is_empty() {
            return Err(fail("needs at least one seed and one [[method]]".into()));
        }
        if self.name.is_empty() || self.name.starts_with('.') || self.name.contains(['/', '\\', '\n']) {
            return Err(fail(format!("name {:?} must be fit for a folder", self.name)));
        }
        let (mut runs, mut configs, mut names) = (Vec::new(), Vec::new(), BTreeSet::new());
        for method in &self.methods {
            let folder = folder_name(&method.name);
            if folder.is_empty() || folder.len() > MAX_NAME {
                return Err(fail(format!(
                    "method name {:?} must have letters or digits, and at most {MAX_NAME} bytes",
                    method.name
                )));
            }
            let mut fixed = Vec::new();
            flatten("", &method.set, &mut fixed);
            for (strength, label, varied) in method.strengths().map_err(fail)? {
                for &seed in &self.seeds {
                    let name = format!("{folder}{label}-s{seed}");
                    if !names.insert(name.clone()) {
                        return Err(fail(format!("two runs would be called {name}; rename a method")));
                    }
                    if names.len() > MAX_RUNS {
                        return Err(fail(format!("makes more than {MAX_RUNS} runs; split it")));
                    }
                    let mut overrides = fixed.clone();
                    overrides.extend(varied.clone());
                    overrides.extend([format!("name={name:?}"), format!("train.seed={seed}")]);
                    let mut config = Config::parse(base, text, &overrides)
                        .map_err(|source| StudyError::Config { run: name.clone(), source })?;
                    config.source.clone_from(&source);
                    configs.push(config);
                    let (method, strength) = (method.name.clone(), strength.clone());
                    runs.push(Planned { name, method, strength, seed });
                }
            }
        }
        Ok(Study { plan: Plan { study: self.name, runs }, configs })
    }
}

/// A method's strength as shown to people, as a part of a run's name, and as an override.
type Strength = (Option<String>, String, Option<String>);

impl Method {
    fn strengths(&self) -> Result<Vec<Strength>, String> {
        let Some(vary) = &self.vary else { return Ok(vec![(None, String::new(), None)]) };
        if vary.values.is_empty() {
            return Err(format!("method {} varies {} over no values", self.name, vary.key));
        }
        let short = vary.key.rsplit('.').next().unwrap_or_default();
        let strength = |value: &toml::Value| {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            if !is_plain(&text) || !is_plain(short) {
                return Err(format!(
                    "method {} varies {} to {value}; values must be numbers, booleans or plain words",
                    self.name, vary.key
                ));
            }
            let label = format!("-{short}{text}");
            Ok((Some(format!("{short} {text}")), label, Some(format!("{}={value}", vary.key))))
        };
        vary.values.iter().map(strength).collect()
    }
}

/// Converts a method's name to a part of a folder name: `Laplace + L1` becomes `laplace-l1`.
fn folder_name(name: &str) -> String {
    let lower = name.to_lowercase();
    let words = lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("-")
}

/// Whether `text` may be part of a folder name on every system.
fn is_plain(text: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    !text.is_empty() && !text.starts_with('.') && text.chars().all(allowed)
}

/// Lists the values of a table as overrides with dotted keys. A table with a `kind` is a single override,
/// because keys of another kind in the base must not stay.
fn flatten(prefix: &str, table: &toml::Table, overrides: &mut Vec<String>) {
    for (key, value) in table {
        let key = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
        match value {
            toml::Value::Table(table) if !table.contains_key("kind") => flatten(&key, table, overrides),
            value => overrides.push(format!("{key}={value}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STUDY: &str = "name = 's'\nseeds = [0, 7]\n[base]\n[base.objective]\nkind = 'tc'\nbeta = 3.0\n
[[method]]\nname = 'vae'\nset = { objective.kind = 'vae' }\n
[[method]]\nname = 'β + VAE'\nset = { objective.kind = 'beta', train.batch = 16 }
vary = { key = 'objective.beta', values = [2, 4.5] }\n";

    fn read(text: &str) -> Result<Study, Box<dyn std::error::Error>> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("s.toml");
        std::fs::write(&path, text)?;
        Ok(Study::read(&path)?)
    }

    #[test]
    fn a_study_is_methods_by_strengths_by_seeds() -> Result<(), Box<dyn std::error::Error>> {
        let text = STUDY.replace("2, 4.5", "2.0, 4.5");
        let study = read(&text)?;
        let names: Vec<&str> = study.plan.runs.iter().map(|run| run.name.as_str()).collect();
        let expected = [
            "vae-s0",
            "vae-s7",
            "β-vae-beta2.0-s0",
            "β-vae-beta2.0-s7",
            "β-vae-beta4.5-s0",
            "β-vae-beta4.5-s7",
        ];
        assert_eq!(names, expected);
        assert_eq!(study.plan.runs[4].strength.as_deref(), Some("beta 4.5"));
        let last = &study.configs[5];
        assert_eq!((last.train.batch, last.train.seed, last.name.as_str()), (16, 7, "β-vae-beta4.5-s7"));
        let card = last.loss().card(&std::collections::BTreeMap::new(), &last.model)?;
        assert_eq!(card.to_string(), "beta (beta 4.5)");
        assert_eq!(last.source.as_deref(), Some("s.toml"));
        Ok(())
    }

    #[test]
    fn mistakes_are_named() {
        let error = |from: &str, to: &str| {
            let text = STUDY.replace("2, 4.5", "2.0, 4.5").replace(from, to);
            read(&text).expect_err("it was taken").to_string()
        };
        assert!(error("'s'", "'../s'").contains("../s"));
        assert!(error("[0, 7]", "[]").contains("seed"));
        assert!(error("[0, 7]", "[3, 3]").contains("vae-s3"));
        assert!(error("name = 'vae'", "name = '../'").contains("../"));
        assert!(error("[2.0, 4.5]", "[]").contains("no values"));
        assert!(error("[2.0, 4.5]", "[[1.0]]").contains("plain words"));
        assert!(error("objective.beta'", "objective.betta'").contains("betta"));
        assert!(error("4.5", "-1.0").contains("β-vae-beta-1.0-s0"));
        assert!(error("seeds", "seads").contains("s.toml"));
    }
}
