//! The stage: the live pictures of both models, in every view, with what moves in between.

use model::Card;
use wasm_bindgen::JsValue;
use web_sys::{Element, HtmlProgressElement, HtmlSelectElement};

use super::html::{Safe, put};
use super::words::{grouped, number, size, unit as name};
use super::{Action, Gesture, Panel};
use crate::dom::{Dom, Drawn};
use crate::pictures::{Slot, Want};
use crate::state::{Event, Phase, Preview, Side, State, Topic, TourProgress, View};
use crate::worker::SIDES;

pub(super) struct Stage;

const PLACES: [&str; SIDES] = ["left", "right"];

impl Panel for Stage {
    fn id(&self) -> &'static str {
        "players"
    }

    fn view(&self) -> Option<View> {
        None
    }

    fn build(&self, _: &Dom, root: &Element) -> Drawn {
        let mut html = String::new();
        for (side, place) in PLACES.into_iter().enumerate() {
            if side == 1 {
                put!(
                    html,
                    r#"<div class="middle"><p class="moving" id="moving">&nbsp;</p><p class="values"><span class="side-0" id="value-0"></span><span class="side-1" id="value-1"></span></p><p class="invite" id="invite">&nbsp;</p><p class="tools"><button type="button" id="play" data-act="{}">Play</button><button type="button" id="start-tour" data-act="{}">Tour</button><button type="button" id="home" data-act="{}" title="Reset all numbers to those of the picture">Reset</button><button type="button" id="smooth" data-act="{}" aria-pressed="true" title="Smooth the pixels of large pictures">Smooth</button></p><div id="sheet-place"></div></div>"#,
                    Action::Play {},
                    Action::Tour {},
                    Action::Home {},
                    Action::Smooth {}
                );
            }
            let (menu, live) = (Action::Menu { side }, Slot::live(side));
            put!(
                html,
                r#"<div class="live model side-{side}" role="group" aria-label="Model on the {place}"><div class="who"><label class="menu" for="menu-{side}"><span class="visually-hidden">Model on the {place}</span><select id="menu-{side}" data-act="{menu}" disabled><option>Loading …</option></select></label><p class="about" id="about-{side}"></p><p class="loading" id="loading-{side}"><progress id="progress-{side}" max="1" value="0" aria-label="Loading the model on the {place}"></progress> <span id="arrived-{side}"></span></p><p class="notice" id="failure-{side}" role="alert" hidden></p></div><canvas class="picture" id="live-{side}" data-slot="{live}" width="64" height="64" role="img" aria-label="Live picture of the model on the {place}"></canvas></div>"#
            );
        }
        root.set_inner_html(&html);
        Ok(())
    }

    fn draw(&self, dom: &Dom, state: &State, topic: Topic) -> Drawn {
        match topic {
            Topic::Menus => {
                poster(dom, state)?;
                (0..SIDES).try_for_each(|side| menu(dom, state, side))
            }
            Topic::Side(side) => {
                poster(dom, state)?;
                about(dom, &state.sides[side], side)
            }
            Topic::Reconstruction(side) => seen(dom, &state.sides[side], side),
            Topic::Progress(side) => progress(dom, &state.sides[side], side),
            Topic::Live(_) | Topic::Code(_) => moving(dom, state),
            Topic::Notice => poster(dom, state),
            Topic::Tour => offer_tour(dom, state),
            Topic::Factors | Topic::Original => {
                let stage: Element = dom.get("stage")?;
                stage.toggle_attribute_with_force("data-empty", state.picture().is_none()).map(drop)
            }
            _ => Ok(()),
        }
    }

    fn want(&self, state: &State, wants: &mut Vec<Want>) {
        for (side, model) in state.models() {
            wants.push(Want { slot: Slot::live(side), codes: model.live_code(), rank: 0 });
        }
    }

    fn act(&self, dom: &Dom, _: &State, gesture: &Gesture<'_>) -> Result<Option<Event>, JsValue> {
        Ok(match gesture.action {
            Action::Menu { side } if gesture.kind == "change" => {
                use wasm_bindgen::JsCast;
                let menu = gesture.element.dyn_ref::<HtmlSelectElement>();
                let entry = menu.and_then(|menu| usize::try_from(menu.selected_index()).ok());
                entry.map(|entry| Event::Choose { side, entry })
            }
            Action::Play {} if gesture.clicks() => Some(Event::Play),
            Action::Smooth {} if gesture.clicks() => {
                let crisp = dom.get::<Element>("stage")?.toggle_attribute("data-crisp")?;
                gesture.element.set_attribute("aria-pressed", if crisp { "false" } else { "true" })?;
                None
            }
            Action::Home {} if gesture.clicks() => Some(Event::Home),
            _ => None,
        })
    }
}

/// Removes the poster once there are no models, or a side has failed or has another model than the poster's.
fn poster(dom: &Dom, state: &State) -> Drawn {
    const POSTER: &str = "data-poster";
    let root = dom.document().document_element().ok_or("no root")?;
    let Some(names) =
        root.get_attribute(POSTER).filter(|_| !state.entries.is_empty() || state.notice.is_some())
    else {
        return Ok(());
    };
    let stands = |(side, name): (&Side, &str)| {
        let entry = side.entry.and_then(|entry| state.entries.get(entry));
        entry.is_some_and(|entry| entry.name == name) && !matches!(side.phase, Phase::Failed(_))
    };
    if !state.sides.iter().zip(names.split(',')).all(stands) {
        root.remove_attribute(POSTER)?;
    }
    Ok(())
}

