//! Controls for the code: a slider per unit over the histogram of its values in the data, or a dial for a
//! circular unit.

use wasm_bindgen::JsValue;
use web_sys::{Element, HtmlElement, HtmlInputElement};

use super::histograms::redraw;
use super::html::{Safe, columns, put};
use super::words::{number, symbol, unit as name};
use super::{Action, Gesture, Panel};
use crate::dom::{Dom, Drawn};
use crate::pictures::{Slot, Want};
use crate::state::{Event, Loaded, MODES, Side, State, Topic, View, ranked, wrapped};
use crate::worker::SIDES;

/// Steps of a slider.
const STEPS: f32 = 100.0;

/// Angle by which an arrow key turns a dial, in radians.
const TURN: f32 = std::f32::consts::PI / 36.0;

/// Prefix of its ids.
const PLACE: &str = "turn";

pub(super) struct Sliders;

impl Panel for Sliders {
    fn id(&self) -> &'static str {
        "knobs"
    }

    fn view(&self) -> Option<View> {
        Some(View::Sliders)
    }

    fn build(&self, _: &Dom, root: &Element) -> Drawn {
        root.set_class_name("pair");
        root.set_inner_html(&columns(|html, side| {
            put!(
                *html,
                r#"<header class="bar"><h2 class="name" data-name="{side}">&nbsp;</h2><p class="tools"><button type="button" data-act="{}" title="Draw every number from the prior">Sample</button><button type="button" data-act="{}">Reset</button></p></header><ol class="sliders" id="sliders-{side}"></ol>"#,
                Action::Sample { side },
                Action::Reset { side }
            );
        }));
        Ok(())
    }

    fn draw(&self, dom: &Dom, state: &State, topic: Topic) -> Drawn {
        match topic {
            Topic::Menus => super::words::titles(dom, state),
            // The order depends on the other model too.
            Topic::Side(_) => {
                (0..SIDES).try_for_each(|side| knobs(dom, state, side))?;
                redraw(dom, state, self.id())
            }
            Topic::Look => redraw(dom, state, self.id()),
            Topic::Live(side) | Topic::Code(side) => update(dom, state, side, PLACE),
            _ => Ok(()),
        }
    }

    fn want(&self, state: &State, wants: &mut Vec<Want>) {
        for (side, model) in state.models() {
            for &unit in model.used() {
                for (mode, value) in model.modes(unit).into_iter().enumerate() {
                    let mut codes = model.code.clone();
                    codes[unit] = value;
                    wants.push(Want { slot: slot(side, unit, mode), codes, rank: 1 });
                }
            }
        }
    }

    fn act(&self, _: &Dom, state: &State, gesture: &Gesture<'_>) -> Result<Option<Event>, JsValue> {
        Ok(match gesture.action {
            Action::Mode { side, unit, mode } if gesture.clicks() => {
                let model = state.sides.get(side).and_then(Side::model);
                let value = model.and_then(|model| model.modes(unit).get(mode).copied());
                value.map(|value| Event::Turn { side, unit, value })
            }
            Action::Sample { side } if gesture.clicks() => {
                Some(Event::Sample { side, seed: js_sys::Math::random().to_bits() })
            }
            Action::Reset { side } if gesture.clicks() => Some(Event::Reset { side, unit: None }),
            _ => turned(state, gesture),
        })
    }
}

/// Converts a gesture on a slider or dial to an event.
pub(super) fn turned(state: &State, gesture: &Gesture<'_>) -> Option<Event> {
    match gesture.action {
        Action::Turn { side, unit } if gesture.kind == "dblclick" => {
            Some(Event::Reset { side, unit: Some(unit) })
        }
        Action::Turn { side, unit } => {
            gesture.value().map(|value| Event::Turn { side, unit, value: value as f32 })
        }
        Action::Dial { side, unit } => dial(state, gesture, side, unit),
        _ => None,
    }
}

fn knobs(dom: &Dom, state: &State, side: usize) -> Drawn {
    let list: Element = dom.get(&format!("sliders-{side}"))?;
    let Some(model) = state.sides[side].model() else { return Ok(()) };
    let used = ranked(state, side).into_iter();
    let mut html = String::new();
    for unit in used.chain(model.order[model.active..].iter().copied()) {
        knob(&mut html, model, [side, unit], PLACE, true);
    }
    list.set_inner_html(&html);
    update(dom, state, side, PLACE)
}

