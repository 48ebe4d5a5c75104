//! Figures of the article *How it works*: sliders, histograms and decoders of the shown models, each at its
//! place in the text.

use wasm_bindgen::JsValue;
use web_sys::{Element, HtmlInputElement};

use super::histograms::{self, redraw};
use super::html::{columns, put};
use super::words::{number, percent, symbol, titles};
use super::{Action, Gesture, Panel, paint, sliders};
use crate::dom::{Dom, Drawn};
use crate::pictures::{Slot, Want};
use crate::state::{Event, Loaded, Pair, PictureEdit, State, Topic, View, pairs};
use crate::worker::SIDES;

/// Prefix of the ids of its sliders.
const PLACE: &str = "figure";

pub(super) struct Figures;

impl Panel for Figures {
    fn id(&self) -> &'static str {
        "figures"
    }

    fn view(&self) -> Option<View> {
        Some(View::How)
    }

    fn build(&self, _: &Dom, root: &Element) -> Drawn {
        let mut html = String::from(r#"<figure class="figure" id="figure-turn">"#);
        html += &columns(|html, side| {
            put!(
                *html,
                r#"<p class="name" data-name="{side}">&nbsp;</p><canvas class="picture" data-slot="{}" width="64" height="64" role="img" aria-label="Decoded picture"></canvas><ol id="figure-knob-{side}"></ol>"#,
                Slot::live(side)
            );
        });
        put!(
            html,
            r#"</figure><figure class="figure" id="figure-seen"><p class="tools"><canvas class="picture" id="figure-picture" width="64" height="64" role="img" aria-label="Picture that both encode"></canvas><button type="button" data-act="{}">Random picture</button></p>"#,
            Action::Random {}
        );
        html += &columns(|html, side| {
            put!(
                *html,
                r#"<p class="hint" id="figure-name-{side}">&nbsp;</p><div class="seen"><canvas class="chart" id="figure-chart-{side}" role="img" aria-label="Histogram of μ"></canvas><span class="marker" id="figure-mark-{side}" hidden></span></div><output id="figure-code-{side}">&nbsp;</output>"#
            );
        });
        put!(
            html,
            r#"</figure><figure class="figure" id="figure-exchange"><p class="knob"><label for="exchange">From B: </label><output id="exchanged" for="exchange"></output><input type="range" id="exchange" min="0" step="1" data-act="{}"></p>"#,
            Action::Exchange {}
        );
        html += &columns(|html, side| {
            put!(
                *html,
                r#"<canvas class="picture three" data-slot="{}" width="192" height="64" role="img" aria-label="A, A with one number of B, and B"></canvas><ol class="turned"><li>A</li><li id="figure-from-{side}"></li><li>B</li></ol>"#,
                slot(side)
            );
        });
        html.push_str("</figure>");
        root.set_inner_html(&html);
        Ok(())
    }

    fn draw(&self, dom: &Dom, state: &State, topic: Topic) -> Drawn {
        match topic {
            Topic::Menus => titles(dom, state),
            Topic::Side(_) => {
                (0..SIDES).try_for_each(|side| knob(dom, state, side))?;
                redraw(dom, state, View::How.id())
            }
            Topic::Live(side) | Topic::Code(side) => sliders::update(dom, state, side, PLACE),
            Topic::Original | Topic::Factors => original(dom, state),
            Topic::Reconstruction(side) => seen(dom, state, side),
            Topic::Survey(_) | Topic::Along => exchange(dom, state),
            Topic::Look => redraw(dom, state, View::How.id()),
            _ => Ok(()),
        }
    }

    fn want(&self, state: &State, wants: &mut Vec<Want>) {
        let Some(pair) = exchanged(state) else { return };
        for (side, model) in state.models() {
            if let Some([a, b]) = model.ends() {
                let mut mixed = a.to_vec();
                if let Some(unit) = pair.units[side] {
                    mixed[unit] = b[unit];
                }
                wants.push(Want { slot: slot(side), codes: [a, &mixed, b].concat(), rank: 1 });
            }
        }
    }

    fn act(&self, _: &Dom, state: &State, gesture: &Gesture<'_>) -> Result<Option<Event>, JsValue> {
        Ok(match gesture.action {
            Action::Random {} if gesture.clicks() => {
                Some(Event::Edit(PictureEdit::Random { seed: js_sys::Math::random().to_bits() }))
            }
            Action::Exchange {} => gesture.value().map(|at| Event::Exchange(at as usize)),
            _ => sliders::turned(state, gesture),
        })
    }
}

