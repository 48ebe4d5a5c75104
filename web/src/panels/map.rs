//! The map: codes of random pictures in the plane of two units, coloured by a factor. Dragging on it
//! changes both units, or marks a region, whose pictures are shown below.

use wasm_bindgen::JsCast;
use wasm_bindgen::JsValue;
use web_sys::{Element, HtmlCanvasElement, HtmlElement, HtmlSelectElement, KeyboardEvent, MouseEvent};

use super::html::{Safe, pair, put};
use super::words::{number, percent, symbol, titles, unit as name};
use super::{Action, Gesture, Panel, paint};
use crate::dom::{Dom, Drawn, context};
use crate::draws::{draws, picture};
use crate::pictures::{Slot, Want};
use crate::state::{BRUSHED, Brush, Event, Loaded, SURVEYED, State, Topic, View};
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
            r#"<p class="legend" id="coloured"><label>Coloured by <select id="colour" data-act="{}"></select></label> <span class="scale" aria-hidden="true"></span> <span id="colour-ends"></span> <button type="button" id="thumbs" data-act="{}" aria-pressed="false">As pictures</button> <button type="button" id="brush" data-act="{}" aria-pressed="false" title="Drag across a map to mark a region; or hold Shift while you drag, or with the arrow keys">Mark a region</button></p>"#,
            Action::Colour {},
            Action::Thumbs {},
            Action::Brush {}
        );
        let mut html = pair(&head, |html, side| {
            put!(
                *html,
                r#"<p class="hint" id="mapped-{side}">&nbsp;</p><div class="plane"><label class="up">up <select id="axis-{side}-1" data-act="{}"></select></label><div class="pad" id="pad-{side}" data-act="{}" tabindex="0" role="application" aria-label="Map"><canvas id="dots-{side}" aria-hidden="true"></canvas><div class="thumbs" id="thumbs-{side}" aria-hidden="true"></div><span class="ring" id="ring-{side}"></span></div><label class="across">across <select id="axis-{side}-0" data-act="{}"></select></label></div>"#,
                Action::Axis { side, axis: 1 },
                Action::Map { side },
                Action::Axis { side, axis: 0 }
            );
        });
        put!(
            html,
            r#"<div class="brushed" id="brushed" hidden><p><span id="brushed-told" role="status"></span> <button type="button" class="plain" data-act="{}">Unmark</button></p><div class="strips"><span>original</span><canvas id="brushed-strip" role="img" aria-label="Pictures of the region"></canvas>"#,
            Action::Unmark {}
        );
        for side in 0..SIDES {
            put!(
                html,
                r#"<span class="side-{side}" data-name="{side}"></span><canvas data-slot="{}" role="img" aria-label="Reconstructions"></canvas>"#,
                Slot::new("brushed", side, 0)
            );
        }
        html.push_str("</div></div>");
        root.set_inner_html(&html);
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
                })?;
                brushed(dom, state)
            }
            Topic::Survey(side) => {
                dots(dom, state, side)?;
                brushed(dom, state)
            }
            Topic::Code(side) => dots(dom, state, side),
            Topic::Map(side) => {
                dots(dom, state, side)?;
                if side == 0 { brushed(dom, state) } else { Ok(()) }
            }
            Topic::Look => (0..SIDES).try_for_each(|side| dots(dom, state, side)),
            Topic::Live(side) => ring(dom, state, side),
            _ => Ok(()),
        }
    }

    fn want(&self, state: &State, wants: &mut Vec<Want>) {
        let chosen = state.brushed();
        for (side, model) in state.models() {
            let code = |n: &usize| model.survey.codes.get(*n);
            if state.thumbs {
                wants.extend(model.thumbs().iter().filter_map(|n| {
                    Some(Want { slot: Slot::new("thumb", side, *n), codes: code(n)?.clone(), rank: 2 })
                }));
            }
            let codes: Vec<f32> = chosen.iter().take(BRUSHED).filter_map(code).flatten().copied().collect();
            if !codes.is_empty() {
                wants.push(Want { slot: Slot::new("brushed", side, 0), codes, rank: 1 });
            }
        }
    }

    fn act(&self, _: &Dom, state: &State, gesture: &Gesture<'_>) -> Result<Option<Event>, JsValue> {
        Ok(match gesture.action {
            Action::Axis { side, axis } => gesture.chosen().map(|unit| Event::Axis { side, axis, unit }),
            Action::Colour {} => gesture.chosen().map(Event::Colour),
            Action::Brush {} if gesture.clicks() => Some(Event::Brushing(!state.brushing)),
            Action::Thumbs {} if gesture.clicks() => Some(Event::Thumbs(!state.thumbs)),
            Action::Unmark {} if gesture.clicks() => Some(Event::Mark(None)),
            Action::Map { side } if marks(state, gesture) => marked(state, gesture, side),
            Action::Map { side } => {
                let at = gesture.dragged().or_else(|| key(state, gesture, side));
                at.map(|[x, y]| Event::Pad { side, at: [x as f32, 1.0 - y as f32] })
            }
            _ => None,
        })
    }
}

