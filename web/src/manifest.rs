//! `models/manifest.json`: the models that the page offers.

use model::json::Json;
use model::order;
use serde::Deserialize;

/// Supported format of the manifest.
const FORMAT: u64 = 1;
/// Maximum size of a manifest in bytes; menus of thousands of models would hang the page.
const LARGEST: usize = 1 << 16;

/// A model in the manifest.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Entry {
    /// File name, next to the manifest.
    pub file: String,
    /// Short name, such as `sparse`.
    pub name: String,
    /// Title in menus.
    pub title: String,
    /// Title of its data set; models of the same set are compared.
    #[serde(default)]
    pub set: String,
    /// Size of the file in bytes.
    pub bytes: u64,
    /// Strength of its sparsity (0 for none), if the models of a set differ only in this.
    #[serde(default)]
    pub strength: Option<f32>,
    /// NLL in nats and DCI disentanglement.
    #[serde(default)]
    pub scores: Option<[f64; 2]>,
}

/// A model with a strength.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ModelStrength {
    /// Index among all entries.
    pub entry: usize,
    /// Strength of its sparsity.
    pub strength: f32,
    /// NLL in nats and DCI disentanglement.
    pub scores: Option<[f64; 2]>,
}

/// Models of `set` that have a strength, in ascending order.
pub fn by_strength(entries: &[Entry], set: &str) -> Vec<ModelStrength> {
    let of_set = entries.iter().enumerate().filter(|(_, entry)| entry.set == set);
    let strengths: Vec<ModelStrength> = of_set
        .filter_map(|(at, entry)| {
            Some(ModelStrength { entry: at, strength: entry.strength?, scores: entry.scores })
        })
        .collect();
    order::ascending(strengths.iter().map(|model| order::key(model.strength)))
        .map(|at| strengths[at])
        .collect()
}

#[derive(Deserialize)]
struct Versioned {
    format: u64,
}

#[derive(Deserialize)]
struct Manifest {
    models: Vec<Entry>,
}

/// Why a manifest can't be used.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// The file is not JSON, or has unexpected content.
    #[error("it is damaged ({0})")]
    Damaged(#[from] serde_json::Error),
    /// The format is not supported.
    #[error("it has format {0}, and this page reads {FORMAT}; publish page and models together")]
    Format(u64),
    /// There are no models.
    #[error("it lists no model")]
    Empty,
    /// A file is outside the manifest's folder.
    #[error("it names the file `{0}`, and only plain names beside it are allowed")]
    File(String),
    /// Two models have the same name, so that links can't distinguish them.
    #[error("two models are called `{0}`")]
    Twice(String),
    /// The manifest is too long.
    #[error("it has more than {LARGEST} bytes")]
    Large,
}

/// Parses a manifest.
///
/// # Errors
/// Fails if the manifest is invalid.
pub fn parse(text: &str) -> Result<Vec<Entry>, ManifestError> {
    if text.len() > LARGEST {
        return Err(ManifestError::Large);
    }
    let tree = Json::parse(text)?;
    let format = Versioned::deserialize(&tree)?.format;
    if format != FORMAT {
        return Err(ManifestError::Format(format));
    }
    let models = Manifest::deserialize(&tree)?.models;
    if models.is_empty() {
        return Err(ManifestError::Empty);
    }
    let same = |model: &Entry| models.iter().filter(|other| other.name == model.name).count() > 1;
    if let Some(model) = models.iter().find(|model| same(model)) {
        return Err(ManifestError::Twice(model.name.clone()));
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    match models.iter().find(|model| model.file.starts_with('.') || !model.file.chars().all(plain)) {
        Some(model) => Err(ManifestError::File(model.file.clone())),
        None => {
            // Groups the models by set.
            let of = |set| models.iter().filter(move |model| model.set == set).cloned();
            Ok(sets(&models).into_iter().flat_map(of).collect())
        }
    }
}

/// Data sets, in the order of their first models.
pub fn sets(models: &[Entry]) -> Vec<&str> {
    let mut sets: Vec<&str> = Vec::new();
    for model in models {
        if !sets.contains(&model.set.as_str()) {
            sets.push(&model.set);
        }
    }
    sets
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(file: &str) -> String {
        format!(
            r#"{{"format":1,"models":[{{"file":"{file}","name":"a","title":"A","bytes":9,"fresh":true}}]}}"#
        )
    }

    #[test]
    fn a_manifest_lists_models() -> Result<(), ManifestError> {
        let models = parse(&manifest("a.safetensors"))?;
        assert_eq!((models.len(), models[0].title.as_str(), models[0].bytes), (1, "A", 9));
        assert_eq!(models[0].set, "", "a manifest may leave sets out");
        Ok(())
    }

    #[test]
    fn models_of_a_set_stand_together() -> Result<(), ManifestError> {
        let model = |name: &str, set: &str| {
            format!(r#"{{"file":"{name}","name":"{name}","title":"A","bytes":9,"set":"{set}"}}"#)
        };
        let models = [model("a", "Y"), model("b", "X"), model("c", "Y")].join(",");
        let names: Vec<String> = parse(&format!(r#"{{"format":1,"models":[{models}]}}"#))?
            .into_iter()
            .map(|model| model.name)
            .collect();
        assert_eq!(names, ["a", "c", "b"]);
        Ok(())
    }

    #[test]
    fn what_is_no_manifest_is_refused() {
        let error = |text: &str| parse(text).expect_err(text);
        assert!(matches!(error(""), ManifestError::Damaged(_)));
        assert!(matches!(error(r#"{"format":1}"#), ManifestError::Damaged(_)));
        assert!(matches!(error(r#"{"format":2,"models":"moved"}"#), ManifestError::Format(2)));
        assert!(matches!(error(r#"{"format":1,"models":[]}"#), ManifestError::Empty));
        for file in ["../secret", "https://elsewhere/a", ".hidden", "a b"] {
            assert!(matches!(error(&manifest(file)), ManifestError::File(_)), "{file}");
        }
        let one = r#"{"file":"a","name":"a","title":"A","bytes":9}"#;
        let twice = error(&format!(r#"{{"format":1,"models":[{one},{one}]}}"#));
        assert!(matches!(twice, ManifestError::Twice(name) if name == "a"));
        assert!(matches!(error(&" ".repeat(LARGEST + 1)), ManifestError::Large));
        assert!(matches!(error(&"[".repeat(LARGEST)), ManifestError::Damaged(_)));
    }
}
