//! The code's knobs: one slider a unit, over the histogram of the values that the data gave it.

use web_sys::{Element, HtmlInputElement};

use super::words::{number, unit as name};
use crate::page::{Dom, Drawn};
use crate::state::{Loaded, Side};

/// Steps from one end of a slider to the other.
const STEPS: f32 = 100.0;

/// Makes a side's sliders anew.
pub(super) fn build(dom: &Dom, side: &Side, index: usize) -> Drawn {
    let list: Element = dom.get(&format!("sliders-{index}"))?;
    let Some(model) = side.model() else { return Ok(()) };
    list.replace_children_with_node_0();
    for (rank, &unit) in model.order.iter().enumerate() {
        slider(dom, &list, model, index, unit, rank < model.active)?;
    }
    draw(dom, side, index)
}

fn slider(dom: &Dom, list: &Element, model: &Loaded, side: usize, unit: usize, active: bool) -> Drawn {
    let class = if active { "knob" } else { "knob idle" };
    let item = dom.add(list, "li", &[("class", class)], "")?;
    let name = name(&model.card, unit);
    let (side, unit) = (side.to_string(), unit.to_string());
    let id = format!("turn-{side}-{unit}");
    let label = dom.add(&item, "label", &[("for", &id)], &name)?;
    if !active {
        label.set_attribute("title", "carries nothing")?;
    }
    dom.add(&item, "output", &[("id", &format!("value-{side}-{unit}")), ("for", &id)], "")?;
    let behind = [
        ("class", "chart behind"),
        ("data-chart", "slider"),
        ("data-side", &*side),
        ("data-unit", &unit),
        ("aria-hidden", "true"),
    ];
    dom.add(&item, "canvas", &behind, "")?;
    let input = [
        ("type", "range"),
        ("id", &*id),
        ("data-action", "turn"),
        ("data-side", &side),
        ("data-unit", &unit),
    ];
    dom.add(&item, "input", &input, "")?;
    Ok(())
}

/// Moves a side's sliders to its code.
pub(super) fn draw(dom: &Dom, side: &Side, index: usize) -> Drawn {
    let Some(model) = side.model() else { return Ok(()) };
    for (unit, &value) in model.code.iter().enumerate() {
        let [low, high] = model.slider_range(unit);
        let input: HtmlInputElement = dom.get(&format!("turn-{index}-{unit}"))?;
        input.set_min(&low.to_string());
        input.set_max(&high.to_string());
        input.set_step(&((high - low) / STEPS).to_string());
        if (input.value_as_number() - f64::from(value)).abs() > 1e-6 {
            input.set_value_as_number(value.into());
        }
        let text = number(value.into(), 2);
        input.set_attribute("aria-valuetext", &text)?;
        dom.set_text(&format!("value-{index}-{unit}"), &text)?;
    }
    Ok(())
}
