//! The head of each side: which model, how far it is, and what its card says.

use model::Card;
use web_sys::{Element, HtmlProgressElement, HtmlSelectElement};

use super::words::{grouped, number, size};
use crate::page::{Dom, Drawn};
use crate::state::{Phase, Side, State};

/// Fills a side's menu.
pub(super) fn draw(dom: &Dom, state: &State, side: usize) -> Drawn {
    let menu: HtmlSelectElement = dom.get(&format!("menu-{side}"))?;
    menu.replace_children_with_node_0();
    let sets = state.sets();
    for set in &sets {
        let group: Element = match sets.len() {
            0 | 1 => menu.clone().into(),
            _ => dom.add(&menu, "optgroup", &[("label", set)], "")?,
        };
        for entry in state.entries.iter().filter(|entry| entry.set == *set) {
            dom.add(&group, "option", &[("value", &entry.name)], &entry.title)?;
        }
    }
    let own = &state.sides[side].own;
    if let Some(own) = own {
        dom.add(&menu, "option", &[("value", "")], &own.title())?;
    }
    menu.set_disabled(state.entries.is_empty() && own.is_none());
    let chosen = state.sides[side].entry;
    menu.set_selected_index(chosen.map_or(-1, |entry| entry as i32));
    // Other panels call the model by its title.
    let title = state.title(side);
    let names = dom.document().query_selector_all(&format!("[data-name=\"{side}\"]"))?;
    for i in 0..names.length() {
        if let Some(name) = names.get(i) {
            name.set_text_content(Some(&title));
        }
    }
    Ok(())
}

/// Shows how far a side is, its failure, or what its card says.
pub(super) fn side(dom: &Dom, side: &Side, index: usize) -> Drawn {
    let failure = match &side.phase {
        Phase::Failed(sentence) => Some(sentence.as_str()),
        _ => None,
    };
    dom.set_text(&format!("failure-{index}"), failure.unwrap_or_default())?;
    dom.show(&format!("failure-{index}"), failure.is_some())?;
    let about = format!("about-{index}");
    dom.set_text(&about, &side.model().map(|model| facts(&model.card, model.active)).unwrap_or_default())?;
    dom.get::<Element>(&about)?
        .set_attribute("data-ready", if side.model().is_some() { "true" } else { "" })?;
    progress(dom, side, index)
}

/// Moves a side's progress bar.
pub(super) fn progress(dom: &Dom, side: &Side, index: usize) -> Drawn {
    let Phase::Loading { received, total, .. } = side.phase else {
        return dom.show(&format!("loading-{index}"), false);
    };
    dom.show(&format!("loading-{index}"), true)?;
    let bar: HtmlProgressElement = dom.get(&format!("progress-{index}"))?;
    bar.set_max(total.max(received).max(1) as f64);
    bar.set_value(received as f64);
    dom.set_text(&format!("arrived-{index}"), &format!("{} of {}", size(received), size(total.max(received))))
}

/// Scores that the line names, and how; a card may hold many more.
const SHOWN: [(&str, &str); 5] = [
    ("nll", "NLL"),
    ("mig", "MIG"),
    ("dci_disentanglement", "DCI"),
    ("factor_vae", "FactorVAE"),
    ("beta_vae", "BetaVAE"),
];

/// What a card says in one line.
fn facts(card: &Card, active: usize) -> String {
    let mut facts = vec![
        format!("{active} of {} units active", card.units.len()),
        match card.training.steps {
            0 => format!("imported, on {}", card.training.dataset),
            steps => format!("{} steps on {}", grouped(steps), card.training.dataset),
        },
    ];
    let score = |metric: &str| card.scores.iter().find(|score| score.metric == metric);
    let named = SHOWN.iter().filter_map(|(metric, name)| Some((name, score(metric)?.value)));
    facts.extend(
        named.map(|(name, value)| format!("{name} {}", number(value, if value < 10.0 { 2 } else { 1 }))),
    );
    facts.join(" · ")
}
