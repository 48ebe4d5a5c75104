//! What the visitor does, as events. One listener a kind serves the whole page: the element under
//! the hand says in its data attributes what it is for.

use js_sys::Array;
use wasm_bindgen::prelude::*;
use web_sys::{
    Element, HtmlInputElement, HtmlSelectElement, IntersectionObserver, IntersectionObserverEntry,
    KeyboardEvent, MouseEvent, PointerEvent,
};

use super::App;
use crate::state::{COLUMNS, Event, Hand};
use crate::view;

/// Share of the pad that an arrow key goes.
const PAD: f64 = 0.025;

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
    for kind in KINDS {
        let to = app.clone();
        let handler = Closure::<dyn Fn(web_sys::Event)>::new(move |event: web_sys::Event| {
            to.gesture(&event.type_(), &event);
        });
        // `toggle` does not bubble.
        app.0.dom.document().add_event_listener_with_callback_and_bool(
            kind,
            handler.into_js_value().unchecked_ref(),
            true,
        )?;
    }
    let to = app.clone();
    let near = Closure::<dyn Fn(Array, IntersectionObserver)>::new(
        move |entries: Array, observer: IntersectionObserver| {
            let here = |entry: JsValue| entry.unchecked_into::<IntersectionObserverEntry>().is_intersecting();
            if entries.iter().any(here) {
                observer.disconnect();
                to.send(Event::Near);
            }
        },
    );
    let observer = IntersectionObserver::new(near.into_js_value().unchecked_ref())?;
    for section in ["knobs", "pictures"] {
        observer.observe(&app.0.dom.get::<Element>(section)?);
    }
    let to = app.clone();
    let redraw = Closure::<dyn Fn()>::new(move || to.redraw_charts()).into_js_value();
    app.0.dom.window().add_event_listener_with_callback("resize", redraw.unchecked_ref())?;
    if let Some(scheme) = app.0.dom.window().match_media("(prefers-color-scheme: dark)")? {
        scheme.set_onchange(Some(redraw.unchecked_ref()));
    }
    Ok(())
}

/// An element with a purpose.
struct Part {
    element: Element,
    action: String,
    side: usize,
    unit: usize,
}

impl Part {
    fn of(event: &web_sys::Event) -> Option<Self> {
        let target: Element = event.target()?.dyn_into().ok()?;
        let element = target.closest("[data-action]").ok()??;
        let action = element.get_attribute("data-action")?;
        let mut part = Self { element, action, side: 0, unit: 0 };
        part.side = part.number("data-side").unwrap_or(0);
        part.unit = part.number("data-unit").unwrap_or(0);
        Some(part)
    }

    fn number(&self, name: &str) -> Option<usize> {
        self.element.get_attribute(name)?.parse().ok()
    }

    fn value(&self) -> Option<f64> {
        let input: &HtmlInputElement = self.element.dyn_ref()?;
        Some(input.value_as_number()).filter(|value| value.is_finite()).or_else(|| input.value().parse().ok())
    }

    /// The number that a menu's chosen option stands for.
    fn chosen(&self) -> Option<usize> {
        self.element.dyn_ref::<HtmlSelectElement>()?.value().parse().ok()
    }

    /// Where the pointer is over the element, 0 to 1 from left to right.
    fn across(&self, event: &web_sys::Event) -> Option<f64> {
        within(&self.element, event).map(|[across, _]| across)
    }
}

/// Where the pointer is over an element, 0 to 1 from left to right and from top to bottom.
pub(super) fn within(element: &Element, event: &web_sys::Event) -> Option<[f64; 2]> {
    let pointer: &MouseEvent = event.dyn_ref()?;
    let bounds = element.get_bounding_client_rect();
    Some([
        (f64::from(pointer.client_x()) - bounds.left()) / bounds.width(),
        (f64::from(pointer.client_y()) - bounds.top()) / bounds.height(),
    ])
}

impl App {
    fn gesture(&self, kind: &str, event: &web_sys::Event) {
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
            }
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

