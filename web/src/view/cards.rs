//! What the models' cards hold, side by side: how each was trained, and every score.

use model::Card;
use web_sys::Element;

use super::words::brief;
use crate::page::{Dom, Drawn};
use crate::state::State;

/// Draws the table.
pub(super) fn draw(dom: &Dom, state: &State) -> Drawn {
    let body: Element = dom.get("cards")?;
    body.replace_children_with_node_0();
    let cards = state.sides.each_ref().map(|side| side.model().map(|model| model.card.scores.as_slice()));
    let mut metrics: Vec<&str> = Vec::new();
    for score in cards.into_iter().flatten().flatten() {
        if !metrics.contains(&score.metric.as_str()) {
            metrics.push(&score.metric);
        }
    }
    let trained = |title: &str, text: fn(&Card) -> String| {
        let row = dom.add(&body, "tr", &[], "")?;
        dom.add(&row, "th", &[("scope", "row")], title)?;
        for side in &state.sides {
            let text = side.model().map_or_else(|| "–".to_owned(), |model| text(&model.card));
            dom.add(&row, "td", &[], &text)?;
        }
        Drawn::Ok(())
    };
    trained("trained with", |card| card.objective.name.clone())?;
    trained("its numbers", numbers)?;
    if state.sides.iter().any(|side| side.model().is_some_and(|model| model.card.origin.is_some())) {
        trained("its origin", |card| {
            card.origin.clone().unwrap_or_else(|| "trained with Latentscope".into())
        })?;
    }
    for metric in metrics {
        let row = dom.add(&body, "tr", &[], "")?;
        dom.add(&row, "th", &[("scope", "row")], &metric.replace('_', " "))?;
        for scores in cards {
            let score = scores.unwrap_or_default().iter().find(|score| score.metric == metric);
            let value = score.map_or_else(|| "–".to_owned(), |score| brief(score.value));
            let how = score.map_or("", |score| score.protocol.as_str());
            dom.add(&row, "td", &[("title", how)], &value)?;
        }
    }
    Ok(())
}

/// The objective's parameters.
fn numbers(card: &Card) -> String {
    let parameters = card.objective.parameters.iter();
    let named: Vec<String> = parameters.map(|(name, value)| format!("{name} {}", brief(*value))).collect();
    if named.is_empty() { "–".to_owned() } else { named.join(", ") }
}
