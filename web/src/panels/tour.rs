//! The tour: a card that explains each step.

use wasm_bindgen::JsValue;
use web_sys::{Element, HtmlElement};

use super::html::put;
use super::{Action, Gesture, Panel};
use crate::dom::{Dom, Drawn};
use crate::state::{Event, State, TOUR, Topic, View};

pub(super) struct Tour;

impl Panel for Tour {
    fn id(&self) -> &'static str {
        "tour"
    }

    fn view(&self) -> Option<View> {
        None
    }

    fn build(&self, _: &Dom, root: &Element) -> Drawn {
        root.set_class_name("tour");
        root.set_attribute("role", "region")?;
        root.set_attribute("aria-label", "Tour")?;
        let mut html = String::from(
            r#"<p class="step" id="tour-step"></p><h2 id="tour-title" tabindex="-1"></h2><p id="tour-text"></p><p class="tools">"#,
        );
        for (id, act, text) in [
            ("tour-back", Action::Back {}, "Back"),
            ("tour-next", Action::Next {}, "Next"),
            ("tour-end", Action::End {}, "Close"),
        ] {
            put!(html, r#"<button type="button" id="{id}" data-act="{act}">{text}</button>"#);
        }
        html.push_str("</p>");
        root.set_inner_html(&html);
        Ok(())
    }

    fn draw(&self, dom: &Dom, state: &State, topic: Topic) -> Drawn {
        if topic != Topic::Tour {
            return Ok(());
        }
        let was_hidden = dom.get::<Element>("tour")?.has_attribute("hidden");
        dom.show("tour", state.tour.is_some())?;
        let (Some(index), Some(step)) = (state.tour, state.tour_step()) else { return Ok(()) };
        dom.set_text("tour-step", &format!("{} of {}", index + 1, TOUR.len()))?;
        dom.set_text("tour-title", step.title)?;
        dom.set_text("tour-text", step.text)?;
        dom.get::<Element>("tour-back")?.toggle_attribute_with_force("disabled", index == 0)?;
        dom.show("tour-next", index + 1 < TOUR.len())?;
        // Screen readers announce each step; keyboard focus moves on.
        match was_hidden || index + 1 == TOUR.len() {
            true => dom.get::<HtmlElement>("tour-title")?.focus(),
            false => Ok(()),
        }
    }

    fn act(&self, _: &Dom, state: &State, gesture: &Gesture<'_>) -> Result<Option<Event>, JsValue> {
        if !gesture.clicks() {
            return Ok(None);
        }
        Ok(match (gesture.action, state.tour) {
            (Action::Tour {}, _) => Some(Event::Tour(Some(state.tour_progress.step))),
            (Action::Next {}, Some(step)) => Some(Event::Tour(Some(step + 1))),
            (Action::Back {}, Some(step)) => Some(Event::Tour(Some(step.saturating_sub(1)))),
            (Action::End {}, _) => Some(Event::Tour(None)),
            _ => None,
        })
    }
}
