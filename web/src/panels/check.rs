//! The check of the claim: scores and errors of both models as measured now, next to the card's.

use wasm_bindgen::JsValue;
use web_sys::{Element, HtmlElement, HtmlProgressElement};

use super::html::{Safe, put};
use super::words::{metric as name, number, titles};
use super::{Action, Gesture, Panel};
use crate::dom::{Dom, Drawn};
use crate::state::{Event, Loaded, State, Topic, View};
use crate::table::note;
use crate::worker::SIDES;

/// The scores that are checked.
const METRICS: [&str; 8] = [
    "mig",
    "dci_disentanglement",
    "dci_completeness",
    "dci_informativeness",
    "factor_vae",
    "beta_vae",
    "nll",
    "mse",
];

/// Errors, for which lower is better, with their decimals.
const ERRORS: [(&str, usize); 2] = [("nll", 1), ("mse", 4)];

pub(super) struct Check;

impl Panel for Check {
    fn id(&self) -> &'static str {
        "claim"
    }

    fn view(&self) -> Option<View> {
        Some(View::Check)
    }

    fn build(&self, _: &Dom, root: &Element) -> Drawn {
        root.set_class_name("verdict");
        let mut html = String::new();
        put!(
            html,
            r#"<p class="tools"><button type="button" id="measure" data-act="{}">Measure both models</button> <button type="button" id="measure-fully" data-act="{}">In full (minutes)</button> <button type="button" id="stop" data-act="{}" hidden>Stop</button></p><p class="check-progress"><progress id="check-progress" max="1" value="0" aria-label="Measuring both models" hidden></progress> <span id="check-left"></span></p><p class="hint" id="no-check" hidden>The factors of this training data are unknown, so there is nothing to measure.</p><p class="notice" id="verdict-failure" role="alert" hidden></p><div class="scroll" tabindex="0" role="region" aria-label="Scores"><table><thead><tr><td rowspan="2"></td><th colspan="2" scope="colgroup" class="side-0" data-name="0">&nbsp;</th><th colspan="2" scope="colgroup" class="side-1" data-name="1">&nbsp;</th></tr><tr><th scope="col">here</th><th scope="col">card</th><th scope="col">here</th><th scope="col">card</th></tr></thead><tbody id="verdict"></tbody></table></div><p class="hint">The quick check uses fewer images than the trainer, so its scores differ a little. The full check uses as many. Both use the same images every time.</p><details class="fold"><summary>How each score was measured</summary><div id="protocols"></div></details>"#,
            Action::Check { full: 0 },
            Action::Check { full: 1 },
            Action::Stop {}
        );
        root.set_inner_html(&html);
        Ok(())
    }

    fn draw(&self, dom: &Dom, state: &State, topic: Topic) -> Drawn {
        match topic {
            Topic::Menus => titles(dom, state),
            Topic::Side(_) => {
                running(dom, state)?;
                table(dom, state)
            }
            Topic::Check => {
                running(dom, state)?;
                // While the check runs, only the progress bar changes.
                if state.check.share().is_some_and(|share| share > 0.0 && share != 0.5) {
                    return Ok(());
                }
                table(dom, state)
            }
            _ => Ok(()),
        }
    }

    fn act(&self, _: &Dom, _: &State, gesture: &Gesture<'_>) -> Result<Option<Event>, JsValue> {
        Ok(match gesture.action {
            Action::Check { full } if gesture.clicks() => Some(Event::Check(Some(full != 0))),
            Action::Stop {} if gesture.clicks() => Some(Event::Check(None)),
            _ => None,
        })
    }
}

/// Shows the progress of the check, and whether one is possible.
fn running(dom: &Dom, state: &State) -> Drawn {
    let share = state.check.share();
    let drawn = |model: &Loaded| worlds::by_name(&model.card.training.dataset).is_some();
    let possible = state.models().all(|(_, model)| drawn(model));
    dom.show("no-check", !possible)?;
    dom.show("check-progress", share.is_some())?;
    dom.show("stop", share.is_some())?;
    for id in ["measure", "measure-fully"] {
        let idle = share.is_none() && possible;
        dom.get::<HtmlElement>(id)?.toggle_attribute_with_force("disabled", !idle)?;
    }
    let left = state.check.left().map(|seconds| match seconds {
        0..=90 => format!("about {seconds} seconds left"),
        _ => format!("about {} minutes left", seconds.div_ceil(60)),
    });
    dom.set_text("check-left", &left.unwrap_or_default())?;
    dom.get::<HtmlProgressElement>("check-progress")?.set_value(f64::from(share.unwrap_or(0.0)));
    Ok(())
}

/// Lines, each with the scores that share it.
type Shared<'a> = Vec<(String, Vec<&'a str>)>;

/// Adds a score to a line.
fn share<'a>(lines: &mut Shared<'a>, line: String, name: &'a str) {
    match lines.iter_mut().find(|(known, _)| *known == line) {
        Some((_, names)) => note(names, name),
        None => lines.push((line, vec![name])),
    }
}

/// Shows each measured score next to the card's.
fn table(dom: &Dom, state: &State) -> Drawn {
    let mut html = String::new();
    let [mut methods, mut draws] = [const { Shared::new() }; 2];
    for metric in METRICS {
        let error = ERRORS.iter().find(|(error, _)| *error == metric);
        let less = if error.is_some() { " (less is better)" } else { "" };
        let places = error.map_or(3, |(_, places)| *places);
        put!(html, r#"<tr><th scope="row">{}{less}</th>"#, name(metric));
        for side in 0..SIDES {
            let found = state.found(side).and_then(|found| found.as_ref().ok());
            let here = found.and_then(|scores| scores.iter().find(|score| score.metric == metric));
            let model = state.sides[side].model();
            let card = model.and_then(|m| m.card.scores.iter().find(|score| score.metric == metric));
            let text = |value: Option<f64>| value.map_or("–".to_owned(), |value| number(value, places));
            put!(
                html,
                r#"<td class="here side-{side}">{}</td><td>{}</td>"#,
                text(here.map(|score| score.value)),
                text(card.map(|score| score.value))
            );
            for (score, place) in [(here, "here"), (card, "by the trainer")] {
                let Some(score) = score else { continue };
                // The protocol begins with the method, followed by the data.
                let (method, drawn) = score.protocol.split_once("; ").unwrap_or((&score.protocol, ""));
                share(&mut methods, method.into(), name(metric));
                share(&mut draws, format!("{place}: {drawn}"), name(metric));
            }
        }
        html.push_str("</tr>");
    }
    dom.get::<Element>("verdict")?.set_inner_html(&html);
    let mut html = String::new();
    for (line, metrics) in methods.into_iter().chain(draws) {
        put!(html, "<p><strong>{}</strong> {}.</p>", metrics.join(", "), Safe(&line));
    }
    dom.get::<Element>("protocols")?.set_inner_html(&html);
    let failures: Vec<String> = (0..SIDES)
        .filter_map(|side| Some(format!("{}: {}.", state.title(side), state.found(side)?.as_ref().err()?)))
        .collect();
    dom.set_text("verdict-failure", &failures.join(" "))?;
    dom.show("verdict-failure", !failures.is_empty())
}
