//! What the visitor sees: one file per panel, with its style next to it.
//!
//! A panel creates its elements once, redraws on topics, requests the pictures that it shows, and maps
//! the gestures on its controls to events. It depends on the state and the document, but on no other
//! panel. Elements name pictures in `data-slot` and actions in `data-act`.

mod action;
mod animation;
mod answers;
mod between;
mod check;
mod factors;
mod figures;
mod gesture;
mod histograms;
mod how;
mod html;
mod map;
mod network;
mod original;
mod paint;
mod reconstruction;
mod rows;
mod samples;
mod sheet;
mod sliders;
mod stage;
mod strength;
mod top;
mod tour;
mod words;

use wasm_bindgen::JsValue;
use web_sys::Element;

pub use action::Action;
pub use animation::{Animation, POSITIONS};
pub use gesture::Gesture;
pub use html::Safe;
pub use sheet::{SavedRows, sheet};

use crate::dom::{Dom, Drawn};
use crate::pictures::{Slot, Want};
use crate::state::{Event, State, Topic, View};

/// A part of the page.
pub trait Panel {
    /// Id of its element, which is created in the view's section if the page doesn't have it.
    fn id(&self) -> &'static str;

    /// View that contains the panel; `None` for panels that appear in every view.
    fn view(&self) -> Option<View>;

    /// Creates its elements.
    ///
    /// # Errors
    /// Fails if the document can't be changed.
    fn build(&self, dom: &Dom, root: &Element) -> Drawn;

    /// Redraws what a topic changed.
    ///
    /// # Errors
    /// Fails if an element is missing.
    fn draw(&self, dom: &Dom, state: &State, topic: Topic) -> Drawn;

    /// Adds the pictures that it shows to `wants`.
    fn want(&self, _state: &State, _wants: &mut Vec<Want>) {}

    /// Converts a gesture on one of its controls to an event. May directly show changes that need no
    /// state.
    ///
    /// # Errors
    /// Fails if an element is missing.
    fn act(&self, _dom: &Dom, _state: &State, _gesture: &Gesture<'_>) -> Result<Option<Event>, JsValue> {
        Ok(None)
    }
}

/// All panels.
pub const PANELS: &[&dyn Panel] = &[
    &top::Top,
    &stage::Stage,
    &strength::Strength,
    &rows::Rows,
    &sliders::Sliders,
    &network::Network,
    &map::Map,
    &original::Tools,
    &factors::Factors,
    &reconstruction::Reconstructions,
    &answers::Answers,
    &samples::Samples,
    &between::Between,
    &histograms::Histograms,
    &check::Check,
    &how::How,
    &figures::Figures,
    &tour::Tour,
];

/// Whether a panel is visible.
fn shown(panel: &dyn Panel, state: &State) -> bool {
    panel.view().is_none_or(|view| view == state.view)
}

/// Pictures for all visible panels.
pub fn wants(state: &State) -> Vec<Want> {
    wants_of(PANELS, state)
}

fn wants_of(panels: &[&dyn Panel], state: &State) -> Vec<Want> {
    let mut wants = Vec::new();
    for panel in panels.iter().filter(|panel| shown(**panel, state)) {
        panel.want(state, &mut wants);
    }
    wants
}

/// Redraws what a topic changed in all visible panels, and logs the outcome of each. A panel that becomes visible is created, or
/// redrawn completely if it exists.
pub fn draw(dom: &Dom, state: &State, topic: Topic, log: impl Fn(&'static str, Drawn)) {
    for panel in PANELS.iter().filter(|panel| shown(**panel, state)) {
        let outcome = match topic {
            Topic::View => whole(dom, state, *panel),
            topic => panel.draw(dom, state, topic),
        };
        log(panel.id(), outcome);
    }
}

fn whole(dom: &Dom, state: &State, panel: &dyn Panel) -> Drawn {
    const BUILT: &str = "data-built";
    let root = match dom.get::<Element>(panel.id()) {
        Ok(root) => root,
        Err(_) => {
            let id = panel.view().map_or("stage", View::id);
            dom.add(&dom.get::<Element>(id)?, "div", &[("id", panel.id())], "")?
        }
    };
    if !root.has_attribute(BUILT) {
        panel.build(dom, &root)?;
        root.set_attribute(BUILT, "")?;
    }
    Topic::all().try_for_each(|topic| panel.draw(dom, state, topic))
}

/// Shows the pictures of a slot on its canvases.
///
/// # Errors
/// Fails if the pixels are not a whole number of pictures.
pub fn show(dom: &Dom, state: &State, slot: Slot) -> Drawn {
    paint::slot(dom, state, slot)
}

/// Converts a gesture to an event, through the panel of its control.
///
/// # Errors
/// Fails if an element is missing.
pub fn act(dom: &Dom, state: &State, gesture: &Gesture<'_>) -> Result<Option<Event>, JsValue> {
    for panel in PANELS.iter().filter(|panel| shown(**panel, state)) {
        if let Some(event) = panel.act(dom, state, gesture)? {
            return Ok(Some(event));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A complete panel: a picture decoded from zeros for each side, on the map.
    struct Zeros;

    fn slot(side: usize) -> Slot {
        Slot::new("zeros", side, 0)
    }

    impl Panel for Zeros {
        fn id(&self) -> &'static str {
            "zeros"
        }

        fn view(&self) -> Option<View> {
            Some(View::Map)
        }

        fn build(&self, _: &Dom, root: &Element) -> Drawn {
            root.set_inner_html(&html::columns(|html, side| {
                html::put!(*html, r#"<canvas data-slot="{}"></canvas>"#, slot(side));
            }));
            Ok(())
        }

        fn draw(&self, _: &Dom, _: &State, _: Topic) -> Drawn {
            Ok(())
        }

        fn want(&self, _: &State, wants: &mut Vec<Want>) {
            wants.extend([0, 1].map(|side| Want { slot: slot(side), codes: vec![0.0; 3], rank: 9 }));
        }
    }

    #[test]
    fn a_panel_gets_its_pictures_by_its_line_in_the_table_while_it_is_in_sight() {
        let panels: Vec<&dyn Panel> = PANELS.iter().copied().chain([&Zeros as &dyn Panel]).collect();
        let mut state = State::new(false);
        let zeros =
            |state: &State| wants_of(&panels, state).iter().filter(|want| want.slot.name == "zeros").count();
        state.view = View::Rows;
        assert_eq!(zeros(&state), 0);
        state.view = View::Map;
        assert_eq!(zeros(&state), 2);
    }
}
