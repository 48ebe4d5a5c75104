//! The traversal grid: a row a unit, sorted by KL, over the unit's own range.

use web_sys::Element;

use super::paint;
use super::words::{factor, number, unit as name};
use crate::page::{Dom, Drawn};
use crate::state::{COLUMNS, Loaded, Side};

/// Makes a side's rows anew.
pub(super) fn build(dom: &Dom, side: &Side, index: usize) -> Drawn {
    let rows: Element = dom.get(&format!("rows-{index}"))?;
    let idle: Element = dom.get(&format!("idle-{index}"))?;
    let fold: Element = dom.get(&format!("fold-{index}"))?;
    idle.replace_children_with_node_0();
    fold.toggle_attribute_with_force("open", side.model().is_some_and(|model| model.unfolded))?;
    let folded = side.model().map_or(0, |model| model.order.len() - model.active);
    dom.show(&format!("fold-{index}"), folded > 0)?;
    rows.toggle_attribute_with_force("aria-busy", side.model().is_none())?;
    let Some(model) = side.model() else { return Ok(()) };
    dom.set_text(
        &format!("folded-{index}"),
        &match folded {
            1 => "1 unit that carries nothing".into(),
            n => format!("{n} units that carry nothing"),
        },
    )?;
    rows.replace_children_with_node_0();
    let (active, inactive) = model.order.split_at(model.active);
    for (list, units) in [(&rows, active), (&idle, inactive)] {
        for &unit in units {
            row(dom, list, model, index, unit)?;
        }
    }
    Ok(())
}

fn row(dom: &Dom, list: &Element, model: &Loaded, side: usize, unit: usize) -> Drawn {
    let item = dom.add(list, "li", &[("class", "row")], "")?;
    let label = dom.add(&item, "div", &[("class", "label")], "")?;
    dom.add(&label, "span", &[("class", "unit")], &format!("unit {unit}"))?;
    if let Some(factor) = factor(&model.card, unit) {
        dom.add(&label, "span", &[("class", "factor")], &factor)?;
    }
    let entry = &model.card.units[unit];
    dom.add(&label, "span", &[("class", "kl")], &format!("{} nats", number(entry.kl.into(), 2)))?;
    let [low, high] = entry.range.map(|value| format!("{value:.2}"));
    let now = format!("{:.2}", model.code[unit]);
    let name = format!("Traversal of {}", name(&model.card, unit));
    let (side, unit) = (side.to_string(), unit.to_string());
    let strip = dom.add(
        &item,
        "div",
        &[
            ("class", "strip"),
            ("id", &format!("row-{side}-{unit}")),
            ("data-action", "row"),
            ("data-side", &side),
            ("data-unit", &unit),
            ("role", "slider"),
            ("tabindex", "0"),
            ("aria-label", &name),
            ("aria-valuemin", &low),
            ("aria-valuemax", &high),
            ("aria-valuenow", &now),
        ],
        "",
    )?;
    let image = model.card.model.image;
    let (width, height) = ((image.width * COLUMNS).to_string(), image.height.to_string());
    let canvas = [("id", &*format!("strip-{side}-{unit}")), ("width", &width), ("height", &height)];
    dom.add(&strip, "canvas", &canvas, "")?;
    dom.add(&strip, "span", &[("class", "marker"), ("id", &format!("marker-{side}-{unit}"))], "")?;
    Ok(())
}

/// Draws the pictures of a row.
pub(super) fn draw(dom: &Dom, side: &Side, index: usize, unit: usize) -> Drawn {
    match side.model().and_then(|model| Some((model, model.rows.get(unit)?))) {
        Some((model, row)) if !row.is_empty() => {
            paint::pictures(dom, &format!("strip-{index}-{unit}"), row, model.card.model.image)
        }
        _ => Ok(()),
    }
}
