//! The map: codes of random pictures in the plane of two units, coloured by a factor. Dragging on it
//! changes both units.

use web_sys::{Element, HtmlCanvasElement, HtmlSelectElement};

use super::html::{Safe, pair, put};
use super::words::{number, percent, symbol, titles, unit as name};
use super::{Action, Gesture, Panel, Unable};
use crate::dom::{Dom, Drawn, context};
use crate::draws::draws;
use crate::state::{Event, SURVEYED, State, Topic, View};
use crate::worker::SIDES;

/// Size of a dot in CSS pixels.
const DOT: f64 = 6.0;

/// Fraction of the map by which an arrow key moves.
const STEP: f64 = 0.025;

/// Colours for the values of a factor, from lowest to highest: viridis (van der Walt & Smith 2015), which
/// is distinguishable with any colour vision.
const COLOURS: [[f64; 3]; 5] =
    [[68.0, 1.0, 84.0], [59.0, 82.0, 139.0], [33.0, 145.0, 140.0], [94.0, 201.0, 98.0], [253.0, 231.0, 37.0]];

pub(super) struct Map;

impl Panel for Map {
    fn id(&self) -> &'static str {
        "maps"
    }

    fn view(&self) -> Option<View> {
        Some(View::Map)
    }

    fn build(&self, _: &Dom, root: &Element) -> Drawn {
        let head = format!(
            r#"<p class="legend" id="coloured"><label>Coloured by <select id="colour" data-act="{}"></select></label> <span class="scale" aria-hidden="true"></span> <span id="colour-ends"></span></p>"#,
            Action::Colour {}
        );
        root.set_inner_html(&pair(&head, |html, side| {
            put!(
                *html,
                r#"<p class="hint" id="mapped-{side}">&nbsp;</p><div class="plane"><label class="up">up <select id="axis-{side}-1" data-act="{}"></select></label><div class="pad" id="pad-{side}" data-act="{}" tabindex="0" role="application" aria-label="Map"><canvas id="dots-{side}" aria-hidden="true"></canvas><span class="ring" id="ring-{side}"></span></div><label class="across">across <select id="axis-{side}-0" data-act="{}"></select></label></div>"#,
                Action::Axis { side, axis: 1 },
                Action::Map { side },
                Action::Axis { side, axis: 0 }
            );
        }));
        Ok(())
    }

    fn draw(&self, dom: &Dom, state: &State, topic: Topic) -> Drawn {
        match topic {
            Topic::Menus => titles(dom, state),
            Topic::Factors => colours(dom, state),
            Topic::Side(_) => {
                // The colours depend on both models.
                colours(dom, state)?;
                (0..SIDES).try_for_each(|side| {
                    menus(dom, state, side)?;
                    dots(dom, state, side)
                })
            }
            Topic::Survey(side) | Topic::Code(side) => dots(dom, state, side),
            Topic::Look => (0..SIDES).try_for_each(|side| dots(dom, state, side)),
            Topic::Live(side) => ring(dom, state, side),
            _ => Ok(()),
        }
    }

    fn act(&self, _: &Dom, state: &State, gesture: &Gesture<'_>) -> Result<Option<Event>, Unable> {
        Ok(match gesture.action {
            Action::Axis { side, axis } => gesture.chosen().map(|unit| Event::Axis { side, axis, unit }),
            Action::Colour {} => gesture.chosen().map(Event::Colour),
            Action::Map { side } => {
                let at = gesture.dragged().or_else(|| key(state, gesture, side));
                at.map(|[x, y]| Event::Pad { side, at: [x as f32, 1.0 - y as f32] })
            }
            _ => None,
        })
    }
}

/// Position that an arrow key leads to.
fn key(state: &State, gesture: &Gesture<'_>, side: usize) -> Option<[f64; 2]> {
    let [x, y] = match &*gesture.key()? {
        "ArrowLeft" => [-STEP, 0.0],
        "ArrowRight" => [STEP, 0.0],
        "ArrowUp" => [0.0, -STEP],
        "ArrowDown" => [0.0, STEP],
        _ => return None,
    };
    gesture.event.prevent_default();
    let model = state.sides.get(side)?.model()?;
    let [across, up] = model.pad_at(&model.code).map(f64::from);
    Some([across + x, 1.0 - up + y])
}

