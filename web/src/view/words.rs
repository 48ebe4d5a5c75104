//! Numbers and names as the page writes them.

use model::Card;

/// A number with `places` decimals and a true minus sign.
pub(super) fn number(value: f64, places: usize) -> String {
    let text = format!("{value:.places$}");
    match text.strip_prefix('-') {
        Some(rest) if rest.chars().any(|c| c.is_ascii_digit() && c != '0') => format!("−{rest}"),
        Some(rest) => rest.to_owned(),
        None => text,
    }
}

/// A share as the style writes it.
pub(super) fn percent(share: f32) -> String {
    format!("{:.2}%", 100.0 * share)
}

/// A number in as many decimals as tell something: four below one, else two, no trailing zeros.
pub(super) fn brief(value: f64) -> String {
    let text = number(value, if value.abs() < 1.0 { 4 } else { 2 });
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// A whole number with thin spaces between groups of three digits.
pub(super) fn grouped(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push('\u{2009}');
        }
        text.push(digit);
    }
    text
}

/// Bytes, in kB or MB.
pub(super) fn size(bytes: u64) -> String {
    match bytes {
        0..1_000_000 => format!("{} kB", bytes.div_ceil(1000)),
        _ => format!("{} MB", number(bytes as f64 / 1e6, 1)),
    }
}

/// What a unit tells most of, and how surely: an attribute with the areas under the ROC curve of this
/// unit and of the next best, or a factor with the share of its entropy.
pub(super) fn factor(card: &Card, unit: usize) -> Option<String> {
    if let Some(told) = card.attribute(unit) {
        let name = told.name.replace('_', " ");
        let [area, next] = [told.area, told.next_area].map(|area| number(area.into(), 2));
        return Some(format!("{name} AUC {area}, next {next}"));
    }
    let matched = card.units.get(unit)?.factor.as_ref()?;
    Some(format!("{} {} %", matched.name, number(f64::from(matched.information) * 100.0, 0)))
}

/// A unit's name, with its factor where one is known.
pub(super) fn unit(card: &Card, unit: usize) -> String {
    match factor(card, unit) {
        Some(factor) => format!("unit {unit} · {factor}"),
        None => format!("unit {unit}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples;

    #[test]
    fn numbers_read_well() {
        assert_eq!([number(-1.25, 1), number(-0.001, 2), number(2.0, 0)], ["−1.2", "0.00", "2"]);
        assert_eq!(
            [brief(4.0), brief(0.01), brief(0.5f64.sqrt()), brief(-81.87)],
            ["4", "0.01", "0.7071", "−81.87"]
        );
        assert_eq!([grouped(7), grouped(1234), grouped(737_280)], ["7", "1\u{2009}234", "737\u{2009}280"]);
        assert_eq!([size(12_345), size(3_100_000)], ["13 kB", "3.1 MB"]);
    }

    #[test]
    fn units_are_named_by_their_factor_where_it_is_known() {
        let card = samples::card(1, 2);
        assert_eq!([unit(&card, 0), unit(&card, 1)], ["unit 0 · posX 70 %", "unit 1"]);
    }

    #[test]
    fn units_of_photographs_are_named_by_what_they_tell_and_how_surely() {
        let mut card = samples::card(1, 3);
        let told = |name: &str, unit, area| samples::attribute(name, unit, area);
        card.attributes = vec![told("Bangs", 0, 0.84), told("Wearing_Hat", 0, 0.7), told("Young", 1, 0.59)];
        assert_eq!(unit(&card, 0), "unit 0 · Bangs AUC 0.84, next 0.55");
        assert_eq!(unit(&card, 1), "unit 1", "hardly better than chance");
        card.attributes[0].unit = 2;
        assert_eq!(
            [unit(&card, 0), unit(&card, 2)],
            ["unit 0 · Wearing Hat AUC 0.70, next 0.55", "unit 2 · Bangs AUC 0.84, next 0.55"]
        );
    }
}
