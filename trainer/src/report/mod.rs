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

/// Data, objective and length of training, in one line.
fn subtitle(card: &model::Card) -> String {
    let steps = counted(card.training.steps, "step");
    format!("{} · {} · {steps}", card.training.dataset, card.objective)
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
}
