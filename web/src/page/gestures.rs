//! What the visitor does, as events. One listener a kind serves the whole page: the element under
//! the hand says in its data attributes what it is for.

use wasm_bindgen::prelude::*;
use web_sys::HtmlSelectElement;

use super::part::Part;
use super::{App, near};
use crate::state::{COLUMNS, Event, Hand};
use crate::view;

/// What the page listens for.
const KINDS: [&str; 10] = [
    "input",
    "change",
    "click",
    "dblclick",
    "pointermove",
    "pointerdown",
    "pointerup",
    "pointercancel",
    "keydown",
    "toggle",
];

/// Listens for everything that changes the page.
pub(super) fn listen(app: &App) -> Result<(), JsValue> {
    app.on(&KINDS, App::gesture)?;
    near::listen(app)?;
    let to = app.clone();
    let redraw = Closure::<dyn Fn()>::new(move || to.redraw_charts()).into_js_value();
    app.0.dom.window().add_event_listener_with_callback("resize", redraw.unchecked_ref())?;
    if let Some(scheme) = app.0.dom.window().match_media("(prefers-color-scheme: dark)")? {
        scheme.set_onchange(Some(redraw.unchecked_ref()));
    }
    Ok(())
}

impl App {
    fn gesture(&self, event: &web_sys::Event) {
        let kind = &*event.type_();
        let part = Part::of(event);
        if kind == "pointermove" {
            self.leave_rows(part.as_ref());
        }
        let Some(part) = part else {
            if matches!(kind, "pointerdown" | "keydown") {
                self.send(Event::Touch);
            }
            return;
        };
        match (kind, part.action.as_str()) {
            ("pointermove" | "pointerdown", "chart") => {
                if let Some(across) = part.across(event) {
                    view::read_chart(&self.0.dom, &self.0.state.borrow(), &part.element, across).ok();
                }
                if kind == "pointerdown" {
                    self.send(Event::Touch);
                }
            }
            ("click", "save") => self.save(part.side, false),
            ("click", "film") => self.save(part.side, true),
            ("click", "copy") => self.copy_link(),
            ("click", "camera") => self.camera(),
            ("click", "camera-off") => self.close_camera(),
            (_, "row") => self.row(kind, event, &part),
            (_, "pad") => self.pad(kind, event, &part),
            (_, "paper") => self.paper(kind, event, &part.element),
            ("pointermove" | "pointerdown", "cell" | "gauge") => {
                let factor = part.number("data-factor");
                view::read_answer(&self.0.dom, &self.0.state.borrow(), part.side, part.unit, factor).ok();
                if kind == "pointerdown" {
                    self.send(Event::Touch);
                }
            }
            _ => {
                if let Some(event) = meaning(kind, event, &part) {
                    self.send(event);
                }
            }
        }
    }
}

/// What a control's own event means.
fn meaning(kind: &str, event: &web_sys::Event, part: &Part) -> Option<Event> {
    let &Part { side, unit, .. } = part;
    Some(match (kind, part.action.as_str()) {
        ("change", "menu") => {
            let entry = part.element.dyn_ref::<HtmlSelectElement>()?.selected_index();
            Event::Choose { side, entry: usize::try_from(entry).ok()? }
        }
        ("input", "set") => Event::Set(unit),
        ("input", "turn") => Event::Turn { side, unit, value: part.value()? as f32 },
        ("dblclick", "turn") => Event::Reset { side, unit: Some(unit) },
        ("click", "check") => Event::Check(Some(unit != 0)),
        ("click", "stop") => Event::Check(None),
        ("click", "switch") => Event::Switch,
        ("click", "cell") => Event::Sway { factor: part.number("data-factor")? },
        ("click", "sway") => Event::Sway { factor: unit },
        ("click", "random") => Event::Hand(Hand::Random { seed: js_sys::Math::random().to_bits() }),
        ("click", "clear") => Event::Hand(Hand::Clear),
        ("input", "source") => Event::Hand(Hand::Own(part.value()? != 0.0)),
        ("input", "erase") => Event::Hand(Hand::Erase(part.value()? != 0.0)),
        ("input", "pen") => Event::Hand(Hand::Pen(part.value()? as f32)),
        ("click", "sample") => Event::Sample { side, seed: js_sys::Math::random().to_bits() },
        ("click", "pin") => Event::Pin { end: unit },
        ("click", "way") => {
            let columns = (COLUMNS - 1) as f64;
            Event::Along(
                ((part.across(event)? * COLUMNS as f64 - 0.5).round().clamp(0.0, columns) / columns) as f32,
            )
        }
        ("input", "along") => Event::Along(part.value()? as f32),
        ("change", "axis") => Event::Axis { side, axis: unit, unit: part.chosen()? },
        ("click", "reset") => Event::Reset { side, unit: None },
        ("input", "factor") => Event::Factor { factor: unit, value: part.value()? },
        ("toggle", "fold") => Event::Unfold { side, open: part.element.has_attribute("open") },
        ("pointerdown" | "keydown", _) => Event::Touch,
        _ => return None,
    })
}