/// Slot of a side's exchange.
fn slot(side: usize) -> Slot {
    Slot::new("exchange", side, 0)
}

/// Pairs of units of which at least one has a name.
fn named(state: &State) -> Vec<Pair> {
    pairs(state).into_iter().filter(|pair| pair.name.is_some()).collect()
}

/// Pair of units whose values go from B to A.
fn exchanged(state: &State) -> Option<Pair> {
    let mut pairs = named(state);
    (!pairs.is_empty()).then(|| pairs.swap_remove(state.exchanged.min(pairs.len() - 1)))
}

/// Units of both sides that the first two figures are about: of the pairs that both models have, the one
/// that they encode worst, because there the difference is largest.
fn units(state: &State) -> [Option<usize>; SIDES] {
    let both = |pair: &Pair| pair.units.iter().all(Option::is_some);
    named(state).into_iter().rfind(both).map_or([None; SIDES], |pair| pair.units)
}

/// The model and the unit of a side.
fn subject(state: &State, side: usize) -> Option<(&Loaded, usize)> {
    Some((state.sides[side].model()?, units(state)[side]?))
}

/// Recreates a side's slider and histogram.
fn knob(dom: &Dom, state: &State, side: usize) -> Drawn {
    let mut html = String::new();
    if let Some((model, unit)) = subject(state, side) {
        sliders::knob(&mut html, model, [side, unit], PLACE, true);
        dom.set_text(&format!("figure-name-{side}"), &super::words::unit(&model.card, unit))?;
        let act = Action::Chart { side, unit, kind: histograms::MEAN };
        dom.get::<Element>(&format!("figure-chart-{side}"))?.set_attribute("data-act", &act.to_string())?;
    }
    dom.get::<Element>(&format!("figure-knob-{side}"))?.set_inner_html(&html);
    sliders::update(dom, state, side, PLACE)?;
    seen(dom, state, side)?;
    exchange(dom, state)
}

/// Draws the picture that both models encode.
fn original(dom: &Dom, state: &State) -> Drawn {
    dom.show("figure-seen", state.picture().is_some())?;
    match state.picture() {
        Some((pixels, shape)) => paint::pictures(&dom.get("figure-picture")?, pixels, shape),
        None => Ok(()),
    }
}

/// Shows the posterior of the picture: a marker at μ, two σ wide, over the histogram of all μ.
fn seen(dom: &Dom, state: &State, side: usize) -> Drawn {
    let mark = format!("figure-mark-{side}");
    let found = subject(state, side)
        .and_then(|(model, unit)| Some((&model.card.units[unit], unit, &model.reconstruction.as_ref()?.0)));
    dom.show(&mark, found.is_some())?;
    let Some((entry, unit, measured)) = found else { return Ok(()) };
    let (mean, std) = (measured.mean[unit], measured.std[unit]);
    let [low, high] = histograms::axis(&entry.mean_histogram);
    dom.set_style(&mark, "left", &percent((mean - std - low) / (high - low)))?;
    dom.set_style(&mark, "width", &percent(2.0 * std / (high - low)))?;
    let text = format!("{}: μ = {}, σ = {}", symbol(unit), number(mean.into(), 2), number(std.into(), 2));
    dom.set_text(&format!("figure-code-{side}"), &text)
}

/// Names the units whose values are exchanged.
fn exchange(dom: &Dom, state: &State) -> Drawn {
    let pair = exchanged(state).filter(|_| state.models().any(|(_, model)| model.ends().is_some()));
    dom.show("figure-exchange", pair.is_some())?;
    let Some(pair) = pair else { return Ok(()) };
    let slider: HtmlInputElement = dom.get("exchange")?;
    slider.set_max(&(named(state).len() - 1).to_string());
    slider.set_value(&state.exchanged.to_string());
    let name = pair.name.unwrap_or_default();
    slider.set_attribute("aria-valuetext", &name)?;
    for (side, unit) in pair.units.into_iter().enumerate() {
        let text =
            unit.map_or_else(|| "no number".to_owned(), |unit| format!("A with {} of B", symbol(unit)));
        dom.set_text(&format!("figure-from-{side}"), &text)?;
    }
    dom.set_text("exchanged", &name)
}
