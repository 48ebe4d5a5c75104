//! The pad: two units at once, over the codes that random pictures have.

use web_sys::{Element, HtmlCanvasElement, HtmlSelectElement};

use super::words::{number, percent, unit as name};
use crate::page::{Dom, Drawn, context};
use crate::state::{Loaded, Side};

/// Width of a dot, in pixels of the style.
const DOT: f64 = 3.0;

/// Fills the menus of a side's pad, and draws it.
pub(super) fn build(dom: &Dom, side: &Side, index: usize) -> Drawn {
    let Some(model) = side.model() else { return Ok(()) };
    for axis in 0..2 {
        let menu: Element = dom.get(&format!("axis-{index}-{axis}"))?;
        menu.replace_children_with_node_0();
        for &unit in &model.order {
            dom.add(&menu, "option", &[("value", &unit.to_string())], &name(&model.card, unit))?;
        }
    }
    draw(dom, side, index)
}

/// Draws the codes of the survey's pictures, and moves the menus to the pad's units.
pub(super) fn draw(dom: &Dom, side: &Side, index: usize) -> Drawn {
    let Some(model) = side.model() else { return Ok(()) };
    for (axis, unit) in model.pair.iter().enumerate() {
        let menu: HtmlSelectElement = dom.get(&format!("axis-{index}-{axis}"))?;
        menu.set_value(&unit.to_string());
    }
    let canvas: HtmlCanvasElement = dom.get(&format!("dots-{index}"))?;
    let scale = dom.window().device_pixel_ratio();
    let [width, height] = [canvas.client_width(), canvas.client_height()]
        .map(|side| (f64::from(side) * scale).round().max(1.0));
    canvas.set_width(width as u32);
    canvas.set_height(height as u32);
    let context = context(&canvas)?;
    let style = dom.window().get_computed_style(&canvas)?.ok_or("no style")?;
    context.set_fill_style_str(&style.get_property_value("color")?);
    let place = |code: &[f32]| {
        let [x, y] = model.pad_at(code).map(f64::from);
        [x * width, (1.0 - y) * height]
    };
    let [x, y] = place(&vec![0.0; model.code.len()]);
    context.set_global_alpha(0.35);
    context.fill_rect(x, 0.0, scale, height);
    context.fill_rect(0.0, y, width, scale);
    context.set_global_alpha(0.5);
    let dot = DOT * scale;
    for code in &model.survey.codes {
        let [x, y] = place(code);
        context.fill_rect(x - dot / 2.0, y - dot / 2.0, dot, dot);
    }
    ring(dom, model, index)
}

/// Moves the ring to the live picture's code.
pub(super) fn ring(dom: &Dom, model: &Loaded, index: usize) -> Drawn {
    let code = model.live_code();
    let [x, y] = model.pad_at(&code).map(|share| share.clamp(0.0, 1.0));
    let ring = format!("ring-{index}");
    dom.set_style(&ring, "left", &percent(x))?;
    dom.set_style(&ring, "bottom", &percent(y))?;
    let [across, up] = model.pair.map(|unit| (unit, code.get(unit).copied().unwrap_or(0.0)));
    let text = [across, up].map(|(unit, value)| format!("unit {unit} = {}", number(value.into(), 2)));
    dom.get::<Element>(&format!("pad-{index}"))?
        .set_attribute("aria-label", &format!("Pad: across {}, up {}; arrow keys move", text[0], text[1]))
}
