//! What a model was trained to minimise: the prior of its codes, and the other parts of the loss.

use std::collections::BTreeMap;
use std::f64::consts::TAU;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::untyped;

/// The parts of the loss, each with its parameters.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Read")]
pub struct Objective {
    /// The prior of the codes.
    pub prior: Prior,
    /// The other parts: what weighs the KL first, then everything that is added.
    pub parts: Vec<Part>,
}

/// A part of the loss besides reconstruction and prior.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// Its name, such as `beta` or `activation`.
    pub name: String,
    /// Its numbers by name; of a weight that moves, the last.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub parameters: BTreeMap<String, f64>,
}

/// The prior p(z) of a unit. Circles are uniform whatever the prior of the other units.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", try_from = "ReadPrior")]
pub enum Prior {
    /// N(0, 1).
    #[default]
    Gaussian,
    /// exp(−|z|/b) / 2b.
    Laplace {
        /// Scale b, above 0.
        scale: f64,
    },
    /// α·N(0, 1) + (1 − α)·δ₀.
    SpikeSlab {
        /// Share α of active units, above 0 and at most 1.
        active: f64,
    },
    /// s·N(0, t²) + (1 − s)·N(0, 1).
    Mixture {
        /// Share s of the narrow component, above 0 and at most 1.
        share: f64,
        /// Its standard deviation t, above 0.
        narrow: f64,
        /// Weight of the distance between aggregate posterior and prior, 0 or above.
        alignment: f64,
    },
    /// N(0, v) with a learnt variance v for each unit. The exported network measures each unit in √v, so
    /// that the prior of the file's codes is N(0, 1).
    Relevance {
        /// Weight η of what an active unit costs, 0 or above.
        strength: f64,
        /// The learnt v of each unit that is no circle; empty in files of minor versions 0 to 2.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        variances: Vec<f32>,
    },
}

/// A prior as in a card. Deriving this from a tagged enum would be shorter, but makes the page larger.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReadPrior {
    kind: String,
    scale: Option<f64>,
    active: Option<f64>,
    share: Option<f64>,
    narrow: Option<f64>,
    alignment: Option<f64>,
    strength: Option<f64>,
    variances: Option<Vec<f32>>,
}

impl TryFrom<ReadPrior> for Prior {
    type Error = String;

    fn try_from(read: ReadPrior) -> Result<Self, Self::Error> {
        let ReadPrior { kind, scale, active, share, narrow, alignment, strength, variances } = read;
        let numbers = [scale, active, share, narrow, alignment, strength].map(|number| number.is_some());
        let counted = numbers.into_iter().filter(|&given| given).count() + usize::from(variances.is_some());
        let optional = usize::from(alignment.is_some()) + usize::from(variances.is_some());
        let prior = match kind.as_str() {
            "gaussian" => Some((Self::Gaussian, 0)),
            "laplace" => scale.map(|scale| (Self::Laplace { scale }, 1)),
            "spike-slab" => active.map(|active| (Self::SpikeSlab { active }, 1)),
            "mixture" if variances.is_none() => share.zip(narrow).map(|(share, narrow)| {
                (Self::Mixture { share, narrow, alignment: alignment.unwrap_or(0.0) }, 2 + optional)
            }),
            "relevance" if alignment.is_none() => strength.map(|strength| {
                (Self::Relevance { strength, variances: variances.unwrap_or_default() }, 1 + optional)
            }),
            _ => None,
        };
        match prior {
            Some((prior, needed)) if needed == counted => Ok(prior),
            _ => Err(format!("the prior `{kind}` is unknown, or its numbers are not those of its kind")),
        }
    }
}

/// As a card holds it: the typed form, or the one of minor versions 0 to 2.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Read {
    prior: Option<Prior>,
    parts: Option<Vec<Part>>,
    name: Option<String>,
    parameters: Option<BTreeMap<String, f64>>,
}

