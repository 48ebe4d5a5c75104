//! `models/manifest.json` of the built page: the shipped models and the fresh one.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use fs_err as fs;
use serde_json::{Value, json};

use crate::project::Project;
use crate::{card, sums};

/// File name of the fresh model, next to the manifest.
const FRESH: &str = "fresh.safetensors";

/// Adds the shipped models and `fresh`, if there is one, to the built page.
pub(crate) fn write(project: &Project, fresh: Option<&Path>) -> Result<()> {
    let shipped = project.root.join("static/models/manifest.json");
    let folder = project.page().join("models");
    let text = fs::read_to_string(&shipped)?;
    let size = match fresh {
        Some(weights) => {
            let copy = fs::copy(weights, folder.join(FRESH));
            Some(copy.with_context(|| format!("{} can't be copied into dist/", weights.display()))?)
        }
        None => None,
    };
    let text = with_fresh(&text, size)
        .and_then(|text| with_scores(&text, &folder))
        .with_context(|| shipped.display().to_string())?;
    let path = folder.join("manifest.json");
    let new = folder.join("manifest.json.new");
    fs::write(&new, text)
        .and_then(|()| fs::rename(&new, &path))
        .with_context(|| format!("{} can't be written", path.display()))?;
    sums::write(&project.page())
}

/// Files listed in the manifest.
pub(crate) fn files(text: &str) -> Result<Vec<String>> {
    let manifest: Value = serde_json::from_str(text).context("the manifest is not JSON")?;
    let models = manifest["models"].as_array().context("the manifest has no list `models`")?;
    models
        .iter()
        .map(|model| Ok(model["file"].as_str().context("a model in the manifest has no `file`")?.to_owned()))
        .collect()
}

/// Files of the first model's data set.
pub(crate) fn of_first_set(text: &str) -> Result<Vec<String>> {
    let manifest: Value = serde_json::from_str(text).context("the manifest is not JSON")?;
    let models = manifest["models"].as_array().context("the manifest has no list `models`")?;
    let first = models.first().map(|model| &model["set"]);
    let all = files(text)?.into_iter().zip(models);
    Ok(all.filter(|(_, model)| Some(&model["set"]) == first).map(|(file, _)| file).collect())
}

/// Adds an entry for a fresh model of `size` bytes to the manifest `text`.
fn with_fresh(text: &str, size: Option<u64>) -> Result<String> {
    let mut manifest: Value = serde_json::from_str(text).context("the manifest is not JSON")?;
    ensure!(manifest["format"] == 1, "the manifest's format is {}, not 1", manifest["format"]);
    let models = manifest["models"].as_array_mut().context("the manifest has no list `models`")?;
    if let Some(bytes) = size {
        // The fresh model has the same data set as the first shipped model.
        let set = models.first().and_then(|model| model["set"].as_str()).unwrap_or_default().to_owned();
        let title = "Fresh from this machine";
        models.push(json!({
            "file": FRESH, "name": "fresh", "title": title, "set": set, "bytes": bytes, "fresh": true,
        }));
    }
    Ok(format!("{manifest:#}\n"))
}

/// The scores of the curve on which models that have a strength lie, as `scores` of the page's manifest.
const CURVE: [&str; 2] = ["nll", "dci_disentanglement"];

/// The manifest `text` with the scores, from their cards in `folder`, of the models that have a strength.
fn with_scores(text: &str, folder: &Path) -> Result<String> {
    let mut manifest: Value = serde_json::from_str(text).context("the manifest is not JSON")?;
    let models = manifest["models"].as_array_mut().context("the manifest has no list `models`")?;
    for model in models.iter_mut().filter(|model| model["strength"].is_number()) {
        let path = folder.join(model["file"].as_str().context("a model in the manifest has no `file`")?);
        let card = card::read(&path)?;
        let score = |name| {
            let scores = card["scores"].as_array()?;
            scores.iter().find(|score| score["metric"] == name)?["value"].as_f64()
        };
        let scores: Option<Vec<f64>> = CURVE.into_iter().map(score).collect();
        if let Some(scores) = scores {
            model["scores"] = json!(scores);
        }
    }
    Ok(format!("{manifest:#}\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHIPPED: &str =
        r#"{"format": 1, "models": [{"file": "vae.safetensors", "name": "vae", "set": "A"}]}"#;

    #[test]
    fn a_fresh_model_comes_after_the_shipped_ones() -> Result<()> {
        assert_eq!(files(&with_fresh(SHIPPED, Some(12))?)?, ["vae.safetensors", FRESH]);
        assert!(with_fresh(SHIPPED, Some(12))?.contains("\"bytes\": 12"));
        assert_eq!(of_first_set(&with_fresh(SHIPPED, Some(12))?)?, ["vae.safetensors", FRESH]);
        assert_eq!(files(&with_fresh(SHIPPED, None)?)?, ["vae.safetensors"]);
        Ok(())
    }

    #[test]
    fn a_model_with_a_strength_brings_the_scores_of_its_card() -> Result<()> {
        let folder = tempfile::tempdir()?;
        let card = json!({ "scores": [
            { "metric": "nll", "value": 12.5 }, { "metric": "dci_disentanglement", "value": 0.5 },
        ]});
        let header = json!({ "__metadata__": { "latentscope": card.to_string() } }).to_string();
        let mut file = (header.len() as u64).to_le_bytes().to_vec();
        file.extend(header.bytes());
        fs::write(folder.path().join("strong.safetensors"), file)?;
        let text =
            r#"{"models": [{"file": "plain.safetensors"}, {"file": "strong.safetensors", "strength": 1}]}"#;
        let written: Value = serde_json::from_str(&with_scores(text, folder.path())?)?;
        assert_eq!(written["models"][1]["scores"], json!([12.5, 0.5]));
        assert!(written["models"][0]["scores"].is_null());
        fs::write(folder.path().join("strong.safetensors"), [0; 5])?;
        assert!(with_scores(text, folder.path()).is_err());
        Ok(())
    }

    #[test]
    fn a_damaged_manifest_is_refused() {
        for text in ["", "[]", r#"{"format": 2, "models": []}"#, r#"{"format": 1}"#] {
            assert!(with_fresh(text, None).is_err(), "{text}");
        }
    }
}
