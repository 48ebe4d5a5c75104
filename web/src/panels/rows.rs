//! Rows: each varies one unit of each model over its range, with all others fixed. Units that encode the
//! same factor are next to each other.

use wasm_bindgen::JsValue;
use web_sys::Element;

use super::html::{Safe, put};
use super::words::{label, number, percent, symbol, unit as name};
use super::{Action, Gesture, Panel};
use crate::dom::{Dom, Drawn};
use crate::pictures::{Slot, Want};
use crate::state::{COLUMNS, Event, Loaded, Pair, State, Topic, View, pairs};
use crate::worker::SIDES;

pub(super) struct Rows;

/// Slot of a unit's row.
fn slot(side: usize, unit: usize) -> Slot {
    Slot::new("row", side, unit)
}

impl Panel for Rows {
    fn id(&self) -> &'static str {
        "grid"
    }

    fn view(&self) -> Option<View> {
        Some(View::Rows)
    }

    fn build(&self, dom: &Dom, root: &Element) -> Drawn {
        // The placeholder stays until a model is loaded.
        let section = root.parent_element().ok_or("no section")?;
        let mut html = format!(
            r#"<details class="fold" id="fold" data-act="{}" hidden><summary id="folded"></summary><ol class="rows idle" id="idle"></ol></details><div class="feet">"#,
            Action::Fold {}
        );
        for (side, place) in ["left", "right"].into_iter().enumerate() {
            let (save, animation, bring) =
                (Action::Save { side }, Action::SaveAnimation { side }, Action::Bring { side });
            put!(
                html,
                r#"<div class="foot model side-{side}"><p role="group" aria-label="Save the {place} rows">Save these rows <button type="button" class="plain" id="save-{side}" data-act="{save}">as a picture</button> or <button type="button" class="plain" id="film-{side}" data-act="{animation}">as an animation</button>. <span id="saved-{side}" role="status"></span></p><p>Your own model? Drop its file here, or <label for="bring-{side}">open it<input class="visually-hidden" type="file" id="bring-{side}" accept=".safetensors" data-act="{bring}" aria-label="Open a weights file for the {place}"></label>. It never leaves your machine.</p></div>"#
            );
        }
        html.push_str("</div>");
        dom.add(&section, "div", &[("class", "below")], "")?.set_inner_html(&html);
        Ok(())
    }

    fn draw(&self, dom: &Dom, state: &State, topic: Topic) -> Drawn {
        match topic {
            Topic::Side(_) => rows(dom, state),
            Topic::Live(side) | Topic::Code(side) => markers(dom, state, side),
            _ => Ok(()),
        }
    }

    fn want(&self, state: &State, wants: &mut Vec<Want>) {
        let mut rank = 0;
        let mut row = |units: [Option<usize>; SIDES]| {
            rank += 1;
            for (side, model) in state.models() {
                if let Some(unit) = units[side] {
                    wants.push(Want { slot: slot(side, unit), codes: model.row_codes(unit), rank });
                }
            }
        };
        pairs(state).into_iter().for_each(|pair| row(pair.units));
        if state.unfolded {
            idle(state).into_iter().for_each(row);
        }
    }

    fn act(&self, _: &Dom, state: &State, gesture: &Gesture<'_>) -> Result<Option<Event>, JsValue> {
        Ok(match gesture.action {
            Action::Row { side, unit } => act(state, gesture, side, unit),
            Action::Fold {} if gesture.kind == "toggle" => {
                let open = gesture.element.has_attribute("open");
                (open != state.unfolded).then_some(Event::Unfold(open))
            }
            _ => None,
        })
    }
}

/// Pairs of units that carry no information.
fn idle(state: &State) -> Vec<[Option<usize>; SIDES]> {
    let units = state.sides.each_ref().map(|side| side.model().map_or(&[][..], |m| &m.order[m.active..]));
    let most = units.iter().map(|units| units.len()).max().unwrap_or(0);
    (0..most).map(|rank| units.map(|units| units.get(rank).copied())).collect()
}

fn rows(dom: &Dom, state: &State) -> Drawn {
    let grid: Element = dom.get("grid")?;
    let shown = state.models().count();
    grid.toggle_attribute_with_force("aria-busy", shown < SIDES)?;
    if shown == 0 {
        return Ok(());
    }
    let mut html = String::new();
    for pair in pairs(state) {
        row(&mut html, state, &pair);
    }
    grid.set_inner_html(&html);
    let idle = idle(state);
    let mut html = String::new();
    for &units in &idle {
        row(&mut html, state, &Pair { name: None, units });
    }
    dom.get::<Element>("idle")?.set_inner_html(&html);
    dom.get::<Element>("fold")?.toggle_attribute_with_force("open", state.unfolded)?;
    dom.show("fold", !idle.is_empty())?;
    let counts = state.sides.each_ref().map(|side| side.model().map_or(0, |m| m.order.len() - m.active));
    dom.set_text(
        "folded",
        &format!("Unused numbers: {} on the left, {} on the right", counts[0], counts[1]),
    )?;
    (0..SIDES).try_for_each(|side| markers(dom, state, side))
}