/// Writes a unit's slider (over its chart if `charted`) or dial. `place` distinguishes its ids from those
/// of the same unit in another view.
pub(super) fn knob(html: &mut String, model: &Loaded, [side, unit]: [usize; 2], place: &str, charted: bool) {
    let (class, title) = match model.card.units[unit].is_active() {
        true => ("knob", ""),
        false => ("knob idle", "carries nothing"),
    };
    let name = name(&model.card, unit);
    let name = Safe(&name);
    let id = format!("{side}-{unit}");
    let is_circle = model.is_circle(unit);
    put!(*html, r#"<li class="{class}{}" id="{place}-of-{id}">"#, if is_circle { " circle" } else { "" });
    if is_circle {
        put!(
            *html,
            r#"<span id="{place}-name-{id}" title="{title}">{name}</span><output id="{place}-said-{id}"></output><div class="dial" id="{place}-{id}" data-act="{}" role="slider" tabindex="0" aria-labelledby="{place}-name-{id}" aria-valuemin="-180" aria-valuemax="180"><i id="{place}-hand-{id}"></i></div></li>"#,
            Action::Dial { side, unit }
        );
        return;
    }
    put!(
        *html,
        r#"<label for="{place}-{id}" title="{title}">{name}</label><output id="{place}-said-{id}" for="{place}-{id}"></output>"#
    );
    if charted {
        let kind = super::histograms::BEHIND;
        put!(
            *html,
            r#"<canvas class="chart behind" data-act="{}" aria-hidden="true"></canvas>"#,
            Action::Chart { side, unit, kind }
        );
    }
    put!(*html, r#"<input type="range" id="{place}-{id}" data-act="{}">"#, Action::Turn { side, unit });
    // The pictures of the modes are decoded for this view only.
    if place == PLACE {
        html.push_str(r#"<p class="modes">"#);
        for (mode, value) in model.modes(unit).into_iter().enumerate() {
            put!(
                *html,
                r#"<button type="button" id="mode-{side}-{unit}-{mode}" data-act="{}" aria-label="{name} at {}"><canvas class="picture" data-slot="{}" width="64" height="64"></canvas></button>"#,
                Action::Mode { side, unit, mode },
                number(value.into(), 2),
                slot(side, unit, mode)
            );
        }
        html.push_str("</p>");
    }
    html.push_str("</li>");
}

/// Slot of the picture for a unit's mode.
fn slot(side: usize, unit: usize, mode: usize) -> Slot {
    Slot::new("mode", side, unit * MODES + mode)
}

/// Moves a side's sliders and dials in one place to its live code.
pub(super) fn update(dom: &Dom, state: &State, side: usize, place: &str) -> Drawn {
    let Some(model) = state.sides[side].model() else { return Ok(()) };
    for (unit, &value) in model.live_code().iter().enumerate() {
        // Not every place has all units.
        let Ok(knob) = dom.get::<HtmlElement>(&format!("{place}-{side}-{unit}")) else { continue };
        let text = if model.is_circle(unit) {
            let degrees = value.to_degrees();
            dom.set_style(&format!("{place}-hand-{side}-{unit}"), "rotate", &format!("{:.1}deg", -degrees))?;
            knob.set_attribute("aria-valuenow", &format!("{degrees:.0}"))?;
            format!("{}°", number(degrees.into(), 0))
        } else {
            use wasm_bindgen::JsCast;
            let input: &HtmlInputElement = knob.dyn_ref().ok_or("no slider")?;
            let [low, high] = model.slider_range(unit);
            input.set_min(&low.to_string());
            input.set_max(&high.to_string());
            input.set_step(&((high - low) / STEPS).to_string());
            if (input.value_as_number() - f64::from(value)).abs() > 1e-6 {
                input.set_value_as_number(value.into());
            }
            number(value.into(), 2)
        };
        knob.set_attribute("aria-valuetext", &format!("{} = {text}", symbol(unit)))?;
        dom.set_text(&format!("{place}-said-{side}-{unit}"), &text)?;
    }
    Ok(())
}

/// Handles the pointer or an arrow key on a dial.
fn dial(state: &State, gesture: &Gesture<'_>, side: usize, unit: usize) -> Option<Event> {
    let turn = |value: f32| Event::Turn { side, unit, value: wrapped(value) };
    if let Some([x, y]) = gesture.dragged() {
        return Some(turn((0.5 - y).atan2(x - 0.5) as f32));
    }
    if gesture.kind == "dblclick" {
        return Some(Event::Reset { side, unit: Some(unit) });
    }
    let value = *state.sides.get(side)?.model()?.code.get(unit)?;
    let event = match &*gesture.key()? {
        "ArrowRight" | "ArrowDown" => turn(value - TURN),
        "ArrowLeft" | "ArrowUp" => turn(value + TURN),
        "Home" => turn(0.0),
        _ => return None,
    };
    gesture.event.prevent_default();
    Some(event)
}
