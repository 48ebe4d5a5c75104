//! The top of every view: tabs, heading, choice of data set, and engine.

use wasm_bindgen::JsValue;
use web_sys::{Element, HtmlInputElement};

use super::html::{Safe, put};
use super::words::number;
use super::{Action, Gesture, Panel};
use crate::dom::{Dom, Drawn};
use crate::engine::Kind;
use crate::state::{Event, State, Topic, View};

pub(super) struct Top;

impl Panel for Top {
    fn id(&self) -> &'static str {
        "headline"
    }

    fn view(&self) -> Option<View> {
        None
    }

    /// Its elements are part of the page, for the first paint.
    fn build(&self, _: &Dom, _: &Element) -> Drawn {
        Ok(())
    }

    fn draw(&self, dom: &Dom, state: &State, topic: Topic) -> Drawn {
        match topic {
            Topic::Notice => notice(dom, state),
            Topic::Engine => engine(dom, state),
            Topic::Menus => sets(dom, state),
            Topic::View => view(dom, state),
            _ => Ok(()),
        }
    }

    fn act(&self, _: &Dom, state: &State, gesture: &Gesture<'_>) -> Result<Option<Event>, JsValue> {
        Ok(match gesture.action {
            Action::Switch {} if gesture.clicks() => Some(Event::Switch),
            Action::Dismiss {} if gesture.clicks() => Some(Event::CloseNote),
            Action::Set { set } if gesture.value().is_some() && state.set() != Some(set) => {
                Some(Event::Set(set))
            }
            _ => None,
        })
    }
}

/// Shows the state's notice and hides it when it ends; a notice from the page's script stays.
fn notice(dom: &Dom, state: &State) -> Drawn {
    const OURS: &str = "data-ours";
    let place: Element = dom.get("notice")?;
    if place.has_attribute(OURS) || state.notice.is_some() {
        place.set_attribute(OURS, "")?;
        place.set_text_content(state.notice.as_deref());
        dom.show("notice", state.notice.is_some())?;
    }
    Ok(())
}

/// Shows the view's section, tab and heading.
fn view(dom: &Dom, state: &State) -> Drawn {
    for &view in View::ALL {
        dom.show(view.id(), view == state.view)?;
        let tab: Element = dom.get(&format!("tab-{}", view.id()))?;
        match view == state.view {
            true => {
                tab.set_attribute("aria-current", "page")?;
                // On phones, the tabs are wider than the page.
                dom.scroll_along(&tab)?;
            }
            false => tab.remove_attribute("aria-current")?,
        }
    }
    dom.get::<Element>("stage")?.set_attribute("data-view", state.view.id())?;
    dom.set_text("title", state.view.title())?;
    dom.set_text("lead", state.view.description())
}

/// Shows which engine runs, how fast, and why the other doesn't.
fn engine(dom: &Dom, state: &State) -> Drawn {
    let (name, other) = match state.engine() {
        Kind::Cpu => ("CPU", "Try the GPU"),
        Kind::Gpu => ("WebGPU", "Use the CPU"),
    };
    dom.set_text("engine", name)?;
    dom.set_text("pace", &state.engines.pace().map(pace).unwrap_or_default())?;
    dom.get::<Element>("badge")?.set_attribute("title", other)?;
    dom.set_text("engine-why", state.engines.note.as_deref().unwrap_or_default())?;
    dom.show("engine-note", state.engines.note.is_some())
}

/// Formats a pace with as many digits as are stable; the style adds the unit.
fn pace(milliseconds: f64) -> String {
    let places = if milliseconds < 1.0 { 2 } else { 1 };
    format!("{} ms", number(milliseconds, places))
}

/// Lists the data sets, and marks the one of both models.
fn sets(dom: &Dom, state: &State) -> Drawn {
    let sets = state.sets();
    let offer: Element = dom.get("sets")?;
    // Before the manifest has come, its place stays free.
    dom.show("sets", sets.len() != 1)?;
    // Created once, because recreating a choice loses the keyboard focus.
    if offer.query_selector("input")?.is_none() {
        let mut html =
            String::from(r#"<legend class="visually-hidden">What the models learnt from</legend>"#);
        for (i, set) in sets.iter().enumerate() {
            put!(
                html,
                r#"<label><input type="radio" name="set" id="set-{i}" value="{i}" data-act="{}"><span>{}</span></label>"#,
                Action::Set { set: i },
                Safe(set)
            );
        }
        offer.set_inner_html(&html);
    }
    let chosen = state.set();
    for i in 0..sets.len() {
        dom.get::<HtmlInputElement>(&format!("set-{i}"))?.set_checked(chosen == Some(i));
    }
    Ok(())
}
