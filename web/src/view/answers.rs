//! Which unit answers to which factor: the code of the picture as bars, each over its unit's column of
//! a table of factors.

use web_sys::{Element, HtmlElement};

use super::words::{factor as matched, grouped, number, percent};
use crate::page::{Dom, Drawn};
use crate::state::{Loaded, SURVEYED, Scene, Side, State};

/// Answers of all units to a factor, summed, below which the model hardly sees it.
const HARDLY: f64 = 0.1;

/// Movement, in units of a unit's standard deviation, from which its bar is fully lit.
const LIT: f32 = 1.5;

/// The model and the world that a table is of; none if the one can't be asked about the other.
fn subject(state: &State, index: usize) -> Option<(&Loaded, &Scene)> {
    let (model, scene) = (state.sides.get(index)?.model()?, state.scene.as_ref()?);
    scene.suits(&model.card).then_some((model, scene))
}

/// Makes a side's table anew if it is of another model or world, and moves its bars.
pub(super) fn build(dom: &Dom, state: &State, index: usize) -> Drawn {
    let table: Element = dom.get(&format!("answers-{index}"))?;
    let Some((model, scene)) = subject(state, index) else {
        table.replace_children_with_node_0();
        table.remove_attribute("data-of")?;
        dom.set_text(&format!("surveyed-{index}"), "\u{a0}")?;
        return dom.set_text(&format!("reading-{index}"), "\u{a0}");
    };
    let of = format!("{} {}", state.sides[index].visit, scene.world.name());
    if table.get_attribute("data-of").as_deref() != Some(&*of) {
        table.replace_children_with_node_0();
        table.set_attribute("data-of", &of)?;
        head(dom, &table, model, index)?;
        let body = dom.add(&table, "tbody", &[], "")?;
        for (factor, entry) in scene.world.factors().iter().enumerate() {
            row(dom, &body, model, index, factor, entry.name)?;
        }
        dom.set_text(&format!("reading-{index}"), REST)?;
        draw(dom, state, index)?;
    }
    gauges(dom, &state.sides[index], index)
}

/// What a table says while nothing is pointed at.
const REST: &str = "Point at a square to read it.";

fn head(dom: &Dom, table: &Element, model: &Loaded, side: usize) -> Drawn {
    let head = dom.add(table, "thead", &[], "")?;
    let line = dom.add(&head, "tr", &[], "")?;
    dom.add(&line, "td", &[], "unit")?;
    let side = side.to_string();
    for &unit in &model.order[..model.active] {
        let about = matched(&model.card, unit).unwrap_or_default();
        let text = unit.to_string();
        let cell = dom.add(
            &line,
            "th",
            &[
                ("scope", "col"),
                ("id", &*format!("gauge-{side}-{unit}")),
                ("data-action", "gauge"),
                ("data-side", &side),
                ("data-unit", &text),
                ("title", &about),
            ],
            "",
        )?;
        let gauge = dom.add(&cell, "span", &[("class", "gauge"), ("aria-hidden", "true")], "")?;
        for part in ["trace", "level", "spread"] {
            let id = format!("{part}-{side}-{unit}");
            dom.add(&gauge, "i", &[("class", part), ("id", &id)], "")?;
        }
        dom.add(&cell, "span", &[], &text)?;
    }
    Ok(())
}

fn row(dom: &Dom, body: &Element, model: &Loaded, side: usize, factor: usize, name: &str) -> Drawn {
    let line = dom.add(body, "tr", &[("id", &format!("answer-{side}-{factor}"))], "")?;
    let head = dom.add(&line, "th", &[("scope", "row")], "")?;
    let (side, factor) = (side.to_string(), factor.to_string());
    let button = [
        ("type", "button"),
        ("data-action", "sway"),
        ("data-unit", &*factor),
        ("title", "Move it to and fro"),
    ];
    dom.add(&head, "button", &button, name)?;
    for &unit in &model.order[..model.active] {
        let cell = [
            ("id", &*format!("answer-{side}-{factor}-{unit}")),
            ("data-action", "cell"),
            ("data-side", &side),
            ("data-factor", &factor),
            ("data-unit", &unit.to_string()),
        ];
        dom.add(&line, "td", &cell, "")?;
    }
    Ok(())
}

