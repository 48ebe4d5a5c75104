//! What the visitor sees, one file a panel.

mod answers;
mod badge;
mod cards;
mod charts;
mod factors;
mod film;
mod hand;
mod live;
mod menus;
mod pad;
mod paint;
mod path;
mod reconstruction;
mod rows;
mod sets;
mod sheet;
mod sliders;
mod verdict;
mod words;

pub use answers::read_answer;
pub use charts::read_chart;
pub use film::{Film, POSITIONS};
pub use sheet::sheet;

use crate::page::{Dom, Drawn};
use crate::state::{Panel, State};
use crate::worker::SIDES;

/// Draws anew what depends on its size and on the page's colours.
///
/// # Errors
/// Fails if the browser can't draw.
pub fn redraw(dom: &Dom, state: &State) -> Drawn {
    charts::redraw(dom, state)?;
    (0..SIDES).try_for_each(|side| pad::draw(dom, &state.sides[side], side))
}

/// Draws a part of the page.
///
/// # Errors
/// Fails if the page lacks what is drawn on.
pub fn draw(dom: &Dom, state: &State, panel: Panel) -> Drawn {
    match panel {
        Panel::Notice => {
            dom.set_text("notice", state.notice.as_deref().unwrap_or_default())?;
            dom.show("notice", state.notice.is_some())
        }
        Panel::Engine => badge::draw(dom, state),
        Panel::Menus => {
            sets::draw(dom, state)?;
            (0..SIDES).try_for_each(|side| menus::draw(dom, state, side))
        }
        Panel::Progress(side) => menus::progress(dom, &state.sides[side], side),
        Panel::Side(side) => {
            menus::side(dom, &state.sides[side], side)?;
            rows::build(dom, &state.sides[side], side)?;
            sliders::build(dom, &state.sides[side], side)?;
            live::draw(dom, state, side)?;
            reconstruction::draw(dom, state, side)?;
            answers::build(dom, state, side)?;
            charts::build(dom, &state.sides[side], side)?;
            verdict::draw(dom, state)?;
            cards::draw(dom, state)?;
            pad::build(dom, &state.sides[side], side)?;
            path::build(dom, state, side)?;
            redraw(dom, state)
        }
        Panel::Live(side) => live::draw(dom, state, side),
        Panel::Sliders(side) => {
            sliders::draw(dom, &state.sides[side], side)?;
            pad::draw(dom, &state.sides[side], side)
        }
        Panel::Path(side, path) => path::draw(dom, state, side, path),
        Panel::Along => path::along(dom, state),
        Panel::Row(side, unit) => rows::draw(dom, &state.sides[side], side, unit),
        Panel::Factors => factors::draw(dom, state),
        Panel::Survey(side) => {
            reconstruction::over_all(dom, state, side)?;
            pad::draw(dom, &state.sides[side], side)?;
            answers::draw(dom, state, side)
        }
        Panel::Verdict => verdict::draw(dom, state),
        Panel::Original => hand::draw(dom, state),
        Panel::Reconstruction(side) => {
            reconstruction::draw(dom, state, side)?;
            answers::build(dom, state, side)
        }
    }
}
