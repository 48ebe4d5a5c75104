//! Objectives of minor versions 0 to 2: a name such as `beta + laplace + sparsity`, and one table with the
//! parameters of all parts.

use std::collections::BTreeMap;
use std::f64::consts::FRAC_1_SQRT_2;

use super::{Objective, Part, Prior};

/// Keys that stood for a term of `sparsity`, and the name that its number has in the typed form.
const SPARSITY: [(&str, &str); 8] = [
    ("activation", "weight"),
    ("rate", "weight"),
    ("weights", "weight"),
    ("motion", "weight"),
    ("redraw", "weight"),
    ("transitions", "weight"),
    ("named", "weight"),
    ("opening", "every"),
];
/// Keys of the loss on pairs, beside the `weight` of `redraw` or `transitions`.
const PAIRS: [&str; 3] = ["exchange", "focus", "purity"];

type Parameters = BTreeMap<String, f64>;

/// The typed form.
pub(super) fn objective(name: &str, mut parameters: Parameters) -> Objective {
    let (mut priors, mut parts) = (None, Vec::new());
    for word in name.split(" + ") {
        if let Some(found) = prior(word, &mut parameters) {
            priors = priors.or(Some(found));
        } else if word == "sparsity" {
            parts.extend(sparsity(&mut parameters));
        } else {
            let weight = (word == "pyramid").then(|| parameters.remove(word)).flatten();
            parts.push(Part { name: word.to_owned(), parameters: labelled("weight", weight) });
        }
    }
    // What is left belongs to what weighs the KL.
    if let Some(first) = parts.first_mut() {
        first.parameters.extend(parameters);
    }
    Objective { prior: priors.unwrap_or_default(), parts }
}

/// The prior of that name. Readers of these versions took the default for a number that is missing or
/// impossible.
fn prior(name: &str, parameters: &mut Parameters) -> Option<Prior> {
    let mut take = |key: &str, default: f64| {
        parameters.remove(key).filter(|value| value.is_finite() && *value > 0.0).unwrap_or(default)
    };
    Some(match name {
        "laplace" => Prior::Laplace { scale: take("scale", FRAC_1_SQRT_2) },
        "spike-slab" => Prior::SpikeSlab { active: take("active", 1.0).min(1.0) },
        "mixture" => Prior::Mixture {
            share: take("share", 0.5).min(1.0),
            narrow: take("narrow", 1.0),
            alignment: take("alignment", 0.0),
        },
        "relevance" => Prior::Relevance { strength: take("strength", 0.0), variances: Vec::new() },
        _ => return None,
    })
}

/// The terms of `sparsity` that have a parameter.
fn sparsity(parameters: &mut Parameters) -> Vec<Part> {
    let mut parts = Vec::new();
    for (name, label) in SPARSITY {
        if let Some(value) = parameters.remove(name) {
            parts.push(Part { name: name.to_owned(), parameters: labelled(label, Some(value)) });
        }
    }
    // The table held each of these once, even if two sources of pairs had set them: the last one's.
    if let Some(pairs) = parts.iter_mut().rev().find(|part| matches!(&*part.name, "redraw" | "transitions")) {
        let given = PAIRS.iter().filter_map(|&key| parameters.remove_entry(key));
        pairs.parameters.extend(given);
    }
    if let Some(named) = parts.iter_mut().find(|part| part.name == "named") {
        named.parameters.extend(parameters.remove_entry("apart"));
    }
    let gates = ["channels", "units"].map(|key| (key, parameters.remove(&format!("gates.{key}"))));
    let [mut gates, units] = gates.map(|(key, value)| labelled(key, value));
    gates.extend(units);
    if !gates.is_empty() {
        parts.push(Part { name: "gates".to_owned(), parameters: gates });
    }
    parts
}

fn labelled(name: &str, value: Option<f64>) -> Parameters {
    let mut parameters = Parameters::new();
    parameters.extend(value.map(|value| (name.to_owned(), value)));
    parameters
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(name: &str, parameters: &[(&str, f64)]) -> Objective {
        objective(name, Part::new("", parameters).parameters)
    }

    #[test]
    fn every_prior_is_found_with_its_numbers() {
        let found = |name: &str, parameters: &[(&str, f64)]| typed(name, parameters).prior;
        assert_eq!(found("vae", &[]), Prior::Gaussian);
        assert_eq!(found("beta + laplace", &[("beta", 4.0), ("scale", 0.5)]), Prior::Laplace { scale: 0.5 });
        assert_eq!(found("vae + laplace", &[("scale", -1.0)]), Prior::Laplace { scale: FRAC_1_SQRT_2 });
        assert_eq!(found("vae + spike-slab", &[("active", 0.2)]), Prior::SpikeSlab { active: 0.2 });
        let mixture = Prior::Mixture { share: 0.8, narrow: 0.1, alignment: 0.0 };
        assert_eq!(found("vae + mixture", &[("share", 0.8), ("narrow", 0.1), ("alignment", 0.0)]), mixture);
        let relevance = Prior::Relevance { strength: 1.0, variances: vec![] };
        assert_eq!(found("tc + relevance", &[("beta", 2.0), ("strength", 1.0)]), relevance);
    }

    #[test]
    fn every_parameter_goes_to_its_part() {
        let all = [
            ("activation", 0.003),
            ("apart", 5.0),
            ("beta", 0.05),
            ("exchange", 1.0),
            ("focus", 0.3),
            ("gates.channels", 0.02),
            ("gates.units", 0.5),
            ("named", 50.0),
            ("opening", 500.0),
            ("purity", 30.0),
            ("pyramid", 0.3),
            ("scale", 0.7),
            ("transitions", 5.0),
        ];
        let Objective { prior, parts } = typed("beta + laplace + sparsity + pyramid", &all);
        assert_eq!(prior, Prior::Laplace { scale: 0.7 });
        let expected = [
            Part::new("beta", &[("beta", 0.05)]),
            Part::new("activation", &[("weight", 0.003)]),
            Part::new("transitions", &[("weight", 5.0), ("exchange", 1.0), ("focus", 0.3), ("purity", 30.0)]),
            Part::new("named", &[("weight", 50.0), ("apart", 5.0)]),
            Part::new("opening", &[("every", 500.0)]),
            Part::new("gates", &[("channels", 0.02), ("units", 0.5)]),
            Part::new("pyramid", &[("weight", 0.3)]),
        ];
        assert_eq!(parts, expected);
        let capacity = [("gamma", 10.0), ("capacity", 5.0)];
        assert_eq!(typed("capacity", &capacity).parts, [Part::new("capacity", &capacity)]);
        let foreign = typed("somebody's loss", &[("lambda", 2.0)]);
        assert_eq!(foreign.parts, [Part::new("somebody's loss", &[("lambda", 2.0)])]);
    }
}
