//! Pictures from A to B: along the line, and unit by unit.

use wasm_bindgen::JsValue;
use web_sys::{Element, HtmlInputElement};

use super::html::{pair, put};
use super::words::{label, percent, titles};
use super::{Action, Gesture, Panel};
use crate::dom::{Dom, Drawn};
use crate::pictures::{Slot, Want};
use crate::state::{COLUMNS, Event, Path, Side, State, Topic, View};

pub(super) struct Between;

impl Panel for Between {
    fn id(&self) -> &'static str {
        "way"
    }

    fn view(&self) -> Option<View> {
        Some(View::Way)
    }

    fn build(&self, _: &Dom, root: &Element) -> Drawn {
        let head = format!(
            r#"<p class="ends"><button type="button" data-act="{}" title="Use the current pictures as A">Set A</button><input type="range" id="along" min="0" max="1" step="0.01" value="0" data-act="{}" aria-label="From A to B" disabled><button type="button" data-act="{}" title="Use the current pictures as B">Set B</button></p>"#,
            Action::Pin { end: 0 },
            Action::Along {},
            Action::Pin { end: 1 }
        );
        root.set_inner_html(&pair(&head, |html, side| {
            put!(
                *html,
                r#"<h3>all at once</h3><div class="strip still" data-act="{}"><canvas id="line-{side}" data-slot="{}" width="576" height="64" role="img" aria-label="Pictures along the line from A to B"></canvas><span class="marker" id="along-{side}"></span></div><h3>one after another</h3><div class="strip still turns" id="turns-strip-{side}"><canvas id="turns-{side}" data-slot="{}" width="64" height="64" role="img" aria-label="Pictures from A to B, one number changed after another"></canvas></div><ol class="turned" id="changed-{side}"></ol>"#,
                Action::Line {},
                Slot::new("line", side, 0),
                Slot::new("turns", side, 0)
            );
        }));
        Ok(())
    }

    fn draw(&self, dom: &Dom, state: &State, topic: Topic) -> Drawn {
        match topic {
            Topic::Menus => titles(dom, state),
            Topic::Side(side) => names(dom, state, side),
            Topic::Along | Topic::Survey(_) | Topic::Code(_) => along(dom, state),
            _ => Ok(()),
        }
    }

    fn want(&self, state: &State, wants: &mut Vec<Want>) {
        for (side, model) in state.models() {
            for (name, path, rank) in [("line", Path::Line, 1), ("turns", Path::Turns, 2)] {
                if let Some(codes) = model.path_codes(path) {
                    wants.push(Want { slot: Slot::new(name, side, 0), codes, rank });
                }
            }
        }
    }

    fn act(&self, _: &Dom, _: &State, gesture: &Gesture<'_>) -> Result<Option<Event>, JsValue> {
        Ok(match gesture.action {
            Action::Pin { end } if gesture.clicks() => Some(Event::Pin { end }),
            Action::Along {} => gesture.value().map(|share| Event::Along(share as f32)),
            Action::Line {} if gesture.clicks() => gesture.within().map(|[across, _]| {
                let last = (COLUMNS - 1) as f64;
                Event::Along(((across * COLUMNS as f64 - 0.5).round().clamp(0.0, last) / last) as f32)
            }),
            _ => None,
        })
    }
}

/// Names below the pictures of a side's second path: the unit that each step changed.
fn names(dom: &Dom, state: &State, side: usize) -> Drawn {
    let Some(model) = state.sides[side].model() else { return Ok(()) };
    let mut html = String::from("<li>A</li>");
    for (turn, &unit) in model.used().iter().enumerate() {
        let last = if turn + 1 == model.active { " = B" } else { "" };
        put!(html, "<li>{}{last}</li>", label(unit));
    }
    dom.get::<Element>(&format!("changed-{side}"))?.set_inner_html(&html);
    dom.set_style(&format!("turns-strip-{side}"), "aspect-ratio", &(model.active + 1).to_string())?;
    along(dom, state)
}

/// Moves the slider and the markers to the position of both models.
fn along(dom: &Dom, state: &State) -> Drawn {
    let input: HtmlInputElement = dom.get("along")?;
    let models = || state.sides.iter().filter_map(Side::model);
    input.set_disabled(models().all(|model| model.ends().is_none()));
    if (input.value_as_number() - f64::from(state.along)).abs() > 1e-6 {
        input.set_value_as_number(state.along.into());
    }
    let columns = COLUMNS as f32;
    let position = (0.5 + state.along * (columns - 1.0)) / columns;
    for (side, model) in state.models() {
        // The current code may not be on the path.
        dom.show(&format!("along-{side}"), model.is_along(state.along))?;
        dom.set_style(&format!("along-{side}"), "left", &percent(position))?;
    }
    Ok(())
}