/// Whether a gesture on the map selects a region.
fn marks(state: &State, gesture: &Gesture<'_>) -> bool {
    let event = gesture.event;
    let shift = event.dyn_ref::<MouseEvent>().is_some_and(MouseEvent::shift_key)
        || event.dyn_ref::<KeyboardEvent>().is_some_and(KeyboardEvent::shift_key);
    state.brushing || shift || gesture.key().as_deref() == Some("Escape")
}

/// The region that a gesture selects: from where the pointer was pressed to its position, or from the
/// current code to where the arrow keys lead.
fn marked(state: &State, gesture: &Gesture<'_>, side: usize) -> Option<Event> {
    let before = state.brush.filter(|brush| brush.side == side).map(|brush| brush.corners);
    let mark = |corners| Some(Event::Mark(Some(Brush { side, corners })));
    if let Some([x, y]) = gesture.dragged() {
        let at = [x as f32, 1.0 - y as f32];
        return mark(match before {
            Some([start, _]) if gesture.kind == "pointermove" => [start, at],
            _ => [at; 2],
        });
    }
    if gesture.key()? == "Escape" {
        return state.brush.map(|_| Event::Mark(None));
    }
    let model = state.sides.get(side)?.model()?;
    let [start, [x, y]] = before.unwrap_or([model.pad_at(&model.code); 2]);
    let [right, down] = arrow(gesture)?.map(|step| 2.0 * step as f32);
    gesture.event.prevent_default();
    mark([start, [(x + right).clamp(0.0, 1.0), (y - down).clamp(0.0, 1.0)]])
}

/// Direction of an arrow key, to the right and down.
fn arrow(gesture: &Gesture<'_>) -> Option<[f64; 2]> {
    Some(match &*gesture.key()? {
        "ArrowLeft" => [-STEP, 0.0],
        "ArrowRight" => [STEP, 0.0],
        "ArrowUp" => [0.0, -STEP],
        "ArrowDown" => [0.0, STEP],
        _ => return None,
    })
}

