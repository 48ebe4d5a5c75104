//! The choice of a data set, where models of several are on offer.

use web_sys::{Element, HtmlInputElement};

use crate::page::{Dom, Drawn};
use crate::state::State;

/// Offers the sets, and marks the one that both models learnt from.
pub(super) fn draw(dom: &Dom, state: &State) -> Drawn {
    let sets = state.sets();
    let offer: Element = dom.get("sets")?;
    dom.show("sets", sets.len() > 1)?;
    // Built once: a choice that is built again loses the keyboard's focus.
    if offer.query_selector("input")?.is_none() {
        for (i, set) in sets.iter().enumerate() {
            let label = dom.add(&offer, "label", &[], "")?;
            let (id, number) = (format!("set-{i}"), i.to_string());
            let purpose = [("id", id.as_str()), ("data-unit", &number), ("data-action", "set")];
            let input = dom.add(&label, "input", &purpose, "")?;
            input.set_attribute("type", "radio")?;
            input.set_attribute("name", "set")?;
            dom.add(&label, "span", &[], set)?;
        }
    }
    let chosen = state.set();
    for i in 0..sets.len() {
        dom.get::<HtmlInputElement>(&format!("set-{i}"))?.set_checked(chosen == Some(i));
    }
    Ok(())
}
