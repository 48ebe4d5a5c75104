//! Round tick values for an axis.

/// Returns about `count` multiples of 1, 2 or 5 times a power of ten within `low..=high`.
pub(super) fn ticks(low: f32, high: f32, count: usize) -> Vec<f32> {
    let span = f64::from(high) - f64::from(low);
    if !(span.is_finite() && span > 0.0) || count == 0 {
        return vec![low];
    }
    let rough = span / count as f64;
    let power = 10f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].map(|factor| factor * power);
    let step = step.into_iter().find(|step| *step >= rough * 0.999).unwrap_or(10.0 * power);
    let first = (f64::from(low) / step - 1e-6).ceil() as i64;
    let last = (f64::from(high) / step + 1e-6).floor() as i64;
    (first..=last).map(|multiple| (multiple as f64 * step) as f32).collect()
}

/// Formats a number with as many digits as needed and a proper minus sign.
pub(super) fn number(value: f32) -> String {
    let size = value.abs();
    let text = match size {
        _ if size >= 1000.0 => format!("{size:.0}"),
        _ if size >= 1.0 || size == 0.0 => trim(&format!("{size:.2}")),
        _ => trim(&format!("{size:.3}")),
    };
    if value < 0.0 && text != "0" { format!("−{text}") } else { text }
}

fn trim(decimal: &str) -> String {
    decimal.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_inside() {
        assert_eq!(ticks(-3.7, 3.7, 4), [-2.0, 0.0, 2.0]);
        assert_eq!(ticks(0.0, 1.0, 4), [0.0, 0.5, 1.0]);
        assert_eq!(ticks(0.0, 0.4, 4), [0.0, 0.1, 0.2, 0.3, 0.4]);
        assert_eq!(ticks(2.0, 2.0, 4), [2.0]);
        assert_eq!(ticks(f32::NAN, 1.0, 4).len(), 1);
    }

    #[test]
    fn numbers_are_short() {
        assert_eq!(
            [0.0, -2.0, 0.5, 1.25, 0.041, -0.0001, 12345.6].map(number),
            ["0", "−2", "0.5", "1.25", "0.041", "0", "12346"]
        );
    }
}
