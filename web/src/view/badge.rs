//! Which engine runs, and how fast; and what became of the other.

use web_sys::Element;

use super::words::number;
use crate::engine::Kind;
use crate::page::{Dom, Drawn};
use crate::state::State;

/// Draws the badge and the notice that goes with it.
pub(super) fn draw(dom: &Dom, state: &State) -> Drawn {
    let (name, other) = match state.engine() {
        Kind::Cpu => ("CPU", "Try the GPU"),
        Kind::Gpu => ("WebGPU", "Use the CPU"),
    };
    dom.set_text("engine", name)?;
    dom.set_text("pace", &state.engines.pace().map(pace).unwrap_or_default())?;
    dom.get::<Element>("badge")?.set_attribute("title", other)?;
    dom.set_text("engine-note", state.engines.note.as_deref().unwrap_or_default())?;
    dom.show("engine-note", state.engines.note.is_some())
}

/// A pace in as many digits as it is steady to; the style adds what it is of.
fn pace(milliseconds: f64) -> String {
    let places = if milliseconds < 1.0 { 2 } else { 1 };
    format!("{} ms", number(milliseconds, places))
}