    /// Tells of rows that the pointer is no longer on.
    fn leave_rows(&self, part: Option<&Part>) {
        let on = part.filter(|part| part.action == "row").map(|part| part.side);
        let looking: Vec<usize> = {
            let state = self.0.state.borrow();
            if state.animated {
                return;
            }
            let previewed = |side: &usize| state.sides[*side].model().is_some_and(|m| m.preview.is_some());
            (0..state.sides.len()).filter(|side| Some(*side) != on).filter(previewed).collect()
        };
        for side in looking {
            self.send(Event::Leave { side });
        }
    }

    fn row(&self, kind: &str, event: &web_sys::Event, part: &Part) {
        let &Part { side, unit, .. } = part;
        let columns = COLUMNS as f64;
        match kind {
            "pointermove" | "pointerdown" => {
                if let Some(across) = part.across(event) {
                    let position = ((across * columns - 0.5) / (columns - 1.0)) as f32;
                    self.send(Event::Scrub { side, unit, position });
                }
            }
            "click" => {
                if let Some(across) = part.across(event) {
                    let column = (across * columns).clamp(0.0, columns - 1.0) as usize;
                    self.send(Event::Take { side, unit, column });
                }
            }
            "keydown" => {
                if let Some(key) = event.dyn_ref::<KeyboardEvent>() {
                    self.row_key(&key.key(), event, part);
                }
            }
            _ => {}
        }
    }

    /// The pad follows the pointer while it is pressed, and the arrow keys.
    fn pad(&self, kind: &str, event: &web_sys::Event, part: &Part) {
        let pressed = event.dyn_ref::<PointerEvent>().filter(|pointer| pointer.buttons() & 1 == 1);
        let at = match (kind, pressed) {
            ("pointerdown", Some(pointer)) => {
                part.element.set_pointer_capture(pointer.pointer_id()).ok();
                within(&part.element, event)
            }
            ("pointermove", Some(_)) => within(&part.element, event),
            ("keydown", _) => event.dyn_ref::<KeyboardEvent>().and_then(|key| {
                let [x, y] = match key.key().as_str() {
                    "ArrowLeft" => [-PAD, 0.0],
                    "ArrowRight" => [PAD, 0.0],
                    "ArrowUp" => [0.0, -PAD],
                    "ArrowDown" => [0.0, PAD],
                    _ => return None,
                };
                event.prevent_default();
                let state = self.0.state.borrow();
                let model = state.sides.get(part.side)?.model()?;
                let [across, up] = model.pad_at(&model.code).map(f64::from);
                Some([across + x, 1.0 - up + y])
            }),
            _ => None,
        };
        if let Some([x, y]) = at {
            self.send(Event::Pad { side: part.side, at: [x as f32, 1.0 - y as f32] });
        }
    }

    /// Arrows, Home and End look along a row; Enter and space take the picture there.
    fn row_key(&self, key: &str, event: &web_sys::Event, part: &Part) {
        let &Part { side, unit, .. } = part;
        let position = {
            let state = self.0.state.borrow();
            let Some(model) = state.sides.get(side).and_then(|side| side.model()) else { return };
            let Some(&value) = model.live_code().get(unit) else { return };
            model.position_of(unit, value)
        };
        let last = (COLUMNS - 1) as f32;
        let column = (position * last).round();
        let scrub = |column: f32| Event::Scrub { side, unit, position: column / last };
        self.send(match key {
            "ArrowLeft" | "ArrowDown" => scrub((column - 1.0).max(0.0)),
            "ArrowRight" | "ArrowUp" => scrub((column + 1.0).min(last)),
            "Home" => scrub(0.0),
            "End" => scrub(last),
            "Enter" | " " => Event::Take { side, unit, column: column as usize },
            "Escape" => Event::Leave { side },
            _ => return self.send(Event::Touch),
        });
        event.prevent_default();
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
        ("input", "turn") => Event::Turn { side, unit, value: part.value()? as f32 },
        ("dblclick", "turn") => Event::Reset { side, unit: Some(unit) },
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
