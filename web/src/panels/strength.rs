//! Strength of the sparsity: a slider over models that differ only in this, and their curve of
//! reconstruction against disentanglement.

use wasm_bindgen::JsValue;
use web_sys::{Element, HtmlInputElement};

use super::html::put;
use super::words::number;
use super::{Action, Gesture, Panel};
use crate::dom::{Dom, Drawn};
use crate::manifest::ModelStrength;
use crate::state::{Event, State, Topic, View};

pub(super) struct Strength;

/// The side whose model the slider chooses; the other side keeps its model for comparison.
const SIDE: usize = 1;

/// Width and height of the curve.
const SIZE: [f64; 2] = [240.0, 84.0];

/// Space around the curve for its dots.
const EDGE: f64 = 10.0;

impl Panel for Strength {
    fn id(&self) -> &'static str {
        "strength"
    }

    fn view(&self) -> Option<View> {
        None
    }

    fn build(&self, _: &Dom, root: &Element) -> Drawn {
        root.set_class_name("strength");
        let act = Action::Strength {};
        root.set_inner_html(&format!(
            r#"<label class="turn" for="strength-slider"><span>Sparsity <output id="strength-value"></output></span><input type="range" id="strength-slider" min="0" step="1" data-act="{act}"><span class="ends"><span>none: plain VAE</span><span>full</span></span></label><div id="strength-curve"></div>"#
        ));
        Ok(())
    }

    fn draw(&self, dom: &Dom, state: &State, topic: Topic) -> Drawn {
        match topic {
            Topic::Menus | Topic::View => draw(dom, state),
            _ => Ok(()),
        }
    }

    fn act(&self, _: &Dom, state: &State, gesture: &Gesture<'_>) -> Result<Option<Event>, JsValue> {
        let Action::Strength {} = gesture.action else { return Ok(None) };
        let Some(stop) = gesture.value().filter(|_| gesture.kind == "input") else { return Ok(None) };
        let chosen = by_strength(state).get(stop.round() as usize).map(|model| model.entry);
        Ok(chosen
            .filter(|&entry| state.sides[SIDE].entry != Some(entry))
            .map(|entry| Event::Choose { side: SIDE, entry }))
    }
}

/// Models of the shown set that have a strength, in ascending order.
fn by_strength(state: &State) -> Vec<ModelStrength> {
    let Some(set) = state.set() else { return Vec::new() };
    let set = state.sets()[set];
    crate::manifest::by_strength(&state.entries, set)
}

fn draw(dom: &Dom, state: &State) -> Drawn {
    let strengths = by_strength(state);
    dom.show("strength", strengths.len() > 2)?;
    let chosen = strengths.iter().position(|model| state.sides[SIDE].entry == Some(model.entry));
    let slider: HtmlInputElement = dom.get("strength-slider")?;
    slider.set_max(&strengths.len().saturating_sub(1).to_string());
    let value = chosen.map(|at| strengths[at].strength.to_string()).unwrap_or_default();
    if let Some(at) = chosen {
        slider.set_value(&at.to_string());
        slider.set_attribute("aria-valuetext", &value)?;
    }
    dom.set_text("strength-value", &value)?;
    let curve: Element = dom.get("strength-curve")?;
    curve.set_inner_html(&svg(&strengths, chosen));
    Ok(())
}

/// The curve: NLL to the right, DCI disentanglement up; the dot of the chosen model is large.
fn svg(strengths: &[ModelStrength], chosen: Option<usize>) -> String {
    let scores: Option<Vec<[f64; 2]>> = strengths.iter().map(|model| model.scores).collect();
    let Some(scores) = scores.filter(|scores| scores.len() > 2) else { return String::new() };
    let [width, height] = SIZE;
    let range = |of: usize| {
        let values = scores.iter().map(move |score| score[of]);
        values.fold([f64::MAX, f64::MIN], |[low, high], value| [low.min(value), high.max(value)])
    };
    let part = |value: f64, [low, high]: [f64; 2]| (value - low) / (high - low).max(1e-9);
    let dots: Vec<[f64; 2]> = scores
        .iter()
        .map(|score| {
            [
                EDGE + part(score[0], range(0)) * (width - 2.0 * EDGE),
                height - EDGE - part(score[1], range(1)) * (height - 2.0 * EDGE),
            ]
        })
        .collect();
    let scores = match chosen {
        Some(at) => {
            format!("NLL {} nats, DCI disentanglement {}", number(scores[at][0], 1), number(scores[at][1], 2))
        }
        None => "another model".to_owned(),
    };
    let mut html = format!(
        r#"<svg viewBox="0 0 {width} {height}" role="img" aria-label="Reconstruction against disentanglement: {scores}"><polyline points=""#
    );
    for [x, y] in &dots {
        put!(html, "{x:.1},{y:.1} ");
    }
    html.push_str(r#""/>"#);
    for (at, [x, y]) in dots.iter().enumerate() {
        let (class, radius) = if chosen == Some(at) { ("chosen", 7) } else { ("dot", 4) };
        put!(html, r#"<circle class="{class}" cx="{x:.1}" cy="{y:.1}" r="{radius}"/>"#);
    }
    put!(
        html,
        r#"</svg><p class="told">{scores}</p><p class="hint">Right: blurrier. Up: more disentangled.</p>"#
    );
    html
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path() -> Vec<ModelStrength> {
        let scores = [[20.0, 0.1], [30.0, 0.5], [60.0, 0.7]];
        let at = |(entry, scores): (usize, [f64; 2])| ModelStrength {
            entry,
            strength: entry as f32,
            scores: Some(scores),
        };
        scores.into_iter().enumerate().map(at).collect()
    }

    #[test]
    fn the_chosen_model_has_the_large_dot() {
        let html = svg(&path(), Some(2));
        assert!(html.contains(r#"<circle class="chosen" cx="230.0" cy="10.0" r="7"/>"#), "{html}");
        assert!(html.contains("NLL 60.0 nats, DCI disentanglement 0.70"), "{html}");
        assert_eq!(html.matches("class=\"dot\"").count(), 2);
    }

    #[test]
    fn without_scores_there_is_no_curve() {
        let mut path = path();
        path[1].scores = None;
        assert_eq!(svg(&path, Some(0)), "");
    }
}
