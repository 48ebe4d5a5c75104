//! A side's live picture, and the markers that show where in its rows it is.

use web_sys::Element;

use super::words::{number, percent, unit as name};
use super::{pad, paint};
use crate::engine::Kind;
use crate::page::{Dom, Drawn};
use crate::state::{COLUMNS, Loaded, State};

/// Canvases that show the live picture: over the rows, beside the sliders, and from A to B.
const CANVASES: [&str; 3] = ["live", "twin", "way"];

/// Draws the picture, its caption and the markers.
pub(super) fn draw(dom: &Dom, state: &State, index: usize) -> Drawn {
    let Some(model) = state.sides[index].model() else {
        for canvas in CANVASES {
            paint::clear(dom, &format!("{canvas}-{index}"))?;
        }
        return dom.set_text(&format!("caption-{index}"), "\u{a0}");
    };
    if model.engine == Kind::Cpu && !model.live.is_empty() {
        for canvas in CANVASES {
            paint::pictures(dom, &format!("{canvas}-{index}"), &model.live, model.card.model.image)?;
        }
    }
    dom.set_text(&format!("caption-{index}"), &caption(model, state.invites))?;
    pad::ring(dom, model, index)?;
    let code = model.live_code();
    for &unit in model.shown() {
        mark(dom, model, index, unit, code[unit])?;
    }
    Ok(())
}

fn caption(model: &Loaded, invites: bool) -> String {
    match model.preview {
        Some(_) if invites => "Your turn: move along a row".into(),
        Some(p) => format!("{} = {}", name(&model.card, p.unit), number(p.value.into(), 2)),
        None => "the picture of the present code".into(),
    }
}

/// Moves a row's marker to `value`.
fn mark(dom: &Dom, model: &Loaded, side: usize, unit: usize, value: f32) -> Drawn {
    let columns = COLUMNS as f32;
    let position = (0.5 + model.position_of(unit, value) * (columns - 1.0)) / columns;
    let marker = format!("marker-{side}-{unit}");
    dom.set_style(&marker, "left", &percent(position))?;
    let looked = model.preview.is_some_and(|preview| preview.unit == unit);
    dom.get::<Element>(&marker)?.class_list().toggle_with_force("looked", looked)?;
    let row: Element = dom.get(&format!("row-{side}-{unit}"))?;
    let text = number(value.into(), 2);
    row.set_attribute("aria-valuenow", &format!("{value:.2}"))?;
    row.set_attribute("aria-valuetext", &text)
}
