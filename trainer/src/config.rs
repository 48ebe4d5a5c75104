//! Configuration of a run: data, loss, network and optimisation.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use loss::terms::Pyramid;
use loss::{Loss, Objective, Prior, Sparsity};
use model::ModelConfig;
use serde::{Deserialize, Serialize};

use crate::data;
use crate::report::brief;

/// Configuration of a run, as in `configs/*.toml`. Unknown keys are errors.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Name of the model.
    pub name: String,
    /// World or data set.
    #[serde(default = "sprites")]
    pub dataset: String,
    /// Name of the file that the configuration was first read from. Set when it is read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Checksum of the training images, unless they are a world's. Set when training starts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<String>,
    /// Known factors of the training images for `sparsity.named`, if they are not a world's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub known: Option<Known>,
    /// Weights that training starts from, if not random ones. Set when training starts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<InitialWeights>,
    /// Weight of the KL.
    pub objective: Objective,
    /// Prior of the codes.
    #[serde(default)]
    pub prior: Prior,
    /// Sparsity of the encoder, and further terms of the loss.
    #[serde(default)]
    pub sparsity: Sparsity,
    /// Loss on the Laplacian pyramid of reconstructions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pyramid: Option<Pyramid>,
    /// The network.
    #[serde(default)]
    pub model: ModelConfig,
    /// Optimisation.
    #[serde(default)]
    pub train: Train,
}

/// The file of weights that a run starts from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InitialWeights {
    /// File, or folder of a run.
    pub file: String,
    /// Checksum of the weights.
    pub weights: String,
}

/// Known factors of the training images: first those of `retouch`, then those of `values`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Known {
    /// Features that are drawn by a known amount on the training images, which must be photographs of aligned faces.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub retouch: Vec<Feature>,
    /// File of values of the training images: `.npy`, float32 `[N, F]`, a row for each image of the data set and a
    /// column for each factor, scaled to mean 0 and variance 1; NaN where a value is unknown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub values: Option<String>,
}

/// A feature of a face that can be drawn on a photograph.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Feature {
    /// Hair over the forehead.
    Fringe,
    /// Masculine or feminine hair, beard, lips, brows and lashes.
    Gender,
    /// A mouth from sad to laughing.
    Smile,
}

fn sprites() -> String {
    "sprites".to_owned()
}

/// Optimisation. The defaults are those of Locatello et al. 2019 for dSprites.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Train {
    /// Number of optimiser steps.
    pub steps: u64,
    /// Images per step.
    pub batch: usize,
    /// Adam's learning rate, before warm-up and schedule reduce it.
    pub learning_rate: f64,
    /// How the learning rate changes.
    pub schedule: Schedule,
    /// Final learning rate of a falling schedule, as a fraction of `learning_rate`, 0 to 1.
    pub floor: f64,
    /// Number of steps in which the learning rate rises from 0.
    pub warm_up: u64,
    /// Decay of the moving average of the weights, between 0 and 1, such as 0.999. The average is evaluated and
    /// exported. By default the weights themselves are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub average: Option<f64>,
    /// Whether to mirror each image with probability ½.
    #[serde(skip_serializing_if = "is_false")]
    pub mirror: bool,
    /// Number of images at the end of the data set that are not used for training. The card's scores are measured on
    /// them.
    #[serde(skip_serializing_if = "is_zero")]
    pub hold_out: u64,
    /// Whether to train the decoder alone. The encoder, and with it every code, stays as it is in the weights that the
    /// run starts from. The card keeps the loss that trained the encoder.
    #[serde(skip_serializing_if = "is_false")]
    pub decoder_only: bool,
    /// Seed of weights, batches and noise.
    pub seed: u64,
    /// Steps between checkpoints.
    pub checkpoint_every: u64,
    /// Number of checkpoints to keep.
    pub keep: usize,
    /// Steps between lines of the metrics log.
    pub log_every: u64,
    /// Number of images for the statistics in the model card.
    pub card_samples: usize,
}

