//! The picture that both models are shown, in the middle of the stage, with tools to draw one's own.

use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlInputElement};

use super::html::put;
use super::words::{number, percent};
use super::{Action, Gesture, Panel, Unable, paint};
use crate::dom::{Dom, Drawn};
use crate::state::{Event, Hand, State, Topic, View};

/// Pixels by which an arrow key moves the pen.
const NUDGE: f32 = 2.0;

pub(super) struct Tools;

impl Panel for Tools {
    fn id(&self) -> &'static str {
        "tools"
    }

    fn view(&self) -> Option<View> {
        Some(View::Pictures)
    }

    fn build(&self, dom: &Dom, root: &Element) -> Drawn {
        dom.get::<Element>("sheet-place")?.set_inner_html(&format!(
            r#"<div class="sheet"><canvas class="picture" id="original" width="64" height="64" role="img" aria-label="Original" data-act="{}"></canvas><span class="tip" id="tip" hidden></span><video id="viewfinder" playsinline muted aria-label="What the camera sees" hidden></video></div>"#,
            Action::Paper {}
        ));
        let mut html = String::from(
            r#"<fieldset class="choice"><legend class="visually-hidden">Where the picture comes from</legend>"#,
        );
        for (own, id, text) in [(0, "by-factors", "By factors"), (1, "by-hand", "By hand")] {
            put!(
                html,
                r#"<label><input type="radio" name="source" id="{id}" value="{own}" data-act="{}"><span>{text}</span></label>"#,
                Action::Source { own }
            );
        }
        put!(
            html,
            r#"</fieldset><p class="tools" id="world-tools"><button type="button" id="random" data-act="{}">Random picture</button></p><div id="hand-tools" hidden><fieldset class="choice"><legend class="visually-hidden">Tool</legend>"#,
            Action::Random {}
        );
        for (erases, id, text) in [(0, "ink", "Pen"), (1, "erase", "Eraser")] {
            put!(
                html,
                r#"<label><input type="radio" name="tool" id="{id}" value="{erases}" data-act="{}"><span>{text}</span></label>"#,
                Action::Tool { erases }
            );
        }
        put!(
            html,
            r#"</fieldset><div class="knob"><label for="pen">width</label><output id="pen-value" for="pen"></output><input type="range" id="pen" min="1" max="16" step="1" data-act="{}"></div><p class="tools"><button type="button" data-act="{}">Clear</button> <label class="button" for="open">Open a picture …</label><input class="visually-hidden" type="file" id="open" accept="image/*" data-act="{}"> <button type="button" id="camera" data-act="{}" hidden>Camera …</button> <button type="button" id="camera-off" data-act="{}" hidden>Cancel</button></p><p class="hint">Draw on the picture above, or drop or paste one. It stays in this browser. Keys: arrows move the pen, space lowers it.</p></div><p class="notice" id="refused" role="alert" hidden></p>"#,
            Action::Pen {},
            Action::Clear {},
            Action::Open {},
            Action::Camera {},
            Action::CameraOff {}
        );
        root.set_inner_html(&html);
        Ok(())
    }

    fn draw(&self, dom: &Dom, state: &State, topic: Topic) -> Drawn {
        match topic {
            Topic::Factors | Topic::Original => original(dom, state),
            _ => Ok(()),
        }
    }

    fn act(&self, _: &Dom, state: &State, gesture: &Gesture<'_>) -> Result<Option<Event>, Unable> {
        let hand = match gesture.action {
            Action::Source { .. } => gesture.value().map(|own| Hand::Own(own != 0.0)),
            Action::Tool { .. } => gesture.value().map(|erases| Hand::Erase(erases != 0.0)),
            Action::Pen {} => gesture.value().map(|width| Hand::Pen(width as f32)),
            Action::Random {} if gesture.clicks() => {
                Some(Hand::Random { seed: js_sys::Math::random().to_bits() })
            }
            Action::Clear {} if gesture.clicks() => Some(Hand::Clear),
            Action::Paper {} if state.own => drawing(gesture),
            _ => None,
        };
        Ok(hand.map(Event::Hand))
    }
}

/// Handles the pointer or a key on the paper.
fn drawing(gesture: &Gesture<'_>) -> Option<Hand> {
    let at = || gesture.within().map(|at| at.map(|v| v as f32));
    match gesture.kind {
        "pointerdown" => {
            // Without capture, a stroke would end at the paper's edge.
            gesture.capture();
            at().map(Hand::Begin)
        }
        "pointermove" => at().map(Hand::Go),
        "pointerup" | "pointercancel" => Some(Hand::End),
        "keydown" => {
            let hand = match &*gesture.key()? {
                "ArrowLeft" => Hand::Nudge([-NUDGE, 0.0]),
                "ArrowRight" => Hand::Nudge([NUDGE, 0.0]),
                "ArrowUp" => Hand::Nudge([0.0, -NUDGE]),
                "ArrowDown" => Hand::Nudge([0.0, NUDGE]),
                " " | "Enter" => Hand::Press,
                _ => return None,
            };
            gesture.event.prevent_default();
            Some(hand)
        }
        _ => None,
    }
}

/// Draws the picture and shows the matching tools.
fn original(dom: &Dom, state: &State) -> Drawn {
    dom.get::<HtmlInputElement>(if state.own { "by-hand" } else { "by-factors" })?.set_checked(true);
    dom.show("world-tools", !state.own && state.scene.is_some())?;
    dom.show("hand-tools", state.own)?;
    dom.set_text("refused", state.refused.as_deref().unwrap_or_default())?;
    dom.show("refused", state.refused.is_some())?;
    paper(dom, state)?;
    let picture = state.picture();
    dom.get::<Element>("sheet-place")?.toggle_attribute_with_force("data-empty", picture.is_none())?;
    match picture {
        Some((pixels, shape)) => paint::pictures(&dom.get("original")?, pixels, shape),
        None => Ok(()),
    }
}

/// Shows the pen over the paper, and turns drawing on or off.
fn paper(dom: &Dom, state: &State) -> Drawn {
    let canvas: Element = dom.get("original")?;
    let paper = state.paper.as_ref().filter(|_| state.own);
    canvas.class_list().toggle_with_force("paper", paper.is_some())?;
    canvas.set_attribute("role", if paper.is_some() { "application" } else { "img" })?;
    let label = if paper.is_some() { "Paper: arrows move the pen, space lowers it" } else { "Original" };
    canvas.set_attribute("aria-label", label)?;
    if paper.is_some() {
        canvas.set_attribute("tabindex", "0")?;
    } else {
        canvas.remove_attribute("tabindex")?;
    }
    let tip = paper.and_then(|paper| Some((paper, paper.tip?)));
    dom.show("tip", tip.is_some())?;
    if let Some((paper, [x, y])) = tip {
        dom.set_style("tip", "left", &percent(x))?;
        dom.set_style("tip", "top", &percent(y))?;
        dom.set_style("tip", "width", &percent(paper.pen / paper.shape.width as f32))?;
        dom.get::<Element>("tip")?.class_list().toggle_with_force("down", paper.down)?;
    }
    if let Some(paper) = paper {
        dom.get::<HtmlInputElement>("pen")?.set_value_as_number(paper.pen.into());
        dom.set_text("pen-value", &format!("{} px", number(paper.pen.into(), 0)))?;
        let tool: Element = dom.get(if paper.erases { "erase" } else { "ink" })?;
        tool.unchecked_into::<HtmlInputElement>().set_checked(true);
    }
    Ok(())
}
