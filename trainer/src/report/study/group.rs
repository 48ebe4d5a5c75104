//! Results of a study: the scores of its runs, grouped by method and strength.

use std::collections::BTreeMap;
use std::path::Path;

use super::metric::Better;
use crate::study::{Plan, PlanError};
use crate::train::CONFIG;
use crate::trained;

/// The last score of a completely scored run.
const LAST_SCORE: &str = "recall";

/// A run that is trained and scored, another model, or a perfect code.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ScoredRun {
    /// Name.
    pub name: String,
    /// Seed of a run.
    pub seed: u64,
    /// Number of steps.
    pub steps: u64,
    /// Training time in seconds.
    pub seconds: f64,
    /// Device: `cpu` or `cuda`.
    pub device: String,
    /// Resolved configuration.
    pub config: String,
    /// Scores by metric.
    pub scores: BTreeMap<String, f64>,
}

/// What the members of a group are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Role {
    /// Runs of the study.
    #[default]
    Method,
    /// A model from elsewhere.
    Model,
    /// A perfect code. The best value of a column is chosen among models only.
    Ceiling,
}

/// Runs that differ only by seed, or a single row for comparison.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Group {
    /// Method and strength.
    pub name: String,
    /// What its members are.
    pub role: Role,
    /// Index of the method, in the study's order.
    pub method: usize,
    /// Runs that are scored.
    pub scored: Vec<ScoredRun>,
    /// Names of the runs that are not scored.
    pub missing: Vec<String>,
}

/// All data of a report.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Results {
    /// Name of the study.
    pub study: String,
    /// Methods and strengths, in the study's order.
    pub groups: Vec<Group>,
    /// How each metric was measured.
    pub protocols: BTreeMap<String, String>,
}

impl Results {
    /// Reads the study in `folder`; runs without scores count as missing.
    ///
    /// # Errors
    /// Fails if there is no readable plan.
    pub fn read(folder: &Path) -> Result<Self, PlanError> {
        let plan = Plan::read(folder)?;
        let mut results = Self { study: plan.study, ..Self::default() };
        let mut methods: Vec<String> = Vec::new();
        for run in plan.runs {
            let name = run.group();
            let method = methods.iter().position(|method| *method == run.method).unwrap_or_else(|| {
                methods.push(run.method.clone());
                methods.len() - 1
            });
            let place = results.groups.iter().position(|group| group.name == name).unwrap_or_else(|| {
                results.groups.push(Group { name, method, ..Group::default() });
                results.groups.len() - 1
            });
            let path = folder.join(&run.name);
            let card = trained::read(&path).ok().map(|weights| weights.card);
            let scored = |card: &model::Card| card.scores.iter().any(|score| score.metric == LAST_SCORE);
            let Some(card) = card.filter(scored) else {
                results.groups[place].missing.push(run.name);
                continue;
            };
            for score in &card.scores {
                results.protocols.entry(score.metric.clone()).or_insert_with(|| score.protocol.clone());
            }
            results.groups[place].scored.push(ScoredRun {
                config: std::fs::read_to_string(path.join(CONFIG)).unwrap_or_default(),
                name: run.name,
                seed: run.seed,
                steps: card.training.steps,
                seconds: card.training.seconds,
                device: card.training.device,
                scores: card.scores.into_iter().map(|score| (score.metric, score.value)).collect(),
            });
        }
        Ok(results)
    }

    /// Returns a sentence about missing runs, or `None`.
    pub fn missing(&self) -> Option<String> {
        let missing: Vec<&str> =
            self.groups.iter().flat_map(|group| &group.missing).map(String::as_str).collect();
        let all = missing.len() + self.groups.iter().map(|group| group.scored.len()).sum::<usize>();
        (!missing.is_empty()).then(|| {
            format!(
                "{} of {all} runs are missing, not trained or not scored: {}.",
                missing.len(),
                missing.join(", ")
            )
        })
    }

    /// All runs of the study, without the rows for comparison.
    pub(super) fn runs(&self) -> impl Iterator<Item = &ScoredRun> {
        self.groups.iter().filter(|group| group.role == Role::Method).flat_map(|group| &group.scored)
    }