impl Default for Train {
    fn default() -> Self {
        Self {
            steps: 300_000,
            batch: 64,
            learning_rate: 1e-4,
            schedule: Schedule::Constant,
            floor: 0.0,
            warm_up: 0,
            average: None,
            mirror: false,
            hold_out: 0,
            decoder_only: false,
            seed: 0,
            checkpoint_every: 1000,
            keep: 2,
            log_every: 50,
            card_samples: 10_000,
        }
    }
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "what serde calls")]
fn is_false(value: &bool) -> bool {
    !value
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "what serde calls")]
fn is_zero(value: &u64) -> bool {
    *value == 0
}

/// How the learning rate changes over a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Schedule {
    /// It stays constant.
    #[default]
    Constant,
    /// It falls to its floor along half a cosine (Loshchilov & Hutter 2017).
    Cosine,
    /// It falls to its floor linearly.
    Linear,
}

impl Train {
    /// Learning rate at `step`, counted from 1.
    pub fn rate(&self, step: u64) -> f64 {
        let climb = if self.warm_up == 0 { 1.0 } else { (step as f64 / self.warm_up as f64).min(1.0) };
        let progress = (step as f64 / self.steps as f64).min(1.0);
        let fall = match self.schedule {
            Schedule::Constant => 1.0,
            Schedule::Cosine => 0.5 * (1.0 + (std::f64::consts::PI * progress).cos()),
            Schedule::Linear => 1.0 - progress,
        };
        self.learning_rate * climb * (self.floor + (1.0 - self.floor) * fall)
    }
}

/// Keys that may change when a run is resumed. The checksums of images and weights are compared separately.
pub const CHANGEABLE: [&str; 15] = [
    "name",
    "source",
    "data",
    "from.file",
    "from.weights",
    "train.steps",
    "train.checkpoint_every",
    "train.keep",
    "train.log_every",
    "train.card_samples",
    "train.learning_rate",
    "train.schedule",
    "train.warm_up",
    "train.floor",
    "train.average",
];
/// Keys of [`CHANGEABLE`] that have no effect after the last step.
pub const FIXED_WHEN_FINISHED: [&str; 6] =
    ["train.steps", "train.learning_rate", "train.schedule", "train.warm_up", "train.floor", "train.average"];
/// Maximum length of a model's name, in bytes.
const MAX_NAME: usize = 64;
/// Maximum number of parts of a dotted key. The keys of a configuration have at most three.
const MAX_KEYS: usize = 8;
/// Maximum number of characters of an override in an error.
const LONGEST_QUOTE: usize = 80;
/// Maximum size of a configuration file.
const MAX_FILE: u64 = 1 << 20;

/// Error for a configuration that can't be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file can't be read.
    #[error("{path} could not be read: {source}")]
    Read {
        /// File.
        path: String,
        /// Reason.
        source: std::io::Error,
    },
    /// The text is not TOML, or has an unknown key or a value of another type.
    #[error("{path}: {message}")]
    Parse {
        /// File or flag.
        path: String,
        /// The parser's message, with the place.
        message: String,
    },
    /// A value is out of range.
    #[error("{path}: {key} {problem}")]
    Value {
        /// File.
        path: String,
        /// Key.
        key: String,
        /// What is wrong and what is expected.
        problem: String,
    },
}

impl Config {
    /// Reads and checks a configuration file. `overrides` are `key=value` pairs with dotted keys and TOML
    /// values, such as `train.steps=100`. Without `model.image` the shape of the images is that of the data
    /// set.
    ///
    /// # Errors
    /// Names the file and the key.
    pub fn read(path: &Path, overrides: &[String]) -> Result<Self, ConfigError> {
        let name = path.display().to_string();
        let read = |source| ConfigError::Read { path: name.clone(), source };
        let mut text = String::new();
        let file = std::fs::File::open(path).map_err(read)?;
        file.take(MAX_FILE + 1).read_to_string(&mut text).map_err(read)?;
        if text.len() as u64 > MAX_FILE {
            let message = format!("it has more than {} KiB and is no configuration", MAX_FILE >> 10);
            return Err(ConfigError::Parse { path: name, message });
        }
        let mut config = Self::parse(&name, &text, overrides)?;
        if config.source.is_none() {
            config.source = path.file_name().map(|file| file.to_string_lossy().into_owned());
        }
        Ok(config)
    }