/// Lists the world's factors in the menu of colours.
fn colours(dom: &Dom, state: &State) -> Drawn {
    let menu: HtmlSelectElement = dom.get("colour")?;
    dom.show("coloured", state.scene.is_some())?;
    let Some(scene) = &state.scene else { return Ok(()) };
    if menu.get_attribute("data-world").as_deref() != Some(scene.world.name()) {
        let mut html = String::new();
        for (i, factor) in scene.world.factors().iter().enumerate() {
            put!(html, r#"<option value="{i}">{}</option>"#, Safe(factor.name));
        }
        menu.set_inner_html(&html);
        menu.set_attribute("data-world", scene.world.name())?;
    }
    menu.set_value(&state.colour.to_string());
    let Some(factor) = scene.world.factors().get(state.colour) else { return Ok(()) };
    let end = |class: usize| match factor.labels.get(class) {
        Some(label) => (*label).to_owned(),
        None => number(factor.value(class), 1),
    };
    dom.set_text("colour-ends", &format!("{} to {}", end(0), end(factor.count.saturating_sub(1))))
}

/// Fills the menus of a side's map.
fn menus(dom: &Dom, state: &State, side: usize) -> Drawn {
    let Some(model) = state.sides[side].model() else { return Ok(()) };
    let mut html = String::new();
    for &unit in &model.order {
        put!(html, r#"<option value="{unit}">{}</option>"#, Safe(&name(&model.card, unit)));
    }
    (0..2).try_for_each(|axis| {
        dom.get::<Element>(&format!("axis-{side}-{axis}"))?.set_inner_html(&html);
        Ok(())
    })
}

/// Draws the codes of the survey's pictures, and sets the menus to the map's units.
fn dots(dom: &Dom, state: &State, side: usize) -> Drawn {
    let Some(model) = state.sides[side].model() else { return Ok(()) };
    for (axis, unit) in model.pair.iter().enumerate() {
        dom.get::<HtmlSelectElement>(&format!("axis-{side}-{axis}"))?.set_value(&unit.to_string());
    }
    let seen = model.survey.len();
    let world = state.scene.as_ref().filter(|scene| scene.suits(&model.card)).map(|scene| scene.world);
    let text = match (world, seen) {
        (None, _) => "The page can’t draw pictures for this model.".to_owned(),
        (_, SURVEYED) => format!("{seen} random pictures"),
        _ => format!("{seen} of {SURVEYED} random pictures"),
    };
    dom.set_text(&format!("mapped-{side}"), &text)?;
    let canvas: HtmlCanvasElement = dom.get(&format!("dots-{side}"))?;
    let (scale, [width, height]) = dom.fit(&canvas);
    let context = context(&canvas)?;
    let style = dom.window().get_computed_style(&canvas)?.ok_or("no style")?;
    context.set_fill_style_str(&style.get_property_value("color")?);
    let place = |code: &[f32]| {
        let [x, y] = model.pad_at(code).map(f64::from);
        [x * width, (1.0 - y) * height]
    };
    let [x, y] = place(&vec![0.0; model.code.len()]);
    context.set_global_alpha(0.35);
    context.fill_rect(x, 0.0, scale, height);
    context.fill_rect(0.0, y, width, scale);
    context.set_global_alpha(0.9);
    let dot = DOT * scale;
    for (n, code) in model.survey.codes.iter().enumerate() {
        if let Some(world) = world {
            let factor = world.factors().get(state.colour);
            let class = draws(world, n)[0].get(state.colour).copied().unwrap_or(0);
            let last = factor.map_or(1, |factor| factor.count.saturating_sub(1).max(1));
            context.set_fill_style_str(&colour(class as f64 / last as f64));
        }
        let [x, y] = place(code);
        context.begin_path();
        context.arc(x, y, dot / 2.0, 0.0, std::f64::consts::TAU)?;
        context.fill();
    }
    ring(dom, state, side)
}

/// Colour of a value from 0 to 1.
fn colour(share: f64) -> String {
    let at = share.clamp(0.0, 1.0) * (COLOURS.len() - 1) as f64;
    let low = (at as usize).min(COLOURS.len() - 2);
    let mix = |channel: usize| {
        let [a, b] = [COLOURS[low][channel], COLOURS[low + 1][channel]];
        (a + (b - a) * (at - low as f64)) as u8
    };
    format!("rgb({} {} {})", mix(0), mix(1), mix(2))
}

/// Moves the ring to the live picture's code.
fn ring(dom: &Dom, state: &State, side: usize) -> Drawn {
    let Some(model) = state.sides[side].model() else { return Ok(()) };
    let code = model.live_code();
    let [x, y] = model.pad_at(&code).map(|share| share.clamp(0.0, 1.0));
    dom.set_style(&format!("ring-{side}"), "left", &percent(x))?;
    dom.set_style(&format!("ring-{side}"), "bottom", &percent(y))?;
    let [across, up] = model.pair.map(|unit| said(&code, unit));
    dom.get::<Element>(&format!("pad-{side}"))?
        .set_attribute("aria-label", &format!("Map: across {across}, up {up}; arrow keys move"))
}

fn said(code: &[f32], unit: usize) -> String {
    let value = code.get(unit).copied().unwrap_or(0.0);
    format!("{} = {}", symbol(unit), number(value.into(), 2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_run_from_dark_to_bright() {
        assert_eq!(
            [colour(0.0), colour(0.5), colour(7.0)],
            ["rgb(68 1 84)", "rgb(33 145 140)", "rgb(253 231 37)"]
        );
    }
}
