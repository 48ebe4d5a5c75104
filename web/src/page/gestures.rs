//! Converts what the visitor does to events. One listener per kind serves the whole page; `data-act` of
//! the element says what it is for.

use wasm_bindgen::prelude::*;

use super::{App, log};
use crate::panels::{self, Action, Gesture};
use crate::state::Event;

/// Kinds of events that the page listens for.
const KINDS: [&str; 13] = [
    "input",
    "change",
    "click",
    "dblclick",
    "focusin",
    "pointermove",
    "pointerdown",
    "pointerup",
    "pointercancel",
    "keydown",
    "toggle",
    "wheel",
    "touchmove",
];

/// Kinds that stop automatic motion, wherever they happen.
const TOUCHES: [&str; 4] = ["pointerdown", "keydown", "wheel", "touchmove"];

/// Adds the listeners.
pub(super) fn listen(app: &App) -> Result<(), JsValue> {
    app.on(&KINDS, App::gesture)?;
    let to = app.clone();
    let redraw = Closure::<dyn Fn()>::new(move || to.redraw_look()).into_js_value();
    app.0.dom.window().add_event_listener_with_callback("resize", redraw.unchecked_ref())?;
    if let Some(scheme) = app.0.dom.window().match_media("(prefers-color-scheme: dark)")? {
        scheme.set_onchange(Some(redraw.unchecked_ref()));
    }
    Ok(())
}

impl App {
    fn gesture(&self, event: &web_sys::Event) {
        let kind = &*event.type_();
        let gesture = Gesture::of(kind, event);
        if kind == "pointermove" {
            self.leave_rows(gesture.as_ref());
        }
        let meant = gesture.and_then(|gesture| self.meaning(&gesture));
        match meant {
            Some(event) => self.send(event),
            // The pause button handles this itself.
            None if TOUCHES.contains(&kind) && !on_play(event) => self.send(Event::Touch),
            None => {}
        }
    }

    fn meaning(&self, gesture: &Gesture<'_>) -> Option<Event> {
        match gesture.action {
            Action::Save { side } if gesture.clicks() => self.save(side, false),
            Action::SaveAnimation { side } if gesture.clicks() => self.save(side, true),
            Action::Copy {} if gesture.clicks() => self.copy_link(),
            Action::Embed {} if gesture.clicks() => self.copy_embed(),
            Action::Camera {} if gesture.clicks() => self.camera(),
            Action::CameraOff {} if gesture.clicks() => self.close_camera(),
            _ => {
                let state = self.0.state.borrow();
                return panels::act(&self.0.dom, &state, gesture).unwrap_or_else(|error| {
                    log(gesture.kind, Err(error));
                    None
                });
            }
        }
        None
    }

    /// Sends events for rows that the pointer has left.
    fn leave_rows(&self, gesture: Option<&Gesture<'_>>) {
        let on = gesture.and_then(|gesture| match gesture.action {
            Action::Row { side, .. } => Some(side),
            _ => None,
        });
        let looking: Vec<usize> = {
            let state = self.0.state.borrow();
            if state.animated {
                return;
            }
            let previewed = |(side, model): (usize, &crate::state::Loaded)| {
                (Some(side) != on && model.preview.is_some()).then_some(side)
            };
            state.models().filter_map(previewed).collect()
        };
        for side in looking {
            self.send(Event::Leave { side });
        }
    }
}

fn on_play(event: &web_sys::Event) -> bool {
    matches!(Gesture::of("", event), Some(Gesture { action: Action::Play {}, .. }))
}