    /// Same as [`Config::read`], for a text. `path` names it in errors.
    ///
    /// # Errors
    /// Names the file and the key.
    pub fn parse(path: &str, text: &str, overrides: &[String]) -> Result<Self, ConfigError> {
        let parse = |path: &str, message: String| ConfigError::Parse {
            path: path.to_owned(),
            message: brief(&message),
        };
        // Parsed twice, so that errors in the file itself are shown with their line.
        let mut table: toml::Table = toml::from_str(text).map_err(|e| parse(path, e.to_string()))?;
        if table.contains_key("method") {
            return Err(parse(path, "it is a study; train it with `latentscope sweep`".into()));
        }
        for pair in overrides {
            let start = || pair.chars().take(LONGEST_QUOTE).collect::<String>();
            set(&mut table, pair).map_err(|message| parse(&format!("--set {}", start()), message))?;
        }
        let shaped = table.get("model").is_some_and(|model| model.get("image").is_some());
        let mut config: Self = if overrides.is_empty() {
            toml::from_str(text).map_err(|e| parse(path, e.to_string()))?
        } else {
            let path = format!("{path} with {}", overrides.join(" "));
            toml::Value::Table(table).try_into().map_err(|e: toml::de::Error| parse(&path, e.to_string()))?
        };
        // If the data set can't be opened, the error is reported when it is read.
        if !shaped && let Ok(shape) = data::image_shape(&config.dataset) {
            config.model.image = shape;
        }
        config.validate(path)?;
        Ok(config)
    }

    /// Returns the first key whose value differs from `other`'s and is not [`CHANGEABLE`], with both values. A
    /// `kind` comes before the keys that depend on it.
    ///
    /// # Errors
    /// Fails if a configuration can't be written as TOML.
    pub fn difference(&self, other: &Self) -> Result<Option<[String; 3]>, toml::ser::Error> {
        let differences = self.differences(other)?;
        let mut barred: Vec<_> =
            differences.into_iter().filter(|[key, ..]| !CHANGEABLE.contains(&key.as_str())).collect();
        barred.sort_by_key(|[key, ..]| !key.ends_with("kind"));
        Ok(barred.into_iter().next())
    }

    /// Returns the keys whose values differ from `other`'s, each with both values.
    ///
    /// # Errors
    /// Fails if a configuration can't be written as TOML.
    pub fn differences(&self, other: &Self) -> Result<Vec<[String; 3]>, toml::ser::Error> {
        let (mut mine, mut others) = (BTreeMap::new(), BTreeMap::new());
        flatten("", &toml::Value::try_from(self)?, &mut mine);
        flatten("", &toml::Value::try_from(other)?, &mut others);
        let keys: BTreeSet<&String> = mine.keys().chain(others.keys()).collect();
        let differs = |key: &&String| mine.get(*key) != others.get(*key);
        let value = |values: &BTreeMap<String, String>, key: &String| {
            values.get(key).cloned().unwrap_or_else(|| "nothing".to_owned())
        };
        let differing = keys.into_iter().filter(differs);
        Ok(differing.map(|key| [key.clone(), value(&mine, key), value(&others, key)]).collect())
    }

    /// Creates the loss.
    pub fn loss(&self) -> Loss {
        let loss = self.objective.add_to(Loss::default(), "objective");
        let loss = self.prior.add_to(loss, "prior");
        let loss = self.sparsity.add_to(loss, "sparsity");
        match self.pyramid {
            Some(pyramid) => loss.with("pyramid", Arc::new(pyramid)),
            None => loss,
        }
    }

