//! A run that begins from the weights of a file.

use std::collections::BTreeMap;
use std::path::Path;

use model::{Card, ModelConfig, Weights};

use super::learner::Learner;
use super::{Checkpoint, Folder, Run, State, TrainError};

impl Run<'_> {
    /// Checks that the network takes the `weights` that were read from `path`.
    ///
    /// # Errors
    /// Says what differs if they are another network's.
    pub fn accepts(&self, path: &Path, weights: &Weights) -> Result<(), TrainError> {
        let differs = differences(&weights.card.model, &self.config.model)?.join(", ");
        if differs.is_empty() { Ok(()) } else { Err(TrainError::Start { path: path.to_owned(), differs }) }
    }

    /// The checkpoint of step 0 with `weights` that the run [accepts](Self::accepts): Adam is fresh, and
    /// so is what is trained beside the network. It is written to the run's folder, so that the run can
    /// be resumed from its first step on.
    ///
    /// # Errors
    /// Says that the checkpoint can't be written, or that the device can't hold it.
    pub fn begin(&self, weights: &Weights) -> Result<Checkpoint, TrainError> {
        let learner = Learner::fresh(self.config, self.dataset.len(), self.device)?;
        let mut tensors = learner.weights();
        for (name, tensor) in &weights.tensors {
            tensors.insert(name.clone(), tensor.to_device(self.device)?);
        }
        let checkpoint = Checkpoint {
            state: State { from: Some(origin(&weights.card)), ..State::default() },
            weights: tensors,
            moments: learner.moments()?,
            average: BTreeMap::new(),
        };
        Folder::of(self.folder).save(&checkpoint, self.config.train.keep)?;
        Ok(checkpoint)
    }
}

/// Keys under `model` whose values give the network other tensors, or its outputs another meaning.
fn differences(found: &ModelConfig, wanted: &ModelConfig) -> Result<Vec<String>, toml::ser::Error> {
    let [found, wanted] = [found, wanted].map(toml::Table::try_from);
    let (found, wanted) = (found?, wanted?);
    let other = wanted.iter().filter(|(key, value)| *key != "winners" && found.get(*key) != Some(value));
    let sentence = |(key, value): (&String, &toml::Value)| {
        let found = found.get(key).map(toml::Value::to_string).unwrap_or_default();
        format!("its model.{key} is {found}, but the configuration's is {value}")
    };
    Ok(other.map(sentence).collect())
}

/// The model that a file holds, and what that one began from: `b after 500 steps, from a after 10000 steps`.
fn origin(card: &Card) -> String {
    let before = card.training.config.as_deref().and_then(|config| Some(config.split_once(FROM)?.1));
    let before = before.map(|before| format!("{FROM}{before}")).unwrap_or_default();
    format!("{} after {} steps{before}", card.name, card.training.steps)
}

/// What stands between a configuration's name and what training began from, in a card.
const FROM: &str = ", from ";

/// The card's `config`: the configuration's name, and what training began from. They share a field, so
/// that programs that know no other read the card.
pub(crate) fn provenance(source: Option<&str>, from: Option<&str>) -> Option<String> {
    let Some(from) = from else { return source.map(str::to_owned) };
    Some(format!("{}{FROM}{from}", source.unwrap_or("a configuration")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::card::{FORMAT, Objective, Training};

    #[test]
    fn where_a_model_comes_from_is_told_through_all_its_trainings() {
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
        let a = card("a", 10_000, provenance(Some("a.toml"), None));
        assert_eq!(origin(&a), "a after 10000 steps");
        let b = card("b", 500, provenance(None, Some(&origin(&a))));
        assert_eq!(b.training.config.as_deref(), Some("a configuration, from a after 10000 steps"));
        assert_eq!(origin(&b), "b after 500 steps, from a after 10000 steps");
    }
}