impl TryFrom<Read> for Objective {
    type Error = &'static str;

    fn try_from(read: Read) -> Result<Self, Self::Error> {
        match read {
            Read { prior: Some(prior), parts: Some(parts), name: None, parameters: None } => {
                Ok(Self { prior, parts })
            }
            Read { prior: None, parts: None, name: Some(name), parameters } => {
                Ok(untyped::objective(&name, parameters.unwrap_or_default()))
            }
            _ => Err("the objective needs `prior` and `parts`, and nothing else"),
        }
    }
}

impl Objective {
    /// An objective that is known by name only, with the prior N(0, 1).
    pub fn named(name: &str) -> Self {
        Self { prior: Prior::Gaussian, parts: vec![Part::new(name, &[])] }
    }

    /// All parts for a list that people read: the prior comes second, and is left out if it is N(0, 1).
    pub fn listed(&self) -> Vec<Part> {
        let mut all = self.parts.clone();
        let parameters: &[(&str, f64)] = match &self.prior {
            Prior::Gaussian => return all,
            Prior::Laplace { scale } => &[("scale", *scale)],
            Prior::SpikeSlab { active } => &[("active", *active)],
            Prior::Mixture { share, narrow, alignment } => {
                &[("share", *share), ("narrow", *narrow), ("alignment", *alignment)]
            }
            Prior::Relevance { strength, .. } => &[("strength", *strength)],
        };
        all.insert(all.len().min(1), Part::new(self.prior.kind(), parameters));
        all
    }

    /// Whether every number of it can be used.
    pub(super) fn is_sound(&self) -> bool {
        self.prior.is_sound()
            && self.parts.iter().flat_map(|part| part.parameters.values()).all(|value| value.is_finite())
    }
}

/// In a line: `beta (beta 4) + laplace (scale 0.7071) + pyramid (weight 0.3)`.
impl fmt::Display for Objective {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        for (place, part) in self.listed().iter().enumerate() {
            write!(f, "{}{}", if place == 0 { "" } else { " + " }, part.name)?;
            for (place, (name, value)) in part.parameters.iter().enumerate() {
                let between = if place == 0 { " (" } else { ", " };
                write!(f, "{between}{name} {}", (value * 1e4).round() / 1e4)?;
            }
            f.write_str(if part.parameters.is_empty() { "" } else { ")" })?;
        }
        Ok(())
    }
}

impl Part {
    /// A part with its parameters.
    pub fn new(name: &str, parameters: &[(&str, f64)]) -> Self {
        let mut part = Self { name: name.to_owned(), parameters: BTreeMap::new() };
        // Collecting compiles a sort into the page.
        part.parameters.extend(parameters.iter().map(|(name, value)| ((*name).to_owned(), *value)));
        part
    }
}