    fn validate(&self, path: &str) -> Result<(), ConfigError> {
        let fail =
            |key: String, problem: String| Err(ConfigError::Value { path: path.to_owned(), key, problem });
        if let Err(e) = self.model.validate() {
            return fail(format!("model.{}", e.key), format!("= {}: {}", e.value, e.expected));
        }
        if let Err((key, problem)) = self.loss().validate(&self.model) {
            return fail(key, problem);
        }
        let image = self.model.image;
        if let Some(known) = &self.known {
            if !known.retouch.is_empty() && (image.channels != 3 || image.width != image.height) {
                let problem = "needs square images in colour, of aligned faces".to_owned();
                return fail("known.retouch".to_owned(), problem);
            }
            let different: BTreeSet<Feature> = known.retouch.iter().copied().collect();
            if different.len() < known.retouch.len() {
                return fail("known.retouch".to_owned(), "names a feature twice".to_owned());
            }
            if known.retouch.is_empty() && known.values.is_none() {
                let problem = "names no factors; set known.retouch or known.values".to_owned();
                return fail("known".to_owned(), problem);
            }
            if self.sparsity.named.is_none() {
                return fail(
                    "known".to_owned(),
                    "is read by `sparsity.named` alone; set that, too".to_owned(),
                );
            }
        }
        let train = &self.train;
        for (key, value, max) in [
            ("train.steps", train.steps, 1 << 40),
            ("train.batch", train.batch as u64, 1 << 16),
            ("train.checkpoint_every", train.checkpoint_every, 1 << 40),
            ("train.keep", train.keep as u64, 1 << 20),
            ("train.log_every", train.log_every, 1 << 40),
            ("train.card_samples", train.card_samples as u64, 1 << 24),
        ] {
            if !(1..=max).contains(&value) {
                return fail(key.to_owned(), format!("is {value}; it must lie between 1 and {max}"));
            }
        }
        if train.seed > i64::MAX as u64 {
            return fail("train.seed".into(), format!("is {}; TOML holds up to {}", train.seed, i64::MAX));
        }
        if train.decoder_only
            && let Some(term) = self.loss().encoder_changer()
        {
            let problem = format!("keeps the encoder, but {term} changes it; leave one of them out");
            return fail("train.decoder_only".into(), problem);
        }
        if !(train.learning_rate > 0.0 && train.learning_rate <= 1.0) {
            return fail(
                "train.learning_rate".into(),
                format!("is {}; it must lie above 0 and at most 1", train.learning_rate),
            );
        }
        if !(0.0..=1.0).contains(&train.floor) {
            return fail("train.floor".into(), format!("is {}; it must lie between 0 and 1", train.floor));
        }
        if let Some(decay) = train.average
            && !(decay > 0.0 && decay < 1.0)
        {
            return fail("train.average".into(), format!("is {decay}; it must lie above 0 and below 1"));
        }
        if let Err(problem) = name(&self.name) {
            return fail("name".into(), problem);
        }
        Ok(())
    }
}

/// Checks a model's name.
///
/// # Errors
/// Describes the allowed names.
pub fn name(text: &str) -> Result<String, String> {
    if text.trim().is_empty() || text.len() > MAX_NAME || text.chars().any(char::is_control) {
        return Err(format!("must have 1 to {MAX_NAME} bytes, not spaces alone, and no control characters"));
    }
    Ok(text.to_owned())
}

/// Collects all values by their dotted keys.
fn flatten(key: &str, value: &toml::Value, values: &mut BTreeMap<String, String>) {
    match value {
        toml::Value::Table(table) => {
            for (part, value) in table {
                let key = if key.is_empty() { part.clone() } else { format!("{key}.{part}") };
                flatten(&key, value, values);
            }
        }
        value => {
            values.insert(key.to_owned(), value.to_string());
        }
    }
}