fn row(html: &mut String, state: &State, pair: &Pair) {
    html.push_str(r#"<li class="row"><div class="label">"#);
    match &pair.name {
        Some(name) => {
            put!(*html, "<strong>{}</strong><span class=\"symbols\">", Safe(name));
        }
        None => html.push_str("<span class=\"symbols\">"),
    }
    for (side, model) in state.models() {
        if let Some(unit) = pair.units[side] {
            let entry = &model.card.units[unit];
            // Inactive units encode nothing.
            let factor = model.best_factor(unit).filter(|_| pair.name.is_none() && entry.is_active());
            let factor = factor.map(|(name, _)| format!(" {name}")).unwrap_or_default();
            put!(
                *html,
                r#"<span class="side-{side}" title="{} nats">{}{}</span>"#,
                number(entry.kl.into(), 2),
                label(unit),
                Safe(&factor)
            );
        }
    }
    html.push_str("</span></div>");
    for side in 0..SIDES {
        put!(*html, r#"<div class="cell side-{side}">"#);
        match (state.sides[side].model(), pair.units[side]) {
            (None, _) => html.push_str(r#"<div class="strip skeleton"></div>"#),
            (Some(_), None) => {
                if let Some(name) = &pair.name {
                    put!(*html, r#"<p class="none">No number for “{}”.</p>"#, Safe(name));
                }
            }
            (Some(model), Some(unit)) => strip(html, model, side, unit),
        }
        html.push_str("</div>");
    }
    html.push_str("</li>");
}

fn strip(html: &mut String, model: &Loaded, side: usize, unit: usize) {
    let [low, high] = model.card.units[unit].range;
    let (value, image) = (model.code[unit], model.card.model.image);
    put!(
        *html,
        r#"<div class="strip" id="row-{side}-{unit}" data-act="{}" role="slider" tabindex="0" aria-label="Row of {}" aria-valuemin="{low:.2}" aria-valuemax="{high:.2}" aria-valuenow="{value:.2}"><canvas data-slot="{}" width="{}" height="{}"></canvas><span class="marker" id="marker-{side}-{unit}"></span></div>"#,
        Action::Row { side, unit },
        Safe(&name(&model.card, unit)),
        slot(side, unit),
        COLUMNS * image.width,
        image.height
    );
}

/// Moves a side's markers to its live code.
fn markers(dom: &Dom, state: &State, side: usize) -> Drawn {
    let Some(model) = state.sides[side].model() else { return Ok(()) };
    let code = model.live_code();
    let columns = COLUMNS as f32;
    let units = if state.unfolded { &model.order[..] } else { model.used() };
    for &unit in units {
        let value = code[unit];
        let position = (0.5 + model.position_of(unit, value) * (columns - 1.0)) / columns;
        let marker = format!("marker-{side}-{unit}");
        dom.set_style(&marker, "left", &percent(position))?;
        let looked = model.preview.is_some_and(|preview| preview.unit == unit);
        let row: Element = dom.get(&format!("row-{side}-{unit}"))?;
        row.class_list().toggle_with_force("looked", looked)?;
        row.set_attribute("aria-valuenow", &format!("{value:.2}"))?;
        row.set_attribute("aria-valuetext", &format!("{} = {}", symbol(unit), number(value.into(), 2)))?;
    }
    Ok(())
}

/// Handles the pointer on a row: previews a picture, or selects it.
fn act(state: &State, gesture: &Gesture<'_>, side: usize, unit: usize) -> Option<Event> {
    let columns = COLUMNS as f64;
    let across = || gesture.within().map(|[across, _]| across);
    match gesture.kind {
        "pointermove" | "pointerdown" => {
            let position = ((across()? * columns - 0.5) / (columns - 1.0)) as f32;
            Some(Event::Scrub { side, unit, position })
        }
        // The browser took over the gesture, to scroll.
        "pointercancel" => Some(Event::Leave { side }),
        "click" => {
            let column = (across()? * columns).clamp(0.0, columns - 1.0) as usize;
            Some(Event::Take { side, unit, column })
        }
        "keydown" => key(state, gesture, side, unit),
        _ => None,
    }
}

/// Arrows, Home and End move along a row; Enter and space select the picture.
fn key(state: &State, gesture: &Gesture<'_>, side: usize, unit: usize) -> Option<Event> {
    let model = state.sides.get(side)?.model()?;
    let position = model.position_of(unit, *model.live_code().get(unit)?);
    let last = (COLUMNS - 1) as f32;
    let column = (position * last).round();
    let scrub = |column: f32| Event::Scrub { side, unit, position: column / last };
    let event = match &*gesture.key()? {
        "ArrowLeft" | "ArrowDown" => scrub((column - 1.0).max(0.0)),
        "ArrowRight" | "ArrowUp" => scrub((column + 1.0).min(last)),
        "Home" => scrub(0.0),
        "End" => scrub(last),
        "Enter" | " " => Event::Take { side, unit, column: column as usize },
        "Escape" => Event::Leave { side },
        _ => return Some(Event::Touch),
    };
    gesture.event.prevent_default();
    Some(event)
}