impl Prior {
    /// Its `kind` in the card.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Gaussian => "gaussian",
            Self::Laplace { .. } => "laplace",
            Self::SpikeSlab { .. } => "spike-slab",
            Self::Mixture { .. } => "mixture",
            Self::Relevance { .. } => "relevance",
        }
    }

    /// Whether the prior of the file's codes is N(0, 1).
    pub fn is_standard_normal(&self) -> bool {
        matches!(self, Self::Gaussian | Self::Relevance { .. })
    }

    /// p(z) of the file's codes; of a spike and slab the slab alone, since the spike has no density.
    pub fn density(&self, z: f64) -> f64 {
        let normal = |std: f64| (-0.5 * (z / std).powi(2)).exp() / (std * TAU.sqrt());
        match self {
            Self::Gaussian | Self::Relevance { .. } => normal(1.0),
            Self::Laplace { scale } => (-z.abs() / scale).exp() / (2.0 * scale),
            Self::SpikeSlab { active } => active * normal(1.0),
            Self::Mixture { share, narrow, .. } => share * normal(*narrow) + (1.0 - share) * normal(1.0),
        }
    }

    fn is_sound(&self) -> bool {
        let positive = |value: f64| value.is_finite() && value > 0.0;
        let share = |value: f64| value > 0.0 && value <= 1.0;
        let weight = |value: f64| value.is_finite() && value >= 0.0;
        match self {
            Self::Gaussian => true,
            Self::Laplace { scale } => positive(*scale),
            Self::SpikeSlab { active } => share(*active),
            Self::Mixture { share: narrows, narrow, alignment } => {
                share(*narrows) && positive(*narrow) && weight(*alignment)
            }
            Self::Relevance { strength, variances } => {
                weight(*strength) && variances.iter().all(|&variance| positive(variance.into()))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> Vec<Prior> {
        vec![
            Prior::Gaussian,
            Prior::Laplace { scale: 0.5 },
            Prior::SpikeSlab { active: 0.2 },
            Prior::Mixture { share: 0.8, narrow: 0.1, alignment: 2.0 },
            Prior::Relevance { strength: 0.5, variances: vec![0.5, 2.0] },
        ]
    }

    #[test]
    fn every_prior_reads_back_the_same() -> Result<(), serde_json::Error> {
        for prior in all() {
            let written = Objective { prior, parts: vec![Part::new("beta", &[("beta", 4.0)])] };
            let text = serde_json::to_string(&written)?;
            assert!(text.contains(&format!("\"kind\":\"{}\"", written.prior.kind())), "{text}");
            assert_eq!(serde_json::from_str::<Objective>(&text)?, written);
            assert!(written.is_sound());
        }
        Ok(())
    }

    #[test]
    fn other_forms_are_refused() {
        for wrong in [
            "{}",
            r#"{"prior":{"kind":"gaussian"}}"#,
            r#"{"prior":{"kind":"gaussian"},"parts":[],"name":"vae"}"#,
            r#"{"prior":{"kind":"cauchy"},"parts":[]}"#,
            r#"{"prior":{"kind":"laplace"},"parts":[]}"#,
            r#"{"prior":{"kind":"laplace","scale":1,"width":2},"parts":[]}"#,
            r#"{"parameters":{"beta":4.0}}"#,
        ] {
            assert!(serde_json::from_str::<Objective>(wrong).is_err(), "{wrong} was accepted");
        }
    }

    #[test]
    fn impossible_numbers_are_found() {
        for prior in [
            Prior::Laplace { scale: 0.0 },
            Prior::SpikeSlab { active: 1.5 },
            Prior::Mixture { share: 0.5, narrow: -1.0, alignment: 0.0 },
            Prior::Relevance { strength: 0.5, variances: vec![1.0, f32::NAN] },
        ] {
            assert!(!prior.is_sound(), "{prior:?}");
        }
        let parts = vec![Part::new("beta", &[("beta", f64::INFINITY)])];
        assert!(!Objective { prior: Prior::Gaussian, parts }.is_sound());
    }

    #[test]
    fn an_objective_is_a_line() {
        assert_eq!(Objective::named("vae").to_string(), "vae");
        let prior = Prior::Laplace { scale: std::f64::consts::FRAC_1_SQRT_2 };
        let parts = vec![
            Part::new("beta", &[("beta", 4.0)]),
            Part::new("redraw", &[("purity", 30.0), ("weight", 5.0)]),
        ];
        let line = Objective { prior, parts }.to_string();
        assert_eq!(line, "beta (beta 4) + laplace (scale 0.7071) + redraw (purity 30, weight 5)");
    }

    #[test]
    fn densities_add_up_to_one() {
        for prior in all() {
            let sum: f64 =
                (-40_000..40_000).map(|i| prior.density(f64::from(i) * 5e-4 + 2.5e-4) * 5e-4).sum();
            let expected = if let Prior::SpikeSlab { active } = prior { active } else { 1.0 };
            assert!((sum - expected).abs() < 1e-3, "{prior:?}: {sum}");
        }
    }
}
