//! Each model's reconstruction of the picture: its difference, and its error compared with those of
//! random pictures.

use wasm_bindgen::JsValue;
use web_sys::Element;

use super::html::{columns, put};
use super::words::{number, titles};
use super::{Action, Gesture, Panel, paint};
use crate::dom::{Dom, Drawn};
use crate::pictures::{Slot, Want};
use crate::state::{Event, Loaded, State, Topic, View};

/// Fraction of random pictures that must have a smaller error before a picture is called strange.
const STRANGE: f64 = 0.99;

/// Number of random pictures needed before the rank is shown.
const ENOUGH: usize = 64;

pub(super) struct Reconstructions;

impl Panel for Reconstructions {
    fn id(&self) -> &'static str {
        "reconstructions"
    }

    fn view(&self) -> Option<View> {
        Some(View::Pictures)
    }

    fn build(&self, _: &Dom, root: &Element) -> Drawn {
        root.set_inner_html(&columns(|html, side| {
            let place = ["left", "right"][side];
            put!(
                *html,
                r#"<div class="redrawn"><figure><canvas class="picture" data-slot="{}" id="reconstruction-{side}" width="64" height="64" role="img" aria-label="Reconstruction by the model on the {place}"></canvas></figure><figure><canvas class="picture difference" id="difference-{side}" width="64" height="64" role="img" aria-label="Difference from the original, model on the {place}"></canvas></figure><div><h2 class="name" data-name="{side}">&nbsp;</h2><p class="scores"><span>NLL <output id="nll-{side}">–</output> nats</span> <span id="all-nll-{side}">&nbsp;</span></p><p class="scores"><span>MSE <output id="mse-{side}">–</output></span> <span id="all-mse-{side}">&nbsp;</span></p><p class="signs"><span class="over">too bright</span> <span class="under">too dark</span> <button type="button" id="amplify-{side}" data-act="{}" aria-pressed="false" title="Show differences four times as strong" aria-label="×4: differences of the model on the {place}">×4</button></p></div></div><p class="word" id="alien-{side}"></p>"#,
                Slot::reconstruction(side),
                Action::Amplify {}
            );
        }));
        Ok(())
    }

    fn draw(&self, dom: &Dom, state: &State, topic: Topic) -> Drawn {
        match topic {
            Topic::Menus => titles(dom, state),
            Topic::Side(side) | Topic::Reconstruction(side) => errors(dom, state, side),
            Topic::Survey(side) => over_all(dom, state, side),
            _ => Ok(()),
        }
    }

    fn act(&self, _: &Dom, _: &State, gesture: &Gesture<'_>) -> Result<Option<Event>, JsValue> {
        Ok((gesture.action == Action::Amplify {} && gesture.clicks()).then_some(Event::Amplify))
    }

    fn want(&self, state: &State, wants: &mut Vec<Want>) {
        for (side, model) in state.models() {
            if let Some((measured, _)) = &model.reconstruction {
                let codes = measured.mean.clone();
                wants.push(Want { slot: Slot::reconstruction(side), codes, rank: 1 });
            }
        }
    }
}

/// Shows a side's errors and its difference image, or why there are none.
fn errors(dom: &Dom, state: &State, side: usize) -> Drawn {
    over_all(dom, state, side)?;
    let found = state.sides[side].model().and_then(|model| model.reconstruction.as_ref());
    let texts = match found {
        Some((measured, _)) => [number(measured.nll.into(), 1), number(measured.mse.into(), 4)],
        None => ["–".into(), "–".into()],
    };
    for (name, text) in ["nll", "mse"].iter().zip(texts) {
        dom.set_text(&format!("{name}-{side}"), &text)?;
    }
    let pressed = if state.amplified { "true" } else { "false" };
    dom.get::<Element>(&format!("amplify-{side}"))?.set_attribute("aria-pressed", pressed)?;
    let canvas = dom.get(&format!("difference-{side}"))?;
    match (found, state.picture()) {
        (Some((_, picture)), Some((original, shape))) => {
            let gain = if state.amplified { 4 } else { 1 };
            paint::difference(&canvas, picture, original, shape, gain)
        }
        _ => {
            paint::clear(&canvas)?;
            dom.canvases(Slot::reconstruction(side))?.iter().try_for_each(paint::clear)
        }
    }
}

/// Shows a side's mean errors over the survey, and how this picture compares.
fn over_all(dom: &Dom, state: &State, side: usize) -> Drawn {
    let model = state.sides[side].model();
    let found = model.and_then(|model| Some((model.survey.errors()?, model.survey.len())));
    let texts = match found {
        Some(([nll, mse], seen)) => {
            [number(nll, 1), number(mse, 4)].map(|mean| format!("mean {mean} over {seen}"))
        }
        None => ["\u{a0}".into(), "\u{a0}".into()],
    };
    for (name, text) in ["all-nll", "all-mse"].iter().zip(texts) {
        dom.set_text(&format!("{name}-{side}"), &text)?;
    }
    let (text, strange) = model.map(|model| remark(state, model)).unwrap_or_default();
    let place: Element = dom.get(&format!("alien-{side}"))?;
    place.class_list().toggle_with_force("strange", strange)?;
    place.set_text_content(Some(&text));
    Ok(())
}

/// Remark on the model and the picture, and whether it is a warning.
fn remark(state: &State, model: &Loaded) -> (String, bool) {
    let card = &model.card;
    if !state.suits(card) {
        let text = match &state.scene {
            Some(scene) if !state.shows_own => {
                format!("This model was trained on {}, not on {}.", card.training.dataset, scene.world.name())
            }
            None if !state.shows_own => return (String::new(), false),
            _ => {
                let image = card.model.image;
                format!(
                    "This model needs pictures of {} × {} × {}.",
                    image.height, image.width, image.channels
                )
            }
        };
        return (text, true);
    }
    if let Some(unit) = state.beyond(model) {
        let unit = super::words::symbol(unit);
        return (format!("Far from the training data: no training picture gives {unit} such a value."), true);
    }
    match state.rank(model).filter(|(_, seen)| *seen >= ENOUGH) {
        Some((better, seen)) if better >= STRANGE => {
            (format!("Far from the training data: it reconstructs {seen} random pictures better."), true)
        }
        Some((better, seen)) => (
            format!("It reconstructs {} % of {seen} random pictures better.", number(100.0 * better, 0)),
            false,
        ),
        None => (String::new(), false),
    }
}
