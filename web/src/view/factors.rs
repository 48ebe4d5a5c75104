//! The world's controls.

use web_sys::{Element, HtmlInputElement};
use worlds::{Factor, FactorKind};

use super::words::number;
use crate::page::{Dom, Drawn};
use crate::state::{Scene, State};

/// Steps from one end of a quantity to the other.
const STEPS: f64 = 100.0;

/// Moves the controls to the scene, making them first where another world's are.
pub(super) fn draw(dom: &Dom, state: &State) -> Drawn {
    let list: Element = dom.get("factors")?;
    dom.show("no-scene", state.scene.is_none())?;
    dom.show("random", state.scene.is_some())?;
    let Some(scene) = &state.scene else {
        list.replace_children_with_node_0();
        return list.remove_attribute("data-world");
    };
    if list.get_attribute("data-world").as_deref() != Some(scene.world.name()) {
        list.replace_children_with_node_0();
        list.set_attribute("data-world", scene.world.name())?;
        for (index, factor) in scene.world.factors().iter().enumerate() {
            control(dom, &list, index, factor)?;
        }
    }
    for (index, factor) in scene.world.factors().iter().enumerate() {
        settle(dom, scene, index, factor)?;
    }
    Ok(())
}

fn control(dom: &Dom, list: &Element, index: usize, factor: &Factor) -> Drawn {
    let index = index.to_string();
    if factor.kind == FactorKind::Category {
        let group = dom.add(list, "fieldset", &[("class", "choice")], "")?;
        dom.add(&group, "legend", &[], factor.name)?;
        for class in 0..factor.count {
            let label = dom.add(&group, "label", &[], "")?;
            let input = [
                ("type", "radio"),
                ("name", &*format!("factor-{index}")),
                ("id", &format!("factor-{index}-{class}")),
                ("value", &factor.value(class).to_string()),
                ("data-action", "factor"),
                ("data-unit", &index),
            ];
            dom.add(&label, "input", &input, "")?;
            dom.add(&label, "span", &[], factor.labels.get(class).copied().unwrap_or("?"))?;
        }
        return Ok(());
    }
    let item = dom.add(list, "div", &[("class", "knob")], "")?;
    let id = format!("factor-{index}");
    dom.add(&item, "label", &[("for", &id)], factor.name)?;
    dom.add(&item, "output", &[("id", &format!("factor-value-{index}")), ("for", &id)], "")?;
    let input = [
        ("type", "range"),
        ("id", &*id),
        ("min", &factor.low.to_string()),
        ("max", &factor.high.to_string()),
        ("step", &((factor.high - factor.low) / STEPS).to_string()),
        ("data-action", "factor"),
        ("data-unit", &index),
    ];
    dom.add(&item, "input", &input, "")?;
    Ok(())
}

fn settle(dom: &Dom, scene: &Scene, index: usize, factor: &Factor) -> Drawn {
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
