//! Formats numbers and names for the page.

use model::Card;
use model::card::{Objective, Part, Prior};

use crate::dom::{Dom, Drawn};
use crate::state::State;
use crate::worker::SIDES;

/// Formats a number with `places` decimals and a proper minus sign.
pub(super) fn number(value: f64, places: usize) -> String {
    let text = format!("{value:.places$}");
    match text.strip_prefix('-') {
        Some(rest) if rest.chars().any(|c| c.is_ascii_digit() && c != '0') => format!("−{rest}"),
        Some(rest) => rest.to_owned(),
        None => text,
    }
}

/// Formats a fraction as a CSS percentage.
pub(super) fn percent(share: f32) -> String {
    format!("{:.2}%", 100.0 * share)
}

/// Formats a number briefly: up to four decimals below one, otherwise two, without trailing zeros.
pub(super) fn brief(value: f64) -> String {
    let text = number(value, if value.abs() < 1.0 { 4 } else { 2 });
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Formats an integer with thin spaces between groups of three digits.
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

/// Formats a size in kB or MB.
pub(super) fn size(bytes: u64) -> String {
    match bytes {
        0..1_000_000 => format!("{} kB", bytes.div_ceil(1000)),
        _ => format!("{} MB", number(bytes as f64 / 1e6, 1)),
    }
}

/// Symbol of a unit, such as z₁₁.
pub(super) fn symbol(unit: usize) -> String {
    let digits = unit.to_string();
    let low = |digit: u8| char::from_u32(0x2080 + u32::from(digit - b'0')).unwrap_or('?');
    std::iter::once('z').chain(digits.bytes().map(low)).collect()
}

/// Symbol of a unit, as markup.
pub(super) fn label(unit: usize) -> String {
    format!("<i>z</i><sub>{unit}</sub>")
}

/// Name of a unit: the factor or attribute that it encodes, if known and in use, and its symbol.
pub(super) fn unit(card: &Card, unit: usize) -> String {
    let factor = card.attribute(unit).map(|factor| factor.name.replace('_', " ")).or_else(|| {
        let entry = card.units.get(unit).filter(|entry| entry.is_active())?;
        Some(entry.factor.as_ref()?.name.clone())
    });
    match factor {
        Some(factor) => format!("{factor} ({})", symbol(unit)),
        None => symbol(unit),
    }
}

/// Display name of a score.
pub(super) fn metric(name: &str) -> &str {
    match name {
        "nll" => "NLL, nats",
        "mse" => "MSE",
        "ssim" => "SSIM",
        "kl" => "KL, nats",
        "elbo" => "ELBO, nats",
        "active_units" => "numbers in use",
        "hoyer_code" => "sparsity of codes (Hoyer)",
        "hoyer_activations" => "sparsity of activations (Hoyer)",
        "zero_weights" => "weights at zero",
        "mig" => "MIG",
        "dci_disentanglement" => "DCI disentanglement",
        "dci_completeness" => "DCI completeness",
        "dci_informativeness" => "DCI informativeness",
        "sap" => "SAP",
        "irs" => "IRS",
        "infomec_modularity" => "InfoMEC modularity",
        "infomec_compactness" => "InfoMEC compactness",
        "infomec_explicitness" => "InfoMEC explicitness",
        "beta_vae" => "BetaVAE score",
        "factor_vae" => "FactorVAE score",
        "mmd2" => "MMD² of codes and prior",
        "precision" => "precision of samples",
        "recall" => "recall of samples",
        other => other,
    }
}

/// Describes a prior and the other parts of a loss, with their weights first.
pub(super) fn objective(objective: &Objective) -> String {
    let prior = match objective.prior {
        Prior::Gaussian => "prior N(0, 1)",
        Prior::Laplace { .. } => "Laplace prior",
        Prior::SpikeSlab { .. } => "spike-and-slab prior",
        Prior::Mixture { .. } => "mixture prior",
        Prior::Relevance { .. } => "prior with learnt variances",
    };
    objective.parts.iter().fold(prior.to_owned(), |text, part| text + "; " + &described(part))
}

fn described(part: &Part) -> String {
    let title = match part.name.as_str() {
        "vae" => "ELBO",
        "beta" => "β",
        "tc" | "beta-tcvae" => "β-TCVAE",
        "factor" => "FactorVAE",
        "dip" => "DIP-VAE",
        "capacity" => "capacity of the KL",
        "activation" => "few active neurons",
        "weights" => "few weights",
        "gates" => "few channels",
        "redraw" => "pairs from image motions",
        "transitions" => "pairs that differ in one factor",
        "named" => "units with known values",
        "pyramid" => "Laplacian pyramid",
        other => other,
    };
    let main = |name: &str| matches!(name, "weight" | "beta");
    let (weight, others): (Vec<_>, Vec<_>) = part.parameters.iter().partition(|(name, _)| main(name));
    let mut text = title.to_owned();
    for (place, (name, value)) in weight.into_iter().chain(others).enumerate() {
        text += if place == 0 { " " } else { ", " };
        if !main(name) {
            text = text + name + " ";
        }
        text += &((value * 1e6).round() / 1e6).to_string();
    }
    text
}

/// Shows the titles of the models, wherever they appear.
pub(super) fn titles(dom: &Dom, state: &State) -> Drawn {
    for side in 0..SIDES {
        let title = state.title(side);
        for name in dom.all(&format!("[data-name=\"{side}\"]"))? {
            name.set_text_content(Some(&title));
        }
    }
    Ok(())
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
    fn a_loss_is_described_in_words() {
        let part = |name: &str, numbers: &[(&str, f64)]| Part {
            name: name.into(),
            parameters: numbers.iter().map(|&(name, value)| (name.into(), value)).collect(),
        };
        let parts = vec![
            part("beta", &[("beta", 0.1)]),
            part("activation", &[("weight", 0.00003)]),
            part("redraw", &[("exchange", 0.01), ("purity", 0.9 - 1e-9), ("weight", 5.0)]),
            part("mine", &[]),
        ];
        let text = objective(&Objective { prior: Prior::Laplace { scale: 0.5 }, parts });
        assert_eq!(
            text,
            "Laplace prior; β 0.1; few active neurons 0.00003; pairs from image motions 5, exchange 0.01, \
             purity 0.9; mine"
        );
    }

    #[test]
    fn units_are_named_by_what_they_tell_and_by_their_symbol() {
        let mut card = samples::card(1, 12);
        assert_eq!([unit(&card, 0), unit(&card, 11)], ["posX (z₀)", "z₁₁"]);
        let factor = card.units[0].factor.clone();
        card.units[2].factor = factor;
        assert_eq!(unit(&card, 2), "z₂", "what carries nothing tells nothing");
        card.attributes = vec![samples::attribute("Wearing_Hat", 1, 0.84)];
        assert_eq!(unit(&card, 1), "Wearing Hat (z₁)");
    }
}
