//! What the visitor sees, one file a panel with its style beside it.
//!
//! A panel makes its elements once, draws what a topic has changed, says which pictures it wants and what
//! its controls do. It knows the state and the document, and no other panel. Elements name pictures in
//! `data-slot` and actions in `data-act`.

mod action;
mod answers;
mod between;
mod check;
mod factors;
mod film;
mod gesture;
mod histograms;
mod how;
mod html;
mod map;
mod paint;
mod paper;
mod reconstruction;
mod rows;
mod samples;
mod sheet;
mod sliders;
mod stage;
mod top;
mod tour;
mod words;

use web_sys::Element;

pub use action::Action;
pub use film::{Film, POSITIONS};
pub use gesture::Gesture;
pub use html::Safe;
pub use sheet::{SavedRows, sheet};

use crate::dom::{Dom, Drawn};
use crate::pictures::{Slot, Want};
use crate::state::{Event, State, Topic, View};

/// A part of the page.
pub trait Panel {
    /// The id of its element, which is made in the view's section where the page has none.
    fn id(&self) -> &'static str;

    /// The view that it is part of; none for what stands in every view.
    fn view(&self) -> Option<View>;

    /// Makes its elements.
    ///
    /// # Errors
    /// Fails if the document can't be changed.
    fn build(&self, dom: &Dom, root: &Element) -> Drawn;

    /// Draws what has changed.
    ///
    /// # Errors
    /// Fails if the document lacks what is drawn on.
    fn draw(&self, dom: &Dom, state: &State, topic: Topic) -> Drawn;

    /// Adds the pictures that it shows.
    fn want(&self, _state: &State, _wants: &mut Vec<Want>) {}

    /// What a gesture on one of its controls means. It may show at once what needs no state.
    ///
    /// # Errors
    /// Fails if the document lacks what is shown on.
    fn act(&self, _dom: &Dom, _state: &State, _gesture: &Gesture<'_>) -> Result<Option<Event>, Unable> {
        Ok(None)
    }
}

type Unable = wasm_bindgen::JsValue;

/// All panels.
pub const PANELS: [&dyn Panel; 15] = [
    &top::Top,
    &stage::Stage,
    &rows::Rows,
    &sliders::Sliders,
    &map::Map,
    &paper::Tools,
    &factors::Factors,
    &reconstruction::Reconstructions,
    &answers::Answers,
    &samples::Samples,
    &between::Between,
    &histograms::Histograms,
    &check::Check,
    &how::How,
    &tour::Tour,
];

/// Whether a panel is in sight.
fn shown(panel: &dyn Panel, state: &State) -> bool {
    panel.view().is_none_or(|view| view == state.view)
}

/// All pictures that the panels in sight ask for.
pub fn wants(state: &State) -> Vec<Want> {
    let mut wants = Vec::new();
    for panel in PANELS.iter().filter(|panel| shown(**panel, state)) {
        panel.want(state, &mut wants);
    }
    wants
}

/// Draws what a topic has changed in all panels in sight; a panel that comes into sight for the first time
/// is made, and one that comes into sight again is drawn whole.
pub fn draw(dom: &Dom, state: &State, topic: Topic, report: impl Fn(&'static str, Unable)) {
    for panel in PANELS.iter().filter(|panel| shown(**panel, state)) {
        let outcome = match topic {
            Topic::View => whole(dom, state, *panel),
            topic => panel.draw(dom, state, topic),
        };
        if let Err(error) = outcome {
            report(panel.id(), error);
        }
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

/// Puts the pictures of a place on its canvases.
///
/// # Errors
/// Fails if they are no whole number of pictures.
pub fn show(dom: &Dom, state: &State, slot: Slot) -> Drawn {
    paint::slot(dom, state, slot)
}

/// What a gesture means to the panel whose control it is on.
///
/// # Errors
/// Fails if the document lacks what is shown on.
pub fn act(dom: &Dom, state: &State, gesture: &Gesture<'_>) -> Result<Option<Event>, Unable> {
    for panel in PANELS.iter().filter(|panel| shown(**panel, state)) {
        if let Some(event) = panel.act(dom, state, gesture)? {
            return Ok(Some(event));
        }
    }
    Ok(None)
}
