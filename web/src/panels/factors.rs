//! Controls for the factors of the world.

use wasm_bindgen::JsValue;
use web_sys::{Element, HtmlInputElement};
use worlds::{Factor, FactorKind};

use super::html::{Safe, put};
use super::words::number;
use super::{Action, Gesture, Panel};
use crate::dom::{Dom, Drawn};
use crate::state::{Event, Scene, State, Topic, View};

/// Steps of a slider for a quantity.
const STEPS: f64 = 100.0;

pub(super) struct Factors;

impl Panel for Factors {
    fn id(&self) -> &'static str {
        "world"
    }

    fn view(&self) -> Option<View> {
        Some(View::Pictures)
    }

    fn build(&self, _: &Dom, root: &Element) -> Drawn {
        root.set_inner_html(
            r#"<div class="factors" id="factors"></div><p class="hint" id="no-scene" hidden>The page can’t draw this training data. Choose “By hand” and open your own picture.</p>"#,
        );
        Ok(())
    }

    fn draw(&self, dom: &Dom, state: &State, topic: Topic) -> Drawn {
        match topic {
            Topic::Factors | Topic::Original => controls(dom, state),
            _ => Ok(()),
        }
    }

    fn act(&self, _: &Dom, _: &State, gesture: &Gesture<'_>) -> Result<Option<Event>, JsValue> {
        Ok(match gesture.action {
            Action::Factor { factor } => gesture.value().map(|value| Event::Factor { factor, value }),
            _ => None,
        })
    }
}

/// Sets the controls to the scene; recreates them if the world has changed.
fn controls(dom: &Dom, state: &State) -> Drawn {
    let list: Element = dom.get("factors")?;
    dom.show("world", !state.shows_own)?;
    dom.show("no-scene", state.scene.is_none())?;
    let Some(scene) = &state.scene else {
        list.replace_children_with_node_0();
        return list.remove_attribute("data-world");
    };
    let factors = || scene.world.factors().iter().enumerate();
    if list.get_attribute("data-world").as_deref() != Some(scene.world.name()) {
        list.set_attribute("data-world", scene.world.name())?;
        let mut html = String::new();
        factors().for_each(|(index, factor)| control(&mut html, index, factor));
        list.set_inner_html(&html);
    }
    factors().try_for_each(|(index, factor)| update_control(dom, scene, index, factor))
}

fn control(html: &mut String, index: usize, factor: &Factor) {
    let act = Action::Factor { factor: index };
    if factor.kind == FactorKind::Category {
        put!(*html, r#"<fieldset class="choice"><legend>{}</legend>"#, Safe(factor.name));
        for class in 0..factor.count {
            let label = factor.labels.get(class).copied().unwrap_or("?");
            put!(
                *html,
                r#"<label><input type="radio" name="factor-{index}" id="factor-{index}-{class}" value="{}" data-act="{act}"><span>{}</span></label>"#,
                factor.value(class),
                Safe(label)
            );
        }
        html.push_str("</fieldset>");
        return;
    }
    put!(
        *html,
        r#"<div class="knob"><label for="factor-{index}">{}</label><output id="factor-value-{index}" for="factor-{index}"></output><input type="range" id="factor-{index}" min="{}" max="{}" step="{}" data-act="{act}"></div>"#,
        Safe(factor.name),
        factor.low,
        factor.high,
        (factor.high - factor.low) / STEPS
    );
}

fn update_control(dom: &Dom, scene: &Scene, index: usize, factor: &Factor) -> Drawn {
    let value = scene.values[index];
    if factor.kind == FactorKind::Category {
        let class = (0..factor.count).find(|&class| factor.value(class) == value).unwrap_or(0);
        dom.get::<HtmlInputElement>(&format!("factor-{index}-{class}"))?.set_checked(true);
        return Ok(());
    }
    let input: HtmlInputElement = dom.get(&format!("factor-{index}"))?;
    if (input.value_as_number() - value).abs() > 1e-9 {
        input.set_value_as_number(value);
    }
    dom.set_text(&format!("factor-value-{index}"), &number(value, 2))
}
