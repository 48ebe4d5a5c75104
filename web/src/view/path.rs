//! The pictures from A to B: along the line, and unit by unit.

use web_sys::{Element, HtmlInputElement};

use super::paint;
use super::words::percent;
use crate::page::{Dom, Drawn};
use crate::state::{COLUMNS, Path, Side, State};
use crate::worker::SIDES;

/// Names below the pictures of a side's second way: of the unit that each step changed.
pub(super) fn build(dom: &Dom, state: &State, index: usize) -> Drawn {
    let Some(model) = state.sides[index].model() else { return Ok(()) };
    let list: Element = dom.get(&format!("turned-{index}"))?;
    list.replace_children_with_node_0();
    dom.add(&list, "li", &[], "A")?;
    for unit in &model.order[..model.active] {
        dom.add(&list, "li", &[], &unit.to_string())?;
    }
    let pictures = model.active + 1;
    let [strip, names] = ["turns-strip", "turned"].map(|part| format!("{part}-{index}"));
    dom.set_style(&strip, "aspect-ratio", &pictures.to_string())?;
    let width = percent((pictures as f32 / COLUMNS as f32).min(1.0));
    dom.set_style(&strip, "width", &width)?;
    dom.set_style(&names, "width", &width)?;
    along(dom, state)
}

/// Moves the slider and the markers to where both models are.
pub(super) fn along(dom: &Dom, state: &State) -> Drawn {
    let input: HtmlInputElement = dom.get("along")?;
    let models = || state.sides.iter().filter_map(Side::model);
    input.set_disabled(models().all(|model| model.ends().is_none()));
    if (input.value_as_number() - f64::from(state.along)).abs() > 1e-6 {
        input.set_value_as_number(state.along.into());
    }
    let columns = COLUMNS as f32;
    let position = (0.5 + state.along * (columns - 1.0)) / columns;
    for index in 0..SIDES {
        dom.set_style(&format!("along-{index}"), "left", &percent(position))?;
    }
    Ok(())
}

/// Draws the pictures of a way.
pub(super) fn draw(dom: &Dom, state: &State, index: usize, path: Path) -> Drawn {
    along(dom, state)?;
    let Some(model) = state.sides[index].model() else { return Ok(()) };
    let pixels = &model.paths[path as usize];
    if pixels.is_empty() {
        return Ok(());
    }
    let name = if path == Path::Line { "line" } else { "turns" };
    paint::pictures(dom, &format!("{name}-{index}"), pixels, model.card.model.image)
}
