//! The hand on the pad of two units.

use wasm_bindgen::JsCast;
use web_sys::{KeyboardEvent, PointerEvent};

use super::App;
use super::part::{Part, within};
use crate::state::Event;

/// Share of the pad that an arrow key goes.
const STEP: f64 = 0.025;

impl App {
    /// The pad follows the pointer while it is pressed, and the arrow keys.
    pub(super) fn pad(&self, kind: &str, event: &web_sys::Event, part: &Part) {
        let pressed = event.dyn_ref::<PointerEvent>().filter(|pointer| pointer.buttons() & 1 == 1);
        let at = match (kind, pressed) {
            ("pointerdown", Some(pointer)) => {
                part.element.set_pointer_capture(pointer.pointer_id()).ok();
                within(&part.element, event)
            }
            ("pointermove", Some(_)) => within(&part.element, event),
            ("keydown", _) => event.dyn_ref::<KeyboardEvent>().and_then(|key| {
                let [x, y] = match key.key().as_str() {
                    "ArrowLeft" => [-STEP, 0.0],
                    "ArrowRight" => [STEP, 0.0],
                    "ArrowUp" => [0.0, -STEP],
                    "ArrowDown" => [0.0, STEP],
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
}