/// Position that an arrow key leads to from the current code.
fn key(state: &State, gesture: &Gesture<'_>, side: usize) -> Option<[f64; 2]> {
    let [x, y] = arrow(gesture)?;
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
    let end = |class: usize| class_of(factor, class);
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
    let chosen = state.brushed();
    if let Some(brush) = state.brush.filter(|brush| brush.side == side) {
        let [[left, right], [low, high]] = [0, 1].map(|axis| brush.span(axis).map(f64::from));
        let [x, y] = [left * width, (1.0 - high) * height];
        let size = [(right - left) * width, (high - low) * height];
        context.set_global_alpha(0.08);
        context.fill_rect(x, y, size[0], size[1]);
        context.set_global_alpha(0.8);
        context.set_stroke_style_str(&style.get_property_value("color")?);
        context.set_line_width(scale);
        context.stroke_rect(x, y, size[0], size[1]);
    }
    let dot = DOT * scale;
    let known = if state.thumbs { &[] } else { &model.survey.codes[..] };
    for (n, code) in known.iter().enumerate() {
        let dim = !chosen.is_empty() && !chosen.contains(&n);
        context.set_global_alpha(if dim { 0.2 } else { 0.9 });
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
    thumbs(dom, state, model, side, &chosen)?;
    for (id, pressed) in [("thumbs", state.thumbs), ("brush", state.brushing)] {
        dom.get::<Element>(id)?.set_attribute("aria-pressed", if pressed { "true" } else { "false" })?;
    }
    ring(dom, state, side)
}

/// Draws pictures at the positions of their codes.
fn thumbs(dom: &Dom, state: &State, model: &Loaded, side: usize, chosen: &[usize]) -> Drawn {
    let place: Element = dom.get(&format!("thumbs-{side}"))?;
    let shown = if state.thumbs { model.thumbs() } else { Vec::new() };
    let mut of = String::new();
    for n in &shown {
        put!(of, "{n} ");
    }
    if place.get_attribute("data-of").as_deref() != Some(&*of) {
        let mut html = String::new();
        for &n in &shown {
            let slot = Slot::new("thumb", side, n);
            put!(html, r#"<canvas id="{slot}" data-slot="{slot}" width="64" height="64"></canvas>"#);
        }
        place.set_inner_html(&html);
        place.set_attribute("data-of", &of)?;
        for &n in &shown {
            paint::slot(dom, state, Slot::new("thumb", side, n))?;
        }
    }
    for n in shown {
        let canvas: HtmlElement = dom.get(&Slot::new("thumb", side, n).to_string())?;
        let [x, y] = model.pad_at(&model.survey.codes[n]);
        canvas.style().set_property("left", &percent(x))?;
        canvas.style().set_property("bottom", &percent(y))?;
        canvas.class_list().toggle_with_force("dim", !chosen.is_empty() && !chosen.contains(&n))?;
    }
    Ok(())
}

/// Shows the pictures of the region, and what they have in common.
fn brushed(dom: &Dom, state: &State) -> Drawn {
    let chosen = state.brushed();
    dom.show("brushed", state.brush.is_some())?;
    let Some(scene) = state.scene.as_ref().filter(|_| state.brush.is_some()) else { return Ok(()) };
    let mut text = format!("{} of {SURVEYED} random pictures. ", chosen.len());
    match state.shared() {
        Some(shared) => {
            let factor = &scene.world.factors()[shared.factor];
            let [low, high] = shared.classes.map(|class| class_of(factor, class));
            let (name, count) = (factor.name, shared.count);
            match low == high {
                true => put!(text, "{count} of them have {name} = {low}."),
                false => put!(text, "What they share most: {name} from {low} to {high}."),
            }
        }
        None if chosen.len() > 1 => text.push_str("They share no factor more than by chance."),
        None => {}
    }
    dom.set_text("brushed-told", &text)?;
    let canvas: HtmlCanvasElement = dom.get("brushed-strip")?;
    let of = format!("{} {:?}", scene.world.name(), &chosen[..chosen.len().min(BRUSHED)]);
    if canvas.get_attribute("data-of").as_deref() == Some(&*of) {
        return Ok(());
    }
    canvas.set_attribute("data-of", &of)?;
    let [height, width, channels] = scene.world.image_shape();
    let pixels: Vec<u8> = chosen.iter().take(BRUSHED).flat_map(|&n| picture(scene.world, n)).collect();
    match pixels.is_empty() {
        true => {
            dom.all("#brushed canvas")?.into_iter().try_for_each(|canvas| paint::clear(&canvas.dyn_into()?))
        }
        false => paint::pictures(&canvas, &pixels, model::ImageShape { height, width, channels }),
    }
}

/// Name of a factor's class.
fn class_of(factor: &worlds::Factor, class: usize) -> String {
    match factor.labels.get(class) {
        Some(label) => (*label).to_owned(),
        None => number(factor.value(class), 1),
    }
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
    let [across, up] = model.pair.map(|unit| value_text(&code, unit));
    dom.get::<Element>(&format!("pad-{side}"))?
        .set_attribute("aria-label", &format!("Map: across {across}, up {up}; arrow keys move"))
}

fn value_text(code: &[f32], unit: usize) -> String {
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
