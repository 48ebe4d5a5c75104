//! What the visitor does with a control.

use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlInputElement, HtmlSelectElement, KeyboardEvent, MouseEvent, PointerEvent};

use super::Action;

/// An event on a control.
pub struct Gesture<'a> {
    /// The event's kind, such as `click`.
    pub kind: &'a str,
    /// What the control is for.
    pub action: Action,
    /// The control.
    pub element: Element,
    /// The event.
    pub event: &'a web_sys::Event,
}

impl<'a> Gesture<'a> {
    /// The control under an event.
    pub fn of(kind: &'a str, event: &'a web_sys::Event) -> Option<Self> {
        let target: Element = event.target()?.dyn_into().ok()?;
        let element = target.closest("[data-act]").ok()??;
        let action = Action::parse(&element.get_attribute("data-act")?)?;
        Some(Self { kind, action, element, event })
    }

    /// Whether the control is pressed, by pointer or by keys.
    pub fn clicks(&self) -> bool {
        self.kind == "click"
    }

    /// The number that a control has been set to.
    pub fn value(&self) -> Option<f64> {
        let input: &HtmlInputElement = self.element.dyn_ref().filter(|_| self.kind == "input")?;
        let number = Some(input.value_as_number()).filter(|value| value.is_finite());
        // A radio button has none. Its value is read as JSON, whose parser is here anyhow.
        number.or_else(|| serde_json::from_str(&input.value()).ok())
    }

    /// The number that a menu's chosen option stands for.
    pub fn chosen(&self) -> Option<usize> {
        let menu: &HtmlSelectElement = self.element.dyn_ref().filter(|_| self.kind == "change")?;
        menu.value().parse().ok()
    }

    /// Where the pointer is over the control, 0 to 1 from left to right and from top to bottom.
    pub fn within(&self) -> Option<[f64; 2]> {
        let pointer: &MouseEvent = self.event.dyn_ref()?;
        let bounds = self.element.get_bounding_client_rect();
        Some([
            (f64::from(pointer.client_x()) - bounds.left()) / bounds.width(),
            (f64::from(pointer.client_y()) - bounds.top()) / bounds.height(),
        ])
    }

    /// Where a pointer that is pressed is; from its first touch on the control keeps it.
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

    /// Keeps the pointer on the control until it is lifted.
    pub fn capture(&self) {
        if let Some(pointer) = self.event.dyn_ref::<PointerEvent>() {
            self.element.set_pointer_capture(pointer.pointer_id()).ok();
        }
    }

    /// Whether a finger or a pen does it.
    pub fn touches(&self) -> bool {
        self.event.dyn_ref::<PointerEvent>().is_some_and(|pointer| pointer.pointer_type() != "mouse")
    }

    /// The key that is pressed.
    pub fn key(&self) -> Option<String> {
        self.event.dyn_ref::<KeyboardEvent>().filter(|_| self.kind == "keydown").map(KeyboardEvent::key)
    }
}
