//! The picture that both models are shown, in the middle of the stage, with tools to draw one's own.

use wasm_bindgen::JsCast;
use wasm_bindgen::JsValue;
use web_sys::{Element, HtmlInputElement};

use super::html::put;
use super::words::{number, percent};
use super::{Action, Gesture, Panel, paint};
use crate::dom::{Dom, Drawn};
use crate::state::{Event, PictureEdit, State, Topic, View};

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
            Action::Canvas {}
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

    fn act(&self, _: &Dom, state: &State, gesture: &Gesture<'_>) -> Result<Option<Event>, JsValue> {
        let edit = match gesture.action {
            Action::Source { .. } => gesture.value().map(|own| PictureEdit::ShowOwn(own != 0.0)),
            Action::Tool { .. } => gesture.value().map(|erases| PictureEdit::Erase(erases != 0.0)),
            Action::Pen {} => gesture.value().map(|width| PictureEdit::Pen(width as f32)),
            Action::Random {} if gesture.clicks() => {
                Some(PictureEdit::Random { seed: js_sys::Math::random().to_bits() })
            }
            Action::Clear {} if gesture.clicks() => Some(PictureEdit::Clear),
            Action::Canvas {} if state.shows_own => drawing(gesture),
            _ => None,
        };
        Ok(edit.map(Event::Edit))
    }
}

/// Handles the pointer or a key on the picture.
fn drawing(gesture: &Gesture<'_>) -> Option<PictureEdit> {
    let at = || gesture.within().map(|at| at.map(|v| v as f32));
    match gesture.kind {
        "pointerdown" => {
            // Without capture, a stroke would end at the edge of the picture.
            gesture.capture();
            at().map(PictureEdit::Begin)
        }
        "pointermove" => at().map(PictureEdit::Go),
        "pointerup" | "pointercancel" => Some(PictureEdit::End),
        "keydown" => {
            let edit = match &*gesture.key()? {
                "ArrowLeft" => PictureEdit::Nudge([-NUDGE, 0.0]),
                "ArrowRight" => PictureEdit::Nudge([NUDGE, 0.0]),
                "ArrowUp" => PictureEdit::Nudge([0.0, -NUDGE]),
                "ArrowDown" => PictureEdit::Nudge([0.0, NUDGE]),
                " " | "Enter" => PictureEdit::Press,
                _ => return None,
            };
            gesture.event.prevent_default();
            Some(edit)
        }
        _ => None,
    }
}

/// Draws the picture and shows the matching tools.
fn original(dom: &Dom, state: &State) -> Drawn {
    dom.get::<HtmlInputElement>(if state.shows_own { "by-hand" } else { "by-factors" })?.set_checked(true);
    dom.show("world-tools", !state.shows_own && state.scene.is_some())?;
    dom.show("hand-tools", state.shows_own)?;
    dom.show("camera", state.has_camera)?;
    dom.set_text("refused", state.refused.as_deref().unwrap_or_default())?;
    dom.show("refused", state.refused.is_some())?;
    pen(dom, state)?;
    let picture = state.picture();
    match picture {
        Some((pixels, shape)) => paint::pictures(&dom.get("original")?, pixels, shape),
        None => Ok(()),
    }
}

/// Shows the pen over the picture, and turns drawing on or off.
fn pen(dom: &Dom, state: &State) -> Drawn {
    let canvas: Element = dom.get("original")?;
    let own = state.own_picture.as_ref().filter(|_| state.shows_own);
    canvas.class_list().toggle_with_force("paper", own.is_some())?;
    canvas.set_attribute("role", if own.is_some() { "application" } else { "img" })?;
    let label = if own.is_some() { "Paper: arrows move the pen, space lowers it" } else { "Original" };
    canvas.set_attribute("aria-label", label)?;
    if own.is_some() {
        canvas.set_attribute("tabindex", "0")?;
    } else {
        canvas.remove_attribute("tabindex")?;
    }
    let tip = own.and_then(|own| Some((own, own.tip?)));
    dom.show("tip", tip.is_some())?;
    if let Some((own, [x, y])) = tip {
        dom.set_style("tip", "left", &percent(x))?;
        dom.set_style("tip", "top", &percent(y))?;
        dom.set_style("tip", "width", &percent(own.pen / own.shape.width as f32))?;
        dom.get::<Element>("tip")?.class_list().toggle_with_force("down", own.down)?;
    }
    if let Some(own) = own {
        dom.get::<HtmlInputElement>("pen")?.set_value_as_number(own.pen.into());
        dom.set_text("pen-value", &format!("{} px", number(own.pen.into(), 0)))?;
        let tool: Element = dom.get(if own.erases { "erase" } else { "ink" })?;
        tool.unchecked_into::<HtmlInputElement>().set_checked(true);
    }
    Ok(())
}
