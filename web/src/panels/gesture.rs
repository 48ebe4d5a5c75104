//! Events on controls.

use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlInputElement, HtmlSelectElement, KeyboardEvent, MouseEvent, PointerEvent};

use super::Action;

/// An event on a control.
pub struct Gesture<'a> {
    /// Kind of the event, such as `click`.
    pub kind: &'a str,
    /// Action of the control.
    pub action: Action,
    /// The control.
    pub element: Element,
    /// The event.
    pub event: &'a web_sys::Event,
}

impl<'a> Gesture<'a> {
    /// Returns the gesture on the control under an event, if there is one.
    pub fn of(kind: &'a str, event: &'a web_sys::Event) -> Option<Self> {
        let target: Element = event.target()?.dyn_into().ok()?;
        let element = target.closest("[data-act]").ok()??;
        let action = Action::parse(&element.get_attribute("data-act")?)?;
        Some(Self { kind, action, element, event })
    }

    /// Whether the control is activated, by pointer or keyboard.
    pub fn clicks(&self) -> bool {
        self.kind == "click"
    }

    /// Value of the control.
    pub fn value(&self) -> Option<f64> {
        let input: &HtmlInputElement = self.element.dyn_ref().filter(|_| self.kind == "input")?;
        let number = Some(input.value_as_number()).filter(|value| value.is_finite());
        // Radio buttons have no number. The value is parsed as JSON, whose parser is compiled in anyway.
        number.or_else(|| model::json::from_str(&input.value()).ok())
    }

    /// Value of the option chosen in a menu.
    pub fn chosen(&self) -> Option<usize> {
        let menu: &HtmlSelectElement = self.element.dyn_ref().filter(|_| self.kind == "change")?;
        menu.value().parse().ok()
    }

    /// Position of the pointer within the control, 0 to 1 from left to right and from top to bottom.
    pub fn within(&self) -> Option<[f64; 2]> {
        let pointer: &MouseEvent = self.event.dyn_ref()?;
        let bounds = self.element.get_bounding_client_rect();
        Some([
            (f64::from(pointer.client_x()) - bounds.left()) / bounds.width(),
            (f64::from(pointer.client_y()) - bounds.top()) / bounds.height(),
        ])
    }

    /// Position of a pressed pointer; captures the pointer on its first touch.
    pub fn dragged(&self) -> Option<[f64; 2]> {
        let pointer: &PointerEvent = self.event.dyn_ref()?;
        if pointer.buttons() & 1 == 0 || !matches!(self.kind, "pointerdown" | "pointermove") {
            return None;
        }
        if self.kind == "pointerdown" {
            self.capture();
        }
        self.within()
    }

    /// Captures the pointer until it is released.
    pub fn capture(&self) {
        if let Some(pointer) = self.event.dyn_ref::<PointerEvent>() {
            // Fails only if the pointer was released in the meantime, and the drag is over then.
            self.element.set_pointer_capture(pointer.pointer_id()).ok();
        }
    }

    /// Whether the pointer is a finger or a pen.
    pub fn touches(&self) -> bool {
        self.event.dyn_ref::<PointerEvent>().is_some_and(|pointer| pointer.pointer_type() != "mouse")
    }

    /// The pressed key.
    pub fn key(&self) -> Option<String> {
        self.event.dyn_ref::<KeyboardEvent>().filter(|_| self.kind == "keydown").map(KeyboardEvent::key)
    }
}
