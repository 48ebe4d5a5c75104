//! The element under the hand, which says in its data attributes what it is for.

use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlInputElement, HtmlSelectElement, MouseEvent};

/// An element with a purpose.
pub(super) struct Part {
    pub(super) element: Element,
    pub(super) action: String,
    pub(super) side: usize,
    pub(super) unit: usize,
}

impl Part {
    pub(super) fn of(event: &web_sys::Event) -> Option<Self> {
        let target: Element = event.target()?.dyn_into().ok()?;
        let element = target.closest("[data-action]").ok()??;
        let action = element.get_attribute("data-action")?;
        let mut part = Self { element, action, side: 0, unit: 0 };
        part.side = part.number("data-side").unwrap_or(0);
        part.unit = part.number("data-unit").unwrap_or(0);
        Some(part)
    }

    pub(super) fn number(&self, name: &str) -> Option<usize> {
        self.element.get_attribute(name)?.parse().ok()
    }

    pub(super) fn value(&self) -> Option<f64> {
        let input: &HtmlInputElement = self.element.dyn_ref()?;
        let number = Some(input.value_as_number()).filter(|value| value.is_finite());
        // A radio button has none. Its value is read as JSON, whose parser is here anyhow.
        number.or_else(|| serde_json::from_str(&input.value()).ok())
    }

    /// The number that a menu's chosen option stands for.
    pub(super) fn chosen(&self) -> Option<usize> {
        self.element.dyn_ref::<HtmlSelectElement>()?.value().parse().ok()
    }

    /// Where the pointer is over the element, 0 to 1 from left to right.
    pub(super) fn across(&self, event: &web_sys::Event) -> Option<f64> {
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
