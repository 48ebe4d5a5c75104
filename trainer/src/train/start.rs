//! Starts a run from the weights of a file.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use model::card::{DECODER_ALONE, FROM};
use model::{Card, ModelConfig, Weights};

use super::learner::Learner;
use super::{Checkpoint, Checkpoints, Run, State, TrainError};
use crate::config::{Config, InitialWeights};

impl Run<'_> {
    /// Checks that `weights`, read from `path`, fit the network.
    ///
    /// # Errors
    /// Returns the differences if they belong to another network.
    pub fn accepts(&self, path: &Path, weights: &Weights) -> Result<(), TrainError> {
        let alone = self.config.train.decoder_only;
        let differs = differences(&weights.card.model, &self.config.model, alone)?.join(", ");
        if differs.is_empty() { Ok(()) } else { Err(TrainError::Start { path: path.to_owned(), differs }) }
    }

    /// Creates the checkpoint of step 0 from `weights` that the run [accepts](Self::accepts). Adam and
    /// everything trained beside the network start fresh. The checkpoint is written to the run's folder,
    /// so that the run can be resumed from its first step.
    ///
    /// # Errors
    /// Fails if the checkpoint can't be written or the device runs out of memory.
    pub fn begin(&self, weights: &Weights) -> Result<Checkpoint, TrainError> {
        let learner = Learner::fresh(self.config, self.dataset.len(), self.device)?;
        let (from, origin) = (Some(lineage(&weights.card)), weights.card.origin.clone());
        let objective = self.config.train.decoder_only.then(|| weights.card.objective.clone());
        let state = State { from, origin, objective, ..State::default() };
        let mut checkpoint = Checkpoint { average: BTreeMap::new(), ..learner.checkpoint(&state)? };
        for (name, tensor) in &weights.tensors {
            checkpoint.weights.insert(name.clone(), tensor.to_device(self.device)?);
        }
        Checkpoints::of(self.folder).save(&checkpoint, self.config.train.keep)?;
        Ok(checkpoint)
    }
}

/// Describes `weights`, read from `path`, for the configuration of the run that starts from them.
///
/// # Errors
/// Returns the errors of the device.
pub fn initial_weights(path: &Path, weights: &Weights) -> candle_core::Result<InitialWeights> {
    let mut hasher = crc32fast::Hasher::new();
    for (name, tensor) in &weights.tensors {
        hasher.update(format!("{name}{:?}", tensor.dims()).as_bytes());
        for value in tensor.flatten_all()?.to_vec1::<f32>()? {
            hasher.update(&value.to_le_bytes());
        }
    }
    Ok(InitialWeights { file: path.display().to_string(), weights: format!("{:08x}", hasher.finalize()) })
}

/// Keys under `model` that differ and change the tensors or the meaning of the outputs, or the codes if the encoder
/// stays as it is.
fn differences(
    found: &ModelConfig,
    wanted: &ModelConfig,
    decoder_alone: bool,
) -> Result<Vec<String>, toml::ser::Error> {
    let [found, wanted] = [found, wanted].map(toml::Table::try_from);
    let (found, wanted) = (found?, wanted?);
    let keys: BTreeSet<&String> = found.keys().chain(wanted.keys()).collect();
    let other = keys
        .into_iter()
        .filter(|key| (decoder_alone || *key != "winners") && found.get(*key) != wanted.get(*key));
    let value = |table: &toml::Table, key: &str| {
        table.get(key).map_or_else(|| "not set".to_owned(), toml::Value::to_string)
    };
    let sentence = |key: &String| {
        let (found, wanted) = (value(&found, key), value(&wanted, key));
        format!("its model.{key} is {found}, but the configuration's is {wanted}")
    };
    Ok(other.map(sentence).collect())
}