/// Fills a side's menu.
fn menu(dom: &Dom, state: &State, side: usize) -> Drawn {
    let menu: HtmlSelectElement = dom.get(&format!("menu-{side}"))?;
    let sets = state.sets();
    let mut html = String::new();
    for set in &sets {
        if sets.len() > 1 {
            put!(html, r#"<optgroup label="{}">"#, Safe(set));
        }
        for entry in state.entries.iter().filter(|entry| entry.set == *set) {
            put!(html, r#"<option value="{}">{}</option>"#, Safe(&entry.name), Safe(&entry.title));
        }
        if sets.len() > 1 {
            html.push_str("</optgroup>");
        }
    }
    let own = &state.sides[side].own_model;
    if let Some(own) = own {
        put!(html, r#"<option value="">{}</option>"#, Safe(&own.title()));
    }
    menu.set_inner_html(&html);
    menu.set_disabled(state.entries.is_empty() && own.is_none());
    menu.set_selected_index(state.sides[side].entry.map_or(-1, |entry| entry as i32));
    Ok(())
}

/// Shows a side's progress, its failure, or facts from its card.
fn about(dom: &Dom, side: &Side, index: usize) -> Drawn {
    let failure = match &side.phase {
        Phase::Failed(sentence) => Some(sentence.as_str()),
        _ => side.refused.as_deref(),
    };
    dom.set_text(&format!("failure-{index}"), failure.unwrap_or_default())?;
    dom.show(&format!("failure-{index}"), failure.is_some())?;
    let about: Element = dom.get(&format!("about-{index}"))?;
    let facts = side.model().map(|model| facts(&model.card, model.active)).unwrap_or_default();
    about.set_text_content(Some(&facts));
    about.set_attribute("data-ready", if side.model().is_some() { "true" } else { "" })?;
    progress(dom, side, index)
}

/// Marks a side whose model has reconstructed the picture.
fn seen(dom: &Dom, side: &Side, index: usize) -> Drawn {
    let seen = side.model().is_some_and(|model| model.reconstruction.is_some());
    dom.get::<Element>(&format!("about-{index}"))?.set_attribute("data-seen", if seen { "true" } else { "" })
}

/// Facts from a card in one line.
fn facts(card: &Card, active: usize) -> String {
    let stages = card.training.stages();
    let (dataset, steps) = (&card.training.dataset, grouped(stages.iter().sum()));
    let trained = match &stages[..] {
        [0] => format!("imported, on {dataset}"),
        [_] => format!("{steps} steps on {dataset}"),
        _ => format!("{steps} steps in {} stages on {dataset}", stages.len()),
    };
    format!("{active} of {} numbers in use · {trained}", card.units.len())
}

/// Moves a side's progress bar.
fn progress(dom: &Dom, side: &Side, index: usize) -> Drawn {
    let Phase::Loading { received, total, .. } = side.phase else {
        let waits = matches!(side.phase, Phase::Empty);
        return dom.show(&format!("loading-{index}"), waits);
    };
    dom.show(&format!("loading-{index}"), true)?;
    let bar: HtmlProgressElement = dom.get(&format!("progress-{index}"))?;
    bar.set_max(total.max(received).max(1) as f64);
    bar.set_value(received as f64);
    dom.set_text(&format!("arrived-{index}"), &format!("{} of {}", size(received), size(total.max(received))))
}

/// Offers the tour to visitors who have not closed it yet.
fn offer_tour(dom: &Dom, state: &State) -> Drawn {
    let TourProgress { step, closed } = state.tour_progress;
    let text = match (closed, step) {
        (true, _) => "Tour",
        (_, 0) => "Take the tour",
        _ => "Continue the tour",
    };
    dom.set_text("start-tour", text)?;
    dom.get::<Element>("start-tour")?.class_list().toggle_with_force("offer", !closed)?;
    Ok(())
}

/// Shows what moves, and its value in each model.
fn moving(dom: &Dom, state: &State) -> Drawn {
    let mut names: Vec<String> = Vec::new();
    for index in 0..SIDES {
        let model = state.sides[index].model();
        let moves = model.and_then(|model| Some((model, model.preview?)));
        let text = moves.map(|(model, Preview { unit, value })| {
            let factor = model.best_factor(unit).map(|(name, _)| name);
            let factor = factor.unwrap_or_else(|| name(&model.card, unit));
            if !names.contains(&factor) {
                names.push(factor);
            }
            format!("{} = {}", super::words::symbol(unit), number(value.into(), 2))
        });
        dom.set_text(&format!("value-{index}"), text.as_deref().unwrap_or("\u{a0}"))?;
    }
    let none = names.is_empty();
    dom.set_text("moving", &if none { "\u{a0}".to_owned() } else { names.join(" · ") })?;
    let suggestion = match (state.suggests_dragging, none) {
        (true, _) => "Your turn: move along a row",
        (_, true) if state.view == View::Rows => "Move along a row",
        _ => "\u{a0}",
    };
    dom.set_text("invite", suggestion)?;
    dom.set_text("play", if state.moves() { "Pause" } else { "Play" })
}
