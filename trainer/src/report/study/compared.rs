//! Rows for comparison: models from elsewhere and perfect codes, measured like the study's runs.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use metrics::WorldError;
use worlds::World;

use super::group::{Group, Results, Role, ScoredRun};
use crate::measure::{Perfect, Protocol, ceiling, of_means};
use crate::trained::{self, TrainedError};

/// Why a row can't be added.
#[derive(Debug, thiserror::Error)]
pub enum ComparedError {
    /// The model can't be read.
    #[error(transparent)]
    Model(#[from] TrainedError),
    /// The model has no scores of disentanglement.
    #[error("{} has no scores to compare; run `latentscope score {}` first", .0.display(), .0.display())]
    Unscored(PathBuf),
    /// A row was measured differently.
    #[error(
        "{row}: `{metric}` was measured as `{theirs}`, but in the study as `{ours}`; use the options of the sweep"
    )]
    Protocol {
        /// Weights file, or name of the row.
        row: String,
        /// Metric.
        metric: String,
        /// Protocol of the row's score.
        theirs: String,
        /// Protocol of the study's scores.
        ours: String,
    },
    /// The perfect codes can't be scored.
    #[error(transparent)]
    Ceiling(#[from] WorldError),
}

impl Results {
    /// Adds a scored model, from a weights file or a run's folder, as a row of its own.
    ///
    /// # Errors
    /// Fails if the file can't be read, has no scores, or has a score that was measured in another way than those of
    /// the study.
    pub fn compare(&mut self, path: &Path) -> Result<(), ComparedError> {
        let card = trained::read(path)?.card;
        if !card.scores.iter().any(|score| metrics::reported().any(|known| known.name == score.metric)) {
            return Err(ComparedError::Unscored(path.to_owned()));
        }
        for score in &card.scores {
            self.check(&path.display().to_string(), &score.metric, &score.protocol)?;
        }
        let scores = card.scores.into_iter().map(|score| (score.metric, score.value)).collect();
        self.row(card.name, Role::Model, scores);
        Ok(())
    }

    /// Adds a row for each perfect code of `world`.
    ///
    /// # Errors
    /// Fails if the codes can't be scored.
    pub fn add_ceilings(
        &mut self,
        world: &'static dyn World,
        protocol: &Protocol,
    ) -> Result<(), ComparedError> {
        for &perfect in Perfect::of(world) {
            let name = format!("ceiling: {}", perfect.name());
            let mut scores = BTreeMap::new();
            for score in ceiling(world, perfect, protocol)? {
                self.check(&name, score.metric, &of_means(&score.protocol, world))?;
                scores.insert(score.metric.to_owned(), score.value);
            }
            self.row(name, Role::Ceiling, scores);
        }
        Ok(())
    }

    /// Fails if a score of `row` was measured in another way than those of the study.
    fn check(&self, row: &str, metric: &str, theirs: &str) -> Result<(), ComparedError> {
        match self.protocols.get(metric) {
            Some(ours) if ours != theirs => Err(ComparedError::Protocol {
                row: row.to_owned(),
                metric: metric.to_owned(),
                theirs: theirs.to_owned(),
                ours: ours.clone(),
            }),
            _ => Ok(()),
        }
    }

    fn row(&mut self, name: String, role: Role, scores: BTreeMap<String, f64>) {
        let method = self.groups.iter().map(|group| group.method + 1).max().unwrap_or(0);
        let run = ScoredRun { name: name.clone(), scores, ..ScoredRun::default() };
        self.groups.push(Group { name, role, method, scored: vec![run], missing: Vec::new() });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::study::group::tests::results;
    use crate::report::study::{html, markdown, plots};

    #[test]
    fn a_ceiling_is_shown_but_is_never_the_best_and_is_no_run() {
        let mut results = results(&[&[(9.0, 0.1), (5.0, 0.3), (7.0, 0.2)]]);
        results.row("published".into(), Role::Model, [("mig".to_owned(), 0.15)].into());
        results.row("ceiling: factors".into(), Role::Ceiling, [("mig".to_owned(), 0.9)].into());
        let pictures = plots(&results);
        let text = markdown(&results, &pictures, "plots");
        for part in
            ["**0.200** (0.100 – 0.300)", "| published | – | 0.150 |", "| ceiling: factors | – | 0.900 |"]
        {
            assert!(text.contains(part), "no `{part}` in {text}");
        }
        assert_eq!(text.matches("config.toml").count(), 2 * 3, "{text}");
        let page = html(&results, &pictures);
        assert_eq!(page.matches("<details>").count(), 3);
        assert!(page.contains("<td>published<td>–<td>0.150"), "{page}");
        assert!(page.contains("ceiling: factors: 0.9000"), "{page}");
    }

    #[test]
    fn a_row_that_was_measured_differently_is_refused() {
        let results = results(&[&[(9.0, 0.1)]]);
        assert!(results.check("theirs", "mig", "20 bins | <b>").is_ok());
        assert!(results.check("theirs", "sap", "any").is_ok(), "the study has no such score");
        let refused = results.check("theirs", "mig", "30 bins").map_err(|error| error.to_string());
        assert!(refused.is_err_and(|message| message.starts_with("theirs: `mig` was measured as `30 bins`")));
    }
}
