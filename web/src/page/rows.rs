//! The hand on the rows of the traversal grid.

use wasm_bindgen::JsCast;
use web_sys::KeyboardEvent;

use super::App;
use super::part::Part;
use crate::state::{COLUMNS, Event};

impl App {
    /// Tells of rows that the pointer is no longer on.
    pub(super) fn leave_rows(&self, part: Option<&Part>) {
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

    pub(super) fn row(&self, kind: &str, event: &web_sys::Event, part: &Part) {
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
