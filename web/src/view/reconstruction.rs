//! What each model makes of the picture: its reconstruction, how that differs, and how far off it is
//! beside how far off random pictures are.

use web_sys::Element;

use super::paint;
use super::words::number;
use crate::engine::Kind;
use crate::page::{Dom, Drawn};
use crate::state::{Loaded, State};

/// Share of random pictures that must be redrawn better before a picture is called strange.
const STRANGE: f64 = 0.99;

/// Draws a side's reconstruction, its difference and its errors, or says why there is none.
pub(super) fn draw(dom: &Dom, state: &State, side: usize) -> Drawn {
    let model = state.sides[side].model();
    let [canvas, difference] = ["reconstruction", "difference"].map(|name| format!("{name}-{side}"));
    over_all(dom, state, side)?;
    if let (Some(model), Some((original, shape))) = (model, state.picture())
        && let Some((measured, picture)) = &model.reconstruction
    {
        dom.set_text(&format!("nll-{side}"), &number(measured.nll.into(), 1))?;
        dom.set_text(&format!("mse-{side}"), &number(measured.mse.into(), 4))?;
        paint::difference(dom, &difference, picture, original, shape)?;
        if model.engine == Kind::Gpu {
            return Ok(());
        }
        return paint::pictures(dom, &canvas, picture, model.card.model.image);
    }
    paint::clear(dom, &canvas)?;
    paint::clear(dom, &difference)?;
    dom.set_text(&format!("nll-{side}"), "–")?;
    dom.set_text(&format!("mse-{side}"), "–")
}

/// Writes a side's errors over the survey, and what they say of this picture.
pub(super) fn over_all(dom: &Dom, state: &State, side: usize) -> Drawn {
    let model = state.sides[side].model();
    let found = model.and_then(|model| Some((model.survey.errors()?, model.survey.len())));
    let texts = match found {
        Some(([nll, mse], seen)) => {
            [number(nll, 1), number(mse, 4)].map(|mean| format!("{mean} over {seen}"))
        }
        None => ["\u{a0}".into(), "\u{a0}".into()],
    };
    for (name, text) in ["all-nll", "all-mse"].iter().zip(texts) {
        dom.set_text(&format!("{name}-{side}"), &text)?;
    }
    let (text, strange) = model.map(|model| word(state, model)).unwrap_or_default();
    dom.get::<Element>(&format!("alien-{side}"))?.class_list().toggle_with_force("strange", strange)?;
    dom.set_text(&format!("alien-{side}"), &text)
}

/// What is to be said of a model and the picture, and whether that is a warning.
fn word(state: &State, model: &Loaded) -> (String, bool) {
    let card = &model.card;
    if !state.suits(card) {
        let text = match &state.scene {
            Some(scene) if !state.own => {
                format!("This model learnt from {}, not from {}.", card.training.dataset, scene.world.name())
            }
            None if !state.own => return (String::new(), false),
            _ => {
                let image = card.model.image;
                format!(
                    "This model sees pictures of {} × {} × {}.",
                    image.height, image.width, image.channels
                )
            }
        };
        return (text, true);
    }
    if let Some(unit) = state.beyond(model) {
        let text = format!("Far from all that it learnt from: no training picture took unit {unit} there.");
        return (text, true);
    }
    match state.rank(model) {
        Some((better, seen)) if better >= STRANGE => {
            (format!("Far from all that it learnt from: it redraws {seen} random pictures better."), true)
        }
        Some((better, seen)) => {
            (format!("It redraws {} % of {seen} random pictures better.", number(100.0 * better, 0)), false)
        }
        None => (String::new(), false),
    }
}