/// Moves a side's bars to the code of the picture, and lights those that have moved.
pub(super) fn gauges(dom: &Dom, side: &Side, index: usize) -> Drawn {
    let Some((model, (measured, _))) = side.model().and_then(|m| Some((m, m.reconstruction.as_ref()?)))
    else {
        return Ok(());
    };
    let units = &model.order[..model.active];
    let reach = units.iter().flat_map(|&unit| model.card.units[unit].range);
    let reach = reach.fold(1.0_f32, |reach, end| reach.max(end.abs())) * 1.15;
    for &unit in units {
        let (mean, std) = (measured.mean[unit], measured.std[unit]);
        let [low, high] = model.trace.of(unit).unwrap_or([mean; 2]);
        for (part, low, high) in [
            ("trace", low, high),
            ("level", mean.min(0.0), mean.max(0.0)),
            ("spread", mean - std, mean + std),
        ] {
            let part = format!("{part}-{index}-{unit}");
            let [low, high] = [low, high].map(|value| 0.5 + 0.5 * (value / reach).clamp(-1.0, 1.0));
            dom.set_style(&part, "bottom", &percent(low))?;
            dom.set_style(&part, "height", &percent(high - low))?;
        }
        let lit = ((high - low) / (LIT * model.card.units[unit].std)).min(1.0);
        dom.set_style(&format!("gauge-{index}-{unit}"), "--lit", &format!("{lit:.2}"))?;
    }
    Ok(())
}

/// How much of what a factor changes lands in each active unit, in order; and the answers' sum.
fn shares(model: &Loaded, factor: usize) -> (Vec<f64>, f64) {
    let units = &model.order[..model.active];
    let answer = |&unit: &usize| model.survey.answer(factor, unit, model.card.units[unit].std);
    let answers: Vec<f64> = units.iter().map(answer).collect();
    let sum: f64 = answers.iter().sum();
    (answers.iter().map(|answer| if sum > 0.0 { answer / sum } else { 0.0 }).collect(), sum)
}

/// Fills a side's table with what its survey has found.
pub(super) fn draw(dom: &Dom, state: &State, index: usize) -> Drawn {
    let Some((model, scene)) = subject(state, index) else { return Ok(()) };
    let seen = model.survey.len();
    let text = match seen {
        0 => "\u{a0}".to_owned(),
        SURVEYED => format!("{} random pictures", grouped(seen as u64)),
        _ => format!("{seen} of {SURVEYED} random pictures"),
    };
    dom.set_text(&format!("surveyed-{index}"), &text)?;
    for factor in 0..scene.world.factors().len() {
        let (shares, sum) = shares(model, factor);
        let row: HtmlElement = dom.get(&format!("answer-{index}-{factor}"))?;
        row.class_list().toggle_with_force("hardly", sum < HARDLY)?;
        for (&unit, share) in model.order.iter().zip(shares) {
            let cell: HtmlElement = dom.get(&format!("answer-{index}-{factor}-{unit}"))?;
            cell.style().set_property("--share", &format!("{share:.3}"))?;
            let text = if seen == 0 { String::new() } else { number(100.0 * share, 0) };
            cell.set_text_content(Some(&text));
        }
    }
    Ok(())
}

/// Writes below a side's table what a square, or a bar, says.
///
/// # Errors
/// Fails if there is no place to write.
pub fn read_answer(dom: &Dom, state: &State, index: usize, unit: usize, factor: Option<usize>) -> Drawn {
    let Some((model, scene)) = subject(state, index) else { return Ok(()) };
    let text = match factor {
        Some(factor) => cell_words(model, scene, unit, factor),
        None => model.reconstruction.as_ref().and_then(|(measured, _)| {
            let (mean, std) = (*measured.mean.get(unit)?, *measured.std.get(unit)?);
            Some(format!("unit {unit} = {} ± {}", number(mean.into(), 2), number(std.into(), 2)))
        }),
    };
    dom.set_text(&format!("reading-{index}"), text.as_deref().unwrap_or(REST))
}

fn cell_words(model: &Loaded, scene: &Scene, unit: usize, factor: usize) -> Option<String> {
    if model.survey.is_empty() {
        return None;
    }
    let name = scene.world.factors().get(factor)?.name;
    let rank = model.order[..model.active].iter().position(|&other| other == unit)?;
    let (shares, sum) = shares(model, factor);
    let share = number(100.0 * shares.get(rank)?, 0);
    let answer = model.survey.answer(factor, unit, model.card.units[unit].std);
    let answer = number(100.0 * answer.min(1.0), 0);
    let hardly = if sum < HARDLY { " This model hardly sees it." } else { "" };
    Some(format!(
        "{share} % of what {name} changes lands in unit {unit}; {answer} % of the unit’s variance is there because {name} moves.{hardly}"
    ))
}
