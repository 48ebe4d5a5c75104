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

/// Longest line of an error's message, in letters.
const LONGEST_LINE: usize = 200;

/// Shortens a message that may quote a file: excerpts of lines above 200 letters are left out, and other
/// such lines are cut.
pub fn brief(message: &str) -> String {
    let line = |line: &str| match line.char_indices().nth(LONGEST_LINE) {
        None => Some(line.to_owned()),
        // The excerpt, or the caret below it.
        Some(_) if line.contains(" |") => None,
        Some((end, _)) => Some(format!("{}…", &line[..end])),
    };
    message.trim_end().lines().filter_map(line).collect::<Vec<_>>().join("\n")
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
    fn long_lines_of_messages_are_left_out_or_cut() {
        let wide = "x".repeat(300);
        let message = format!("error at line 2\n  |\n2 | {wide}\n  | {}^\nno key {wide}\n", " ".repeat(300));
        let cut = format!("error at line 2\n  |\nno key {}…", &wide[..LONGEST_LINE - 7]);
        assert_eq!(brief(&message), cut);
        assert_eq!(brief("é\n"), "é");
    }

    #[test]
    fn one_thing_is_singular() {
        assert_eq!([0, 1, 1000].map(|n| counted(n, "unit")), ["0 units", "1 unit", "1,000 units"]);
    }
}
