//! The check of the claim: each score of both models as it was just measured, beside the card's.

use web_sys::{Element, HtmlElement, HtmlProgressElement};

use super::words::number;
use crate::page::{Dom, Drawn};
use crate::state::State;
use crate::worker::SIDES;

/// Names of the scores that are checked, and how the page calls them.
const METRICS: [(&str, &str); 6] = [
    ("mig", "MIG"),
    ("dci_disentanglement", "DCI disentanglement"),
    ("dci_completeness", "DCI completeness"),
    ("dci_informativeness", "DCI informativeness"),
    ("factor_vae", "FactorVAE"),
    ("beta_vae", "BetaVAE"),
];

/// Draws the table, the progress and the protocols.
pub(super) fn draw(dom: &Dom, state: &State) -> Drawn {
    let share = state.verdict.share();
    dom.show("judging", share.is_some())?;
    dom.show("stop", share.is_some())?;
    for id in ["check", "check-fully"] {
        dom.get::<HtmlElement>(id)?.toggle_attribute_with_force("disabled", share.is_some())?;
    }
    dom.get::<HtmlProgressElement>("judging")?.set_value(f64::from(share.unwrap_or(0.0)));
    let body: Element = dom.get("verdict")?;
    body.replace_children_with_node_0();
    let how: Element = dom.get("protocols")?;
    how.replace_children_with_node_0();
    for (metric, name) in METRICS {
        let row = dom.add(&body, "tr", &[], "")?;
        dom.add(&row, "th", &[("scope", "row")], name)?;
        for side in 0..SIDES {
            let found = state.found(side).and_then(|found| found.as_ref().ok());
            let here = found.and_then(|scores| scores.iter().find(|score| score.metric == metric));
            let model = state.sides[side].model();
            let card = model.and_then(|m| m.card.scores.iter().find(|score| score.metric == metric));
            let text = |value: Option<f64>| value.map_or("–".to_owned(), |value| number(value, 3));
            let class = format!("here side-{side}");
            dom.add(&row, "td", &[("class", &class)], &text(here.map(|score| score.value)))?;
            dom.add(&row, "td", &[], &text(card.map(|score| score.value)))?;
            if side == 0 {
                dom.add(&how, "dt", &[], name)?;
            }
            let title = state.title(side);
            if let Some(here) = here {
                dom.add(&how, "dd", &[], &format!("{title}, here: {}.", here.protocol))?;
            }
            if let Some(card) = card {
                dom.add(&how, "dd", &[], &format!("{title}, card: {}.", card.protocol))?;
            }
        }
    }
    let failures: Vec<String> = (0..SIDES)
        .filter_map(|side| Some(format!("{}: {}.", state.title(side), state.found(side)?.as_ref().err()?)))
        .collect();
    dom.set_text("verdict-failure", &failures.join(" "))?;
    dom.show("verdict-failure", !failures.is_empty())
}
