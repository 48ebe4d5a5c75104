//! Output for people: tables for the terminal, pictures as PNG, and reports of studies.

mod axis;
mod canvas;
mod histograms;
mod reconstructions;
pub mod study;
mod table;
mod text;
mod theme;
mod traversal;

pub use canvas::Canvas;
pub use histograms::histograms;
pub use reconstructions::reconstructions;
pub use table::{Column, Table};
pub use traversal::{Base, traversal};

/// Formats a number with thousands separators.
pub fn thousands(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Formats a count with its noun, given in the singular: `1 unit`, `2,000 units`.
pub fn counted(count: u64, thing: &str) -> String {
    format!("{} {thing}{}", thousands(count), if count == 1 { "" } else { "s" })
}

/// Formats an objective with its parameters: `sparse: activation 0.01, beta 4, scale 0.7071`.
pub fn objective(objective: &model::card::Objective) -> String {
    let parameters: Vec<String> = objective
        .parameters
        .iter()
        .map(|(name, value)| format!("{name} {}", (value * 1e4).round() / 1e4))
        .collect();
    if parameters.is_empty() {
        objective.name.clone()
    } else {
        format!("{}: {}", objective.name, parameters.join(", "))
    }
}

/// Data, objective and length of training, in one line.
fn subtitle(card: &model::Card) -> String {
    let steps = counted(card.training.steps, "step");
    format!("{} · {} · {steps}", card.training.dataset, objective(&card.objective))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_separated() {
        assert_eq!(
            [0, 999, 1000, 737_280, 1_000_000].map(thousands),
            ["0", "999", "1,000", "737,280", "1,000,000"]
        );
    }

    #[test]
    fn one_thing_is_singular() {
        assert_eq!([0, 1, 1000].map(|n| counted(n, "unit")), ["0 units", "1 unit", "1,000 units"]);
    }

    #[test]
    fn an_objective_is_a_line() {
        let parameters = [("beta", 4.0), ("scale", std::f64::consts::FRAC_1_SQRT_2)];
        let mut sparse = model::card::Objective {
            name: "sparse".into(),
            parameters: parameters.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
        };
        assert_eq!(objective(&sparse), "sparse: beta 4, scale 0.7071");
        sparse.parameters.clear();
        assert_eq!(objective(&sparse), "sparse");
    }
}