/// Sets `key=value` in the table. A value that is not TOML becomes a string.
fn set(table: &mut toml::Table, pair: &str) -> Result<(), String> {
    let (key, value) = pair.split_once('=').ok_or("write it as key=value, such as train.steps=100")?;
    let value = toml::from_str::<toml::Table>(&format!("value = {value}"))
        .ok()
        .and_then(|mut parsed| parsed.remove("value"))
        .unwrap_or_else(|| toml::Value::String(value.to_owned()));
    let mut path: Vec<&str> = key.trim().split('.').map(str::trim).collect();
    if path.len() > MAX_KEYS || path.iter().any(|part| part.is_empty()) {
        return Err("a configuration has no such key".into());
    }
    let last = path.pop().unwrap_or_default();
    let mut here = table;
    for part in path {
        let entry = here.entry(part).or_insert_with(|| toml::Value::Table(toml::Table::new()));
        here = entry.as_table_mut().ok_or_else(|| format!("{part} is a value, not a table"))?;
    }
    here.insert(last.to_owned(), value);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPARSE: &str =
        "name = 'a'\n[objective]\nkind = 'beta'\nbeta = 2.0\n[prior]\nkind = 'laplace'\nscale = 0.5\n";

    fn error(text: &str, overrides: &[&str]) -> String {
        let overrides: Vec<String> = overrides.iter().map(|&s| s.to_owned()).collect();
        Config::parse("a.toml", text, &overrides).expect_err("it was accepted").to_string()
    }

    #[test]
    fn missing_keys_have_the_defaults_of_the_field() -> Result<(), ConfigError> {
        let config = Config::parse("a.toml", SPARSE, &[])?;
        assert_eq!((config.train.batch, config.train.learning_rate), (64, 1e-4));
        assert_eq!(config.model, ModelConfig::default());
        Ok(())
    }

    #[test]
    fn a_resolved_configuration_reads_back_the_same() -> Result<(), Box<dyn std::error::Error>> {
        let config = Config::parse("a.toml", SPARSE, &["train.steps=7".into(), "name=b".into()])?;
        assert_eq!((config.train.steps, config.name.as_str()), (7, "b"));
        assert_eq!(Config::parse("b.toml", &toml::to_string(&config)?, &[])?, config);
        Ok(())
    }

    #[test]
    fn a_fixed_key_that_differs_is_named_with_both_values() -> Result<(), Box<dyn std::error::Error>> {
        let old = Config::parse("a.toml", SPARSE, &[])?;
        let with = |pair: &str| Config::parse("a.toml", SPARSE, &[pair.to_owned()]);
        for free in ["train.steps=9", "name='b'", "train.learning_rate=1e-5", "train.keep=7"] {
            assert_eq!(old.difference(&with(free)?)?, None, "{free}");
        }
        for (pair, was, is) in [
            ("train.seed=3", "0", "3"),
            ("dataset='faces'", "\"sprites\"", "\"faces\""),
            ("objective.beta=4.0", "2.0", "4.0"),
            ("prior.scale=0.25", "0.5", "0.25"),
            ("model.hidden=128", "256", "128"),
            ("prior={kind='mixture'}", "\"laplace\"", "\"mixture\""),
        ] {
            let key = pair.split('=').next().unwrap_or_default();
            // The kind is reported, not the scale that depends on it.
            let key = if key == "prior" { "prior.kind" } else { key };
            let found = old.difference(&with(pair)?)?;
            let known = [key, was, is].map(str::to_owned);
            // The images of faces also have another shape.
            assert!(found.as_ref() == Some(&known), "{pair}: {found:?}");
        }
        Ok(())
    }

    #[test]
    fn mistakes_are_named_with_file_and_key() {
        let typo = error(&SPARSE.replace("beta", "betta"), &[]);
        assert!(typo.contains("a.toml") && typo.contains("betta"), "{typo}");
        let typo = error(SPARSE, &["train.stepz=3"]);
        assert!(typo.contains("stepz"), "{typo}");
        for (key, value) in [
            ("train.steps", "0"),
            ("train.batch", "0"),
            ("train.learning_rate", "-1.0"),
            ("train.floor", "1.5"),
            ("train.average", "1.0"),
            ("model.latent", "0"),
            ("objective.beta", "-2.0"),
            ("prior.scale", "0.0"),
            ("prior.kind", "'spike-slab'"),
            ("sparsity.rate.target", "2.0"),
            ("pyramid.weight", "-1.0"),
        ] {
            let message = error(SPARSE, &[&format!("{key}={value}")]);
            assert!(message.contains("a.toml") && message.contains(key), "{message}");
        }
        let both = error(SPARSE, &["train.decoder_only=true", "sparsity.weights.weight=0.1"]);
        assert!(both.contains("train.decoder_only") && both.contains("sparsity.weights"), "{both}");
        assert!(error("base = 'b.toml'\n[[method]]\nname = 'a'", &[]).contains("latentscope sweep"));
        assert!(error(SPARSE, &["nonsense"]).contains("key=value"));
        let deep = format!("{}a=1", "a.".repeat(60_000));
        assert!(error(SPARSE, &[&deep]).contains("has no such key"));
        assert!(error(&SPARSE.replace("'a'", "\"a\\u001b[2J\""), &[]).contains("control"));
        assert!(error("name = 'a'", &[]).contains("objective"));
        let wide = error(&format!("a = 1\n{}b", " ".repeat(5000)), &[]);
        assert!(wide.contains("line 2") && wide.len() < 300, "{wide}");
    }

    #[test]
    fn known_factors_need_images_that_fit_and_the_term_that_reads_them()
    -> Result<(), Box<dyn std::error::Error>> {
        let parse = |more: &[&str]| {
            let pairs = ["dataset='faces'"].iter().chain(more).map(|&pair| pair.to_owned());
            Config::parse("a.toml", SPARSE, &pairs.collect::<Vec<_>>())
        };
        let config =
            parse(&["known.retouch=['smile','fringe']", "known.values='a.npy'", "sparsity.named={}"])?;
        let known = Known { retouch: vec![Feature::Smile, Feature::Fringe], values: Some("a.npy".into()) };
        assert_eq!(config.known, Some(known));
        assert_eq!(Config::parse("b.toml", &toml::to_string(&config)?, &[])?, config);
        assert!(error(SPARSE, &["known.retouch=['smile']", "sparsity.named={}"]).contains("in colour"));
        let refused = |more: &[&str]| parse(more).expect_err("it was accepted").to_string();
        let alone = refused(&["known.values='a.npy'"]);
        assert!(alone.contains("known") && alone.contains("sparsity.named"), "{alone}");
        assert!(refused(&["known={}", "sparsity.named={}"]).contains("names no factors"));
        let twice = refused(&["known.retouch=['smile','smile']", "sparsity.named={}"]);
        assert!(twice.contains("known.retouch") && twice.contains("twice"), "{twice}");
        Ok(())
    }

    #[test]
    fn the_rate_climbs_and_falls() {
        let train = Train { steps: 100, warm_up: 10, schedule: Schedule::Cosine, ..Train::default() };
        assert!((train.rate(5) / train.learning_rate - 0.5).abs() < 0.01);
        assert!((train.rate(50) / train.learning_rate - 0.5).abs() < 1e-6);
        assert!(train.rate(100) < 1e-12);
        let train = Train { schedule: Schedule::Linear, floor: 0.2, ..train };
        for (step, share) in [(5, 0.5 * 0.96), (50, 0.6), (100, 0.2), (200, 0.2)] {
            assert!((train.rate(step) / train.learning_rate - share).abs() < 1e-9, "at {step}");
        }
    }
}