/// Describes a model and its ancestors: `b after 500 steps, from a after 10000 steps`.
pub fn lineage(card: &Card) -> String {
    let config = card.training.config.as_deref().unwrap_or_default();
    let begin = [WITH, FROM].iter().filter_map(|word| config.find(word)).min();
    let before = &config[begin.unwrap_or(config.len())..];
    // The steps of imported models are unknown.
    let steps = Some(card.training.steps).filter(|steps| *steps > 0);
    let alone = if card.training.is_decoder_alone() { DECODER_ALONE } else { "" };
    let steps = steps.map(|steps| format!(" after {steps} steps{alone}")).unwrap_or_default();
    format!("{}{steps}{before}", card.name)
}

/// Begins the choice of units, see [`with_units`].
const WITH: &str = ", with ";

/// Returns the card's `config`: the name of the configuration, whether it trained the decoder alone, and the source of
/// its weights. They share one field so that older programs can read the card.
pub(crate) fn provenance(config: &Config, from: Option<&str>) -> Option<String> {
    let source = config.source.as_deref();
    let Some(from) = from else { return source.map(str::to_owned) };
    let alone = if config.train.decoder_only { DECODER_ALONE } else { "" };
    Some(format!("{}{alone}{FROM}{from}", source.unwrap_or("a configuration")))
}

/// Returns the card's `config` of a model whose units were chosen again.
pub(crate) fn with_units(config: Option<&str>, units: &str) -> String {
    let config = config.unwrap_or("a configuration");
    let (own, before) = config.split_at(config.find(FROM).unwrap_or(config.len()));
    format!("{own}{WITH}{units}{before}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::card::{FORMAT, Objective, Training};

    #[test]
    fn the_lineage_names_all_earlier_trainings() {
        let card = |name: &str, steps, config| Card {
            format: FORMAT,
            minor: 0,
            name: name.to_owned(),
            model: ModelConfig::default(),
            objective: Objective::default(),
            training: Training { steps, config, ..Training::default() },
            origin: None,
            units: Vec::new(),
            attributes: Vec::new(),
            scores: Vec::new(),
            history: Vec::new(),
            checksum: None,
        };
        let mut config =
            Config::parse("a.toml", "name = 'a'\nobjective.kind = 'vae'", &[]).expect("a configuration");
        config.source = Some("a.toml".to_owned());
        let a = card("a", 10_000, provenance(&config, None));
        assert_eq!(lineage(&a), "a after 10000 steps");
        config.source = None;
        let b = card("b", 500, provenance(&config, Some(&lineage(&a))));
        assert_eq!(b.training.config.as_deref(), Some("a configuration, from a after 10000 steps"));
        assert_eq!(lineage(&b), "b after 500 steps, from a after 10000 steps");
        config.train.decoder_only = true;
        let c = card("c", 9, provenance(&config, Some(&lineage(&b))));
        assert_eq!(
            lineage(&c),
            "c after 9 steps (decoder alone), from b after 500 steps, from a after 10000 steps"
        );
        assert_eq!(lineage(&card("imported", 0, None)), "imported");
        let fewer = with_units(b.training.config.as_deref(), "units 0 to 3");
        assert_eq!(fewer, "a configuration, with units 0 to 3, from a after 10000 steps");
        let expected = "b after 500 steps, with units 0 to 3, from a after 10000 steps";
        assert_eq!(lineage(&card("b", 500, Some(fewer))), expected);
    }

    #[test]
    fn optional_keys_of_one_network_are_differences() -> Result<(), toml::ser::Error> {
        let plain = ModelConfig::default();
        let deep = ModelConfig { encoder_dense: Some(vec![128, 64]), winners: Some(3), ..plain.clone() };
        assert_eq!(differences(&plain, &plain, false)?, Vec::<String>::new());
        let differs = differences(&deep, &plain, false)?;
        assert_eq!(differs, ["its model.encoder_dense is [128, 64], but the configuration's is not set"]);
        assert_eq!(differences(&plain, &deep, false)?.len(), 1);
        assert_eq!(differences(&plain, &deep, true)?.len(), 2, "winners change the codes");
        Ok(())
    }
}
