//! The picture that both models are shown, and the tools for a picture of one's own.

use web_sys::{Element, HtmlInputElement};

use super::paint;
use super::words::{number, percent};
use crate::page::{Dom, Drawn};
use crate::state::State;

/// Draws the picture, and shows the tools of its kind.
pub(super) fn draw(dom: &Dom, state: &State) -> Drawn {
    dom.get::<HtmlInputElement>(if state.own { "by-hand" } else { "by-factors" })?.set_checked(true);
    dom.show("world-tools", !state.own)?;
    dom.show("hand-tools", state.own)?;
    dom.set_text("refused", state.refused.as_deref().unwrap_or_default())?;
    dom.show("refused", state.refused.is_some())?;
    paper(dom, state)?;
    if let Some((pixels, shape)) = state.picture() {
        paint::pictures(dom, "original", pixels, shape)?;
    }
    Ok(())
}

/// Shows the pen over the paper, and makes the paper something to draw on, or no longer.
fn paper(dom: &Dom, state: &State) -> Drawn {
    let canvas: Element = dom.get("original")?;
    let paper = state.paper.as_ref().filter(|_| state.own);
    canvas.class_list().toggle_with_force("paper", paper.is_some())?;
    canvas.set_attribute("role", if paper.is_some() { "application" } else { "img" })?;
    let label = if paper.is_some() { "Paper: arrows move the pen, space puts it down" } else { "Original" };
    canvas.set_attribute("aria-label", label)?;
    if paper.is_some() {
        canvas.set_attribute("tabindex", "0")?;
    } else {
        canvas.remove_attribute("tabindex")?;
    }
    let tip = paper.and_then(|paper| Some((paper, paper.tip?)));
    dom.show("tip", tip.is_some())?;
    if let Some((paper, [x, y])) = tip {
        dom.set_style("tip", "left", &percent(x))?;
        dom.set_style("tip", "top", &percent(y))?;
        dom.set_style("tip", "width", &percent(paper.pen / paper.shape.width as f32))?;
        dom.get::<Element>("tip")?.class_list().toggle_with_force("down", paper.down)?;
    }
    if let Some(paper) = paper {
        dom.get::<HtmlInputElement>("pen")?.set_value_as_number(paper.pen.into());
        dom.set_text("pen-value", &format!("{} px", number(paper.pen.into(), 0)))?;
        dom.get::<HtmlInputElement>(if paper.erases { "erase" } else { "ink" })?.set_checked(true);
    }
    Ok(())
}
