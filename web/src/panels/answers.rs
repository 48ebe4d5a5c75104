//! Which unit responds to which factor: the code of the picture as bars above a table of factors and
//! units.

use wasm_bindgen::JsValue;
use web_sys::{Element, HtmlElement};

use super::html::{Safe, columns, put};
use super::words::{grouped, label, number, percent, symbol, unit as name};
use super::{Action, Gesture, Panel};
use crate::dom::{Dom, Drawn};
use crate::state::{Event, Loaded, SURVEYED, Scene, State, Topic, View, ranked};
use crate::worker::SIDES;

/// Sum of all units' responses to a factor below which the model barely perceives it.
const HARDLY: f64 = 0.1;

/// Movement, in standard deviations of a unit, at which its bar is fully lit.
const LIT: f32 = 1.5;

/// Hint below a table while nothing is pointed at.
const REST: &str = "Point at a square to read it. Click it to move its factor.";

pub(super) struct Answers;

impl Panel for Answers {
    fn id(&self) -> &'static str {
        "answers"
    }

    fn view(&self) -> Option<View> {
        Some(View::Pictures)
    }

    fn build(&self, _: &Dom, root: &Element) -> Drawn {
        root.set_inner_html(&columns(|html, side| {
            put!(
                *html,
                r#"<div class="answers"><table id="answers-{side}" aria-label="Total Sobol index of each factor on each number"></table></div><p class="reading" id="reading-{side}">&nbsp;</p><p class="hint" id="surveyed-{side}">&nbsp;</p>"#
            );
        }));
        Ok(())
    }

    fn draw(&self, dom: &Dom, state: &State, topic: Topic) -> Drawn {
        match topic {
            // The order depends on the other model too.
            Topic::Side(_) | Topic::Factors => (0..SIDES).try_for_each(|side| table(dom, state, side)),
            Topic::Survey(side) => squares(dom, state, side),
            Topic::Reconstruction(side) => bars(dom, state, side),
            _ => Ok(()),
        }
    }

    fn act(&self, dom: &Dom, state: &State, gesture: &Gesture<'_>) -> Result<Option<Event>, JsValue> {
        let points = matches!(gesture.kind, "pointermove" | "pointerdown" | "focusin");
        Ok(match gesture.action {
            Action::Cell { side, factor, unit } if points => {
                read(dom, state, side, unit, Some(factor))?;
                None
            }
            Action::Gauge { side, unit } if points => {
                read(dom, state, side, unit, None)?;
                None
            }
            Action::Cell { factor, .. } | Action::PlayFactor { factor } if gesture.clicks() => {
                Some(Event::PlayFactor { factor })
            }
            _ => None,
        })
    }
}

/// The model and the world of a table; `None` if the model doesn't fit the world.
fn subject(state: &State, side: usize) -> Option<(&Loaded, &Scene)> {
    let (model, scene) = (state.sides.get(side)?.model()?, state.scene.as_ref()?);
    scene.suits(&model.card).then_some((model, scene))
}

/// Recreates a side's table if its model or world has changed.
fn table(dom: &Dom, state: &State, side: usize) -> Drawn {
    let table: Element = dom.get(&format!("answers-{side}"))?;
    let Some((model, scene)) = subject(state, side) else {
        table.replace_children_with_node_0();
        table.remove_attribute("data-of")?;
        dom.set_text(&format!("surveyed-{side}"), "\u{a0}")?;
        return dom.set_text(&format!("reading-{side}"), "\u{a0}");
    };
    let mut of = scene.world.name().to_owned();
    for other in &state.sides {
        put!(of, " {} {}", other.visit, other.model().is_some());
    }
    if table.get_attribute("data-of").as_deref() != Some(&*of) {
        table.set_attribute("data-of", &of)?;
        let units = ranked(state, side);
        let mut html = head(model, &units, side);
        for (factor, entry) in scene.world.factors().iter().enumerate() {
            row(&mut html, &units, side, factor, entry.name);
        }
        html.push_str("</tbody>");
        table.set_inner_html(&html);
        dom.set_text(&format!("reading-{side}"), REST)?;
        squares(dom, state, side)?;
    }
    bars(dom, state, side)
}