    /// Best median of a metric over all groups of models.
    pub(super) fn best(&self, metric: &str, better: Better) -> Option<f64> {
        let models = self.groups.iter().filter(|group| group.role != Role::Ceiling);
        let medians = models.filter_map(|group| group.spread(metric)).map(|spread| spread[1]);
        match better {
            Better::High => medians.max_by(f64::total_cmp),
            Better::Low => medians.min_by(f64::total_cmp),
            Better::Neither => None,
        }
    }
}

impl Group {
    /// Values of a metric, for all runs that have it.
    pub(super) fn values(&self, metric: &str) -> Vec<f64> {
        let values = self.scored.iter().filter_map(|run| run.scores.get(metric));
        values.copied().filter(|value| value.is_finite()).collect()
    }

    /// Minimum, median and maximum of a metric; the median of an even number of values is the mean of the
    /// middle two.
    pub(super) fn spread(&self, metric: &str) -> Option<[f64; 3]> {
        let mut values = self.values(metric);
        values.sort_by(f64::total_cmp);
        let (first, last) = (values.first()?, values.last()?);
        let middle = values.len() / 2;
        let median =
            if values.len() % 2 == 1 { values[middle] } else { (values[middle - 1] + values[middle]) / 2.0 };
        Some([*first, median, *last])
    }

    /// Name of a member of the group: the group's name, with the seed of a run.
    pub(super) fn member(&self, run: &ScoredRun) -> String {
        match self.role {
            Role::Method => format!("{}, seed {}", self.name, run.seed),
            Role::Model | Role::Ceiling => self.name.clone(),
        }
    }

    /// Name of the group, with the number of scored seeds if some are missing.
    pub(super) fn label(&self) -> String {
        match (self.scored.len(), self.missing.len()) {
            (_, 0) => self.name.clone(),
            (scored, missing) => format!("{} ({scored} of {} seeds)", self.name, scored + missing),
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Groups named `a`, `b`, … whose runs have the given NLL and MIG.
    pub(in super::super) fn results(groups: &[&[(f64, f64)]]) -> Results {
        let run = |seed: usize, (nll, mig): (f64, f64)| ScoredRun {
            name: format!("<run {seed}>"),
            seed: seed as u64,
            steps: 10,
            seconds: 1.0,
            device: "cpu".into(),
            config: "a = '</pre>'".into(),
            scores: [("nll", nll), ("mig", mig)].map(|(name, value)| (name.to_owned(), value)).into(),
        };
        let group = |(place, runs): (usize, &&[(f64, f64)])| Group {
            name: format!("{}|", char::from(b'a' + place as u8)),
            role: Role::Method,
            method: place,
            scored: runs.iter().enumerate().map(|(seed, &values)| run(seed, values)).collect(),
            missing: if runs.len() < 3 { vec!["x & y".into()] } else { Vec::new() },
        };
        Results {
            study: "s & <t>".into(),
            groups: groups.iter().enumerate().map(group).collect(),
            protocols: [("mig".to_owned(), "20 bins | <b>".to_owned())].into(),
        }
    }

    #[test]
    fn medians_and_spreads_match_hand_computed_ones() {
        let results = results(&[&[(9.0, 0.1), (5.0, 0.3), (7.0, f64::NAN)], &[(2.0, 0.6)], &[]]);
        assert_eq!(results.groups[0].spread("nll"), Some([5.0, 7.0, 9.0]));
        assert_eq!(results.groups[0].spread("mig"), Some([0.1, 0.2, 0.3]));
        assert_eq!((results.groups[2].spread("nll"), results.groups[1].spread("sap")), (None, None));
        assert_eq!(
            (results.best("nll", Better::Low), results.best("nll", Better::High)),
            (Some(2.0), Some(7.0))
        );
        assert_eq!(results.missing().map(|message| message.starts_with("2 of 6 runs")), Some(true));
        assert_eq!(results.groups[1].label(), "b| (1 of 2 seeds)");
    }
}