fn head(model: &Loaded, units: &[usize], side: usize) -> String {
    let mut html = String::from(r#"<thead><tr><td></td>"#);
    for &unit in units {
        put!(
            html,
            r#"<th scope="col" id="gauge-{side}-{unit}" data-act="{}" title="{}"><span class="gauge" aria-hidden="true">"#,
            Action::Gauge { side, unit },
            Safe(&name(&model.card, unit))
        );
        for part in ["trace", "level", "spread"] {
            put!(html, r#"<i class="{part}" id="{part}-{side}-{unit}"></i>"#);
        }
        put!(html, "</span><span>{}</span></th>", label(unit));
    }
    html.push_str("</tr></thead><tbody>");
    html
}

fn row(html: &mut String, units: &[usize], side: usize, factor: usize, name: &str) {
    put!(
        *html,
        r#"<tr id="answer-{side}-{factor}"><th scope="row"><button type="button" data-act="{}" title="Move it to and fro">{}</button></th>"#,
        Action::PlayFactor { factor },
        Safe(name)
    );
    for &unit in units {
        put!(
            *html,
            r#"<td id="answer-{side}-{factor}-{unit}" data-act="{}" tabindex="-1"></td>"#,
            Action::Cell { side, factor, unit }
        );
    }
    html.push_str("</tr>");
}

/// Moves a side's bars to the code of the picture, and lights up those that moved.
fn bars(dom: &Dom, state: &State, side: usize) -> Drawn {
    let Some((model, _)) = subject(state, side) else { return Ok(()) };
    let Some((measured, _)) = model.reconstruction.as_ref() else { return Ok(()) };
    let reach = model.used().iter().flat_map(|&unit| model.card.units[unit].range);
    let reach = reach.fold(1.0_f32, |reach, end| reach.max(end.abs())) * 1.15;
    for &unit in model.used() {
        let (mean, std) = (measured.mean[unit], measured.std[unit]);
        let [low, high] = model.ranges.of(unit).unwrap_or([mean; 2]);
        for (part, low, high) in [
            ("trace", low, high),
            ("level", mean.min(0.0), mean.max(0.0)),
            ("spread", mean - std, mean + std),
        ] {
            let part = format!("{part}-{side}-{unit}");
            let [low, high] = [low, high].map(|value| 0.5 + 0.5 * (value / reach).clamp(-1.0, 1.0));
            dom.set_style(&part, "bottom", &percent(low))?;
            dom.set_style(&part, "height", &percent(high - low))?;
        }
        let lit = ((high - low) / (LIT * model.card.units[unit].std)).min(1.0);
        dom.set_style(&format!("gauge-{side}-{unit}"), "--lit", &format!("{lit:.2}"))?;
    }
    Ok(())
}

/// Each unit's share in the responses to a factor, and the sum of the responses.
fn shares(model: &Loaded, units: &[usize], factor: usize) -> (Vec<f64>, f64) {
    let answer = |&unit: &usize| model.survey.answer(factor, unit, model.card.units[unit].std);
    let answers: Vec<f64> = units.iter().map(answer).collect();
    let sum: f64 = answers.iter().sum();
    (answers.iter().map(|answer| if sum > 0.0 { answer / sum } else { 0.0 }).collect(), sum)
}

/// Fills a side's table with the results of its survey.
fn squares(dom: &Dom, state: &State, side: usize) -> Drawn {
    let Some((model, scene)) = subject(state, side) else { return Ok(()) };
    let seen = model.survey.len();
    let text = match seen {
        0 => "\u{a0}".to_owned(),
        SURVEYED => format!("measured over {} random pictures", grouped(seen as u64)),
        _ => format!("measured over {seen} of {SURVEYED} random pictures"),
    };
    dom.set_text(&format!("surveyed-{side}"), &text)?;
    let units = ranked(state, side);
    for factor in 0..scene.world.factors().len() {
        let (shares, sum) = shares(model, &units, factor);
        let row: HtmlElement = dom.get(&format!("answer-{side}-{factor}"))?;
        row.class_list().toggle_with_force("hardly", sum < HARDLY)?;
        for (unit, share) in units.iter().zip(shares) {
            let cell: HtmlElement = dom.get(&format!("answer-{side}-{factor}-{unit}"))?;
            cell.style().set_property("--share", &format!("{share:.3}"))?;
            let text = if seen == 0 { String::new() } else { number(100.0 * share, 0) };
            cell.set_text_content(Some(&text));
        }
    }
    Ok(())
}

/// Describes a square or a bar below a side's table.
fn read(dom: &Dom, state: &State, side: usize, unit: usize, factor: Option<usize>) -> Drawn {
    let Some((model, scene)) = subject(state, side) else { return Ok(()) };
    let text = match factor {
        Some(factor) => square(state, model, scene, side, unit, factor),
        None => model.reconstruction.as_ref().and_then(|(measured, _)| {
            let (mean, std) = (*measured.mean.get(unit)?, *measured.std.get(unit)?);
            Some(format!("{} = {} ± {}", symbol(unit), number(mean.into(), 2), number(std.into(), 2)))
        }),
    };
    dom.set_text(&format!("reading-{side}"), text.as_deref().unwrap_or(REST))
}

fn square(
    state: &State,
    model: &Loaded,
    scene: &Scene,
    side: usize,
    unit: usize,
    factor: usize,
) -> Option<String> {
    if model.survey.is_empty() {
        return None;
    }
    let name = scene.world.factors().get(factor)?.name;
    let units = ranked(state, side);
    let (shares, sum) = shares(model, &units, factor);
    let share = number(100.0 * shares.get(units.iter().position(|&other| other == unit)?)?, 0);
    let answer = model.survey.answer(factor, unit, model.card.units[unit].std);
    let (answer, unit) = (number(100.0 * answer.min(1.0), 0), symbol(unit));
    let hardly = if sum < HARDLY { " This model hardly encodes it." } else { "" };
    Some(format!(
        "{share} % of the effect of {name} goes to {unit}. {name} causes {answer} % of the variance of {unit}.{hardly}"
    ))
}
