//! The networks: the maps of each layer for the current picture and code, with the code in
//! the middle, and the largest inputs of the selected channel.

use std::f64::consts::TAU;

use model::layers::POSTERIOR;
use wasm_bindgen::JsValue;
use web_sys::{CanvasRenderingContext2d, Element, HtmlCanvasElement, HtmlElement, KeyboardEvent};

use super::html::put;
use super::words::{number, symbol, titles, unit as name};
use super::{Action, Gesture, Panel, paint, sliders};
use crate::dom::{Dom, Drawn, context, put as put_pixels};
use crate::engine::activations::{KERNEL, LISTED_INPUTS, Layer};
use crate::pictures::Slot;
use crate::state::{Event, Loaded, PROBED, SelectedChannel, State, Topic, View};
use crate::worker::SIDES;

/// Width below which layers are stacked.
const NARROW: &str = "(max-width: 61.99rem)";

/// Opacity of the background under an active map, of the lowest value, and of the highest, up to 255.
const GROUND: u8 = 20;
const LOWEST: f32 = 56.0;
const HIGHEST: f32 = 255.0;

/// Hint while nothing is pointed at.
const REST: &str = "Point at a map or at a number to see its inputs.";

pub(super) struct Network;

impl Panel for Network {
    fn id(&self) -> &'static str {
        "nets"
    }

    fn view(&self) -> Option<View> {
        Some(View::Network)
    }

    fn build(&self, _: &Dom, root: &Element) -> Drawn {
        let mut html = String::new();
        for side in 0..SIDES {
            put!(
                html,
                r#"<article class="net side-{side}"><header><div><h2 class="name" data-name="{side}">&nbsp;</h2><p class="hint" id="net-told-{side}">&nbsp;</p></div><p class="told" id="spot-told-{side}" aria-live="polite"></p><canvas class="picture" id="spot-{side}" role="img" aria-label="Its inputs" hidden></canvas></header><div class="chain" id="chain-{side}"></div><canvas class="inputs" id="wires-{side}" aria-hidden="true"></canvas></article>"#
            );
        }
        root.set_inner_html(&html);
        Ok(())
    }

    fn draw(&self, dom: &Dom, state: &State, topic: Topic) -> Drawn {
        match topic {
            Topic::Menus => titles(dom, state),
            Topic::Side(_) => (0..SIDES).try_for_each(|side| build_layers(dom, state, side)),
            Topic::Activations(side) => draw_layers(dom, state, side),
            Topic::Live(side) | Topic::Code(side) => sliders::update(dom, state, side, "code"),
            Topic::Original | Topic::Factors => (0..SIDES).try_for_each(|side| original(dom, state, side)),
            Topic::Look => (0..SIDES).try_for_each(|side| draw_layers(dom, state, side)),
            _ => Ok(()),
        }
    }

    fn act(&self, _: &Dom, state: &State, gesture: &Gesture<'_>) -> Result<Option<Event>, JsValue> {
        Ok(match gesture.action {
            Action::Layer { side, layer } => {
                let selected = channel_at(state, gesture, side, layer);
                selected.filter(|selected| *selected != state.selected).map(Event::SelectChannel)
            }
            Action::Turn { side, unit } | Action::Dial { side, unit } => {
                let selected = || {
                    let layer = state.sides.get(side)?.model()?.layers().1;
                    let selected = Some(SelectedChannel { side, layer, channel: unit });
                    let points =
                        matches!(gesture.kind, "pointermove" | "focusin") && selected != state.selected;
                    points.then_some(Event::SelectChannel(selected))
                };
                sliders::turned(state, gesture).or_else(selected)
            }
            _ => None,
        })
    }
}

/// Grid of a layer's channels on its canvas: columns and rows.
fn grid(channels: usize, narrow: bool) -> [usize; 2] {
    let across = match (narrow, channels) {
        (true, 0..=32) => 8,
        (true, 33..=128) => 16,
        (true, _) => 32,
        (false, 0..=32) => channels.div_ceil(8).max(1),
        (false, _) => channels.div_ceil(16).min(8),
    };
    let columns = across.min(channels.max(1));
    [columns, channels.div_ceil(columns).max(1)]
}

/// Creates the elements of a side's layers.
fn build_layers(dom: &Dom, state: &State, side: usize) -> Drawn {
    let place: Element = dom.get(&format!("chain-{side}"))?;
    let Some(model) = state.sides[side].model() else {
        place.set_inner_html("");
        return dom.set_text(&format!("net-told-{side}"), "\u{a0}");
    };
    let (layers, code) = model.layers();
    let mut html = format!(
        r#"<figure class="end"><figcaption>picture</figcaption><canvas class="picture" id="net-in-{side}" width="64" height="64" role="img" aria-label="Input picture"></canvas></figure>"#
    );
    for (place, layer) in layers.iter().enumerate() {
        if place == code {
            put!(html, r#"<div class="code"><p>code</p><ol id="codes-{side}">"#);
            for &unit in &model.order {
                sliders::knob(&mut html, model, [side, unit], "code", false);
            }
            html.push_str("</ol></div>");
            continue;
        }
        put!(
            html,
            r#"<figure><figcaption>{} <span id="silent-{side}-{place}">&nbsp;</span></figcaption><canvas id="maps-{side}-{place}" data-act="{}" tabindex="0" role="application"></canvas></figure>"#,
            layer_title(layer),
            Action::Layer { side, layer: place }
        );
    }
    put!(
        html,
        r#"<figure class="end"><figcaption>output</figcaption><canvas class="picture" data-slot="{}" width="64" height="64" role="img" aria-label="Decoded picture"></canvas></figure>"#,
        Slot::live(side)
    );
    place.set_inner_html(&html);
    sliders::update(dom, state, side, "code")?;
    original(dom, state, side)?;
    draw_layers(dom, state, side)
}

/// Name of a layer: its kind, and its number among those of its kind.
fn layer_title(layer: &Layer) -> String {
    let mut parts = layer.name.split('.').skip(1);
    let kind = parts.next().unwrap_or_default();
    let place: usize = parts.next().and_then(|place| place.parse().ok()).unwrap_or(0);
    format!("{kind} {}", place + 1)
}

/// Draws the picture that a model encodes.
fn original(dom: &Dom, state: &State, side: usize) -> Drawn {
    let Some(model) = state.sides[side].model() else { return Ok(()) };
    let canvas: HtmlCanvasElement = dom.get(&format!("net-in-{side}"))?;
    match state.picture().filter(|_| state.suits(&model.card)) {
        Some((pixels, shape)) => paint::pictures(&canvas, pixels, shape),
        None => paint::clear(&canvas),
    }
}

/// Draws a side's maps, and shows how many values are zero.
fn draw_layers(dom: &Dom, state: &State, side: usize) -> Drawn {
    let Some(model) = state.sides[side].model() else { return Ok(()) };
    let (layers, code) = model.layers();
    let narrow = dom.prefers(NARROW);
    let highlighted = highlighted_channels(state, model, side);
    for (place, layer) in layers.iter().enumerate().filter(|(place, _)| *place != code) {
        let canvas: HtmlCanvasElement = dom.get(&format!("maps-{side}-{place}"))?;
        let [columns, rows] = grid(layer.shape[2], narrow);
        canvas.style().set_property("aspect-ratio", &format!("{columns} / {rows}"))?;
        let marked = highlighted.iter().filter(|mark| mark.0 == place).map(|mark| mark.1).collect::<Vec<_>>();
        draw_maps(dom, model, &canvas, place, layer, [columns, rows], &marked)?;
        let silent = match model.activations.zero_fraction(place) {
            Some(share) => format!("{} % zero", number(f64::from(100.0 * share), 0)),
            None => "\u{a0}".to_owned(),
        };
        dom.set_text(&format!("silent-{side}-{place}"), &silent)?;
        let [height, width, channels] = layer.shape;
        let what = if layer.len() == channels {
            format!("{channels} neurons")
        } else {
            format!("{channels} maps of {height} × {width}")
        };
        let label =
            format!("{}: {what}, {silent}; use the arrow keys to move between them", layer_title(layer));
        canvas.set_attribute("aria-label", &label)?;
    }
    dom.set_text(&format!("net-told-{side}"), &summary(model, &layers))?;
    describe_selected(dom, state, side, &layers, code)?;
    draw_lines(dom, state, side, &highlighted, narrow)
}

/// Fraction of all activations that are zero.
fn summary(model: &Loaded, layers: &[Layer]) -> String {
    let activations = &model.activations;
    let all = || activations.maps.iter().flatten();
    let count = all().count();
    if count == 0 {
        return "\u{a0}".to_owned();
    }
    let share = all().filter(|value| **value == 0).count() as f64 / count as f64;
    let mut text = format!("{} % of all activations are zero", number(100.0 * share, 0));
    let channels = |(place, layer): (usize, &Layer)| {
        (0..layer.shape[2]).filter(move |&c| activations.is_always_zero(place, c))
    };
    let always_zero = layers.iter().enumerate().flat_map(channels).count();
    let hidden = layers.iter().filter(|layer| layer.name != POSTERIOR);
    put!(
        text,
        " · {always_zero} of {} channels are always zero",
        hidden.map(|layer| layer.shape[2]).sum::<usize>()
    );
    let weights: Vec<f32> = activations.largest_inputs.iter().map(|inputs| inputs.zero).collect();
    if let Some(most) = weights.iter().copied().reduce(f32::max).filter(|most| *most >= 0.005) {
        put!(text, " · up to {} % of a layer’s weights are zero", number(f64::from(100.0 * most), 0));
    }
    text
}

/// Draws a layer's channels: values as opacity, maps of zeros as frames, maps that are never active crossed
/// out.
fn draw_maps(
    dom: &Dom,
    model: &Loaded,
    canvas: &HtmlCanvasElement,
    place: usize,
    layer: &Layer,
    [columns, rows]: [usize; 2],
    marked: &[usize],
) -> Drawn {
    let (scale, [width, height]) = dom.fit(canvas);
    let Some(map) = model.activations.maps.get(place).filter(|map| map.len() == layer.len()) else {
        return Ok(());
    };
    let [tall, wide, channels] = layer.shape;
    let (line, cells) = (width as usize, [width / columns as f64, height / rows as f64]);
    let gap = if cells[0] > 10.0 * scale { scale.round() } else { (scale / 2.0).round() }.max(1.0);
    let span = |at: usize, cell: f64| [(at as f64 * cell) as usize, ((at + 1) as f64 * cell - gap) as usize];
    let mut rgba = vec![0; line * height as usize * 4];
    for channel in 0..channels {
        let ([left, right], [top, bottom]) =
            (span(channel % columns, cells[0]), span(channel / columns, cells[1]));
        let silent = map.iter().skip(channel).step_by(channels).all(|value| *value == 0);
        for y in top..bottom {
            let row = (y - top) * tall / (bottom - top) * wide;
            for x in left..right {
                let value = map[(row + (x - left) * wide / (right - left)) * channels + channel];
                let edge = x == left || x + 1 == right || y == top || y + 1 == bottom;
                rgba[4 * (y * line + x) + 3] = match value {
                    0 if !silent => GROUND,
                    0 => {
                        if edge {
                            2 * GROUND
                        } else {
                            0
                        }
                    }
                    value => (LOWEST + (HIGHEST - LOWEST) * f32::from(value) / 255.0) as u8,
                };
            }
        }
    }
    put_pixels(canvas, &rgba, width as u32, height as u32)?;
    let context = context(canvas)?;
    let style = dom.window().get_computed_style(canvas)?.ok_or("no style")?;
    // The picture has only opacity; this adds the side's colour.
    context.set_global_composite_operation("source-in")?;
    context.set_fill_style_str(&style.get_property_value("color")?);
    context.fill_rect(0.0, 0.0, width, height);
    context.set_global_composite_operation("source-over")?;
    context.set_stroke_style_str(&style.get_property_value("caret-color")?);
    let bounds = |channel: usize| {
        let ([left, right], [top, bottom]) =
            (span(channel % columns, cells[0]), span(channel / columns, cells[1]));
        [left as f64, top as f64, right.saturating_sub(left) as f64, bottom.saturating_sub(top) as f64]
    };
    context.set_line_width(scale);
    for channel in (0..channels).filter(|&channel| model.activations.is_always_zero(place, channel)) {
        cross(&context, bounds(channel));
    }
    context.set_line_width(2.0 * scale);
    for &channel in marked {
        let [x, y, width, height] = bounds(channel);
        context.stroke_rect(x, y, width, height);
    }
    Ok(())
}

fn cross(context: &CanvasRenderingContext2d, [x, y, width, height]: [f64; 4]) {
    context.set_global_alpha(0.45);
    context.begin_path();
    context.move_to(x + 0.25 * width, y + 0.25 * height);
    context.line_to(x + 0.75 * width, y + 0.75 * height);
    context.move_to(x + 0.75 * width, y + 0.25 * height);
    context.line_to(x + 0.25 * width, y + 0.75 * height);
    context.stroke();
    context.set_global_alpha(1.0);
}

/// Converts a channel of the code to its unit, and back.
fn unit_of(model: &Loaded, channel: usize) -> usize {
    let config = &model.card.model;
    let plain = config.plain_units();
    if channel < plain { channel } else { plain + (channel - plain) / 2 }
}

fn channel_of(model: &Loaded, unit: usize) -> usize {
    let config = &model.card.model;
    let plain = config.plain_units();
    if unit < plain { unit } else { plain + 2 * (unit - plain) }
}

/// The selected channel, and those with the largest weights to it: layer and channel each.
fn highlighted_channels(state: &State, model: &Loaded, side: usize) -> Vec<(usize, usize)> {
    let Some(selected) = state.selected.filter(|selected| selected.side == side) else { return Vec::new() };
    let code = model.layers().1;
    let mut parts = vec![(selected.layer, selected.channel)];
    let channel = if selected.layer == code { channel_of(model, selected.channel) } else { selected.channel };
    if let (Some(inputs), Some(before)) =
        (model.activations.largest_inputs.get(selected.layer), selected.layer.checked_sub(1))
    {
        for (input, _) in inputs.of(channel).filter(|(_, kernel)| kernel.iter().any(|weight| *weight != 0.0))
        {
            parts.push((before, if before == code { unit_of(model, input) } else { input }));
        }
    }
    parts
}

/// Describes the largest inputs of the selected channel.
fn describe_selected(dom: &Dom, state: &State, side: usize, layers: &[Layer], code: usize) -> Drawn {
    let canvas: HtmlCanvasElement = dom.get(&format!("spot-{side}"))?;
    let place = format!("spot-told-{side}");
    let model = state.sides[side].model();
    let selected = state.selected.filter(|selected| selected.side == side);
    let (Some(model), Some(selected)) = (model, selected) else {
        dom.show(&format!("spot-{side}"), false)?;
        return dom.set_text(&place, REST);
    };
    let Some(layer) = layers.get(selected.layer) else { return Ok(()) };
    if selected.layer == code {
        let image = model.card.model.image;
        let (below, above) = model.activations.variations.split_at(model.activations.variations.len() / 2);
        let seen = !below.is_empty() && selected.channel < model.code.len();
        if seen {
            paint::difference(&canvas, above, below, image, 1)?;
        }
        dom.show(&format!("spot-{side}"), seen)?;
        let (title, stride) = (name(&model.card, selected.channel), model.stride(selected.channel));
        let unit = match model.is_circle(selected.channel) {
            true => format!("{}°", number(f64::from(stride.to_degrees()), 0)),
            false => number(stride.into(), 2),
        };
        let text = format!(
            "{title}: pink pixels get brighter, green ones darker, from {unit} below to {unit} above."
        );
        return dom.set_text(&place, &text);
    }
    let highlighted = highlighted_channels(state, model, side);
    let what = if layer.len() == layer.shape[2] { "neuron" } else { "map" };
    let mut text = format!("{}, {what} {}", layer_title(layer), selected.channel + 1);
    if let Some(map) = model.activations.maps.get(selected.layer).filter(|map| !map.is_empty()) {
        let values = || map.iter().skip(selected.channel).step_by(layer.shape[2]);
        let silent = values().filter(|value| **value == 0).count() as f64 / values().count() as f64;
        match model.activations.is_always_zero(selected.layer, selected.channel) {
            true => put!(text, ", zero for all of {PROBED} random pictures"),
            false => put!(text, ", {} % zero", number(100.0 * silent, 0)),
        }
    }
    if highlighted.len() > 1 {
        let inputs: Vec<String> = highlighted[1..]
            .iter()
            .map(|&(layer, channel)| match layer {
                layer if layer == code => symbol(channel),
                _ => (channel + 1).to_string(),
            })
            .collect();
        let from = layers.get(highlighted[1].0).filter(|_| highlighted[1].0 != code).map(layer_title);
        put!(text, ". Its strongest inputs are {}", inputs.join(", "));
        if let Some(from) = from {
            put!(text, " of {from}");
        }
    } else if selected.layer == 0 {
        text.push_str(". Its input is the picture");
    }
    text.push_str(". Pink raises it, green lowers it.");
    dom.set_text(&place, &text)?;
    let inputs = model.activations.largest_inputs.get(selected.layer);
    dom.show(&format!("spot-{side}"), inputs.is_some())?;
    match inputs {
        Some(inputs) => kernels(&canvas, inputs.of(selected.channel).map(|(_, kernel)| kernel)),
        None => Ok(()),
    }
}

/// Draws kernels in two rows, one pixel per weight, coloured by sign.
fn kernels<'a>(canvas: &HtmlCanvasElement, kernels: impl Iterator<Item = &'a [f32]>) -> Drawn {
    const SIDE: usize = 4;
    const LINE: usize = 2 * SIDE + 1;
    let kernels: Vec<&[f32]> = kernels.take(LISTED_INPUTS).collect();
    let most =
        kernels.iter().copied().flatten().fold(f32::MIN_POSITIVE, |most, weight| most.max(weight.abs()));
    let mut rgba = vec![0; LINE * LINE * 4];
    for (place, kernel) in kernels.iter().enumerate() {
        for (tap, weight) in kernel.iter().enumerate().take(KERNEL) {
            let (x, y) = (place % 2 * (SIDE + 1) + tap % SIDE, place / 2 * (SIDE + 1) + tap / SIDE);
            let [red, green, blue] = if *weight > 0.0 { paint::BRIGHT } else { paint::DARK };
            let alpha = (255.0 * (weight.abs() / most).sqrt()) as u8;
            rgba[4 * (y * LINE + x)..][..4].copy_from_slice(&[red, green, blue, alpha]);
        }
    }
    put_pixels(canvas, &rgba, LINE as u32, LINE as u32)
}

/// Draws lines from the selected channel to its largest inputs.
fn draw_lines(dom: &Dom, state: &State, side: usize, highlighted: &[(usize, usize)], narrow: bool) -> Drawn {
    let canvas: HtmlCanvasElement = dom.get(&format!("wires-{side}"))?;
    let (scale, _) = dom.fit(&canvas);
    let Some(((to, parts), model)) =
        highlighted.split_first().zip(state.sides[side].model()).filter(|_| !narrow)
    else {
        return Ok(());
    };
    let (layers, code) = model.layers();
    let origin = canvas.get_bounding_client_rect();
    // The middle of a channel's left or right edge.
    let end = |&(layer, channel): &(usize, usize), right: bool| -> Option<[f64; 2]> {
        let shift = if right { 1.0 } else { 0.0 };
        let (id, [columns, rows], channel) = match layer == code {
            true => (format!("code-of-{side}-{channel}"), [1, 1], 0),
            false => (format!("maps-{side}-{layer}"), grid(layers.get(layer)?.shape[2], narrow), channel),
        };
        let bounds = dom.get::<Element>(&id).ok()?.get_bounding_client_rect();
        let [width, height] = [bounds.width() / columns as f64, bounds.height() / rows as f64];
        let x = bounds.left() - origin.left() + ((channel % columns) as f64 + shift) * width;
        let y = bounds.top() - origin.top() + ((channel / columns) as f64 + 0.5) * height;
        Some([x * scale, y * scale])
    };
    let context = context(&canvas)?;
    let style = dom.window().get_computed_style(&canvas)?.ok_or("no style")?;
    context.set_stroke_style_str(&style.get_property_value("caret-color")?);
    context.set_fill_style_str(&style.get_property_value("caret-color")?);
    context.set_line_width(1.5 * scale);
    for (part, alpha) in parts.iter().zip([0.9, 0.7, 0.5, 0.35]) {
        let (Some([x, y]), Some([u, v])) = (end(part, true), end(to, false)) else { continue };
        context.set_global_alpha(alpha);
        context.begin_path();
        context.move_to(x, y);
        let middle = (x + u) / 2.0;
        context.bezier_curve_to(middle, y, middle, v, u, v);
        context.stroke();
        context.begin_path();
        context.arc(x, y, 2.5 * scale, 0.0, TAU)?;
        context.fill();
    }
    Ok(())
}

/// The channel under the pointer, or where an arrow key leads; Escape clears the selection.
fn channel_at(
    state: &State,
    gesture: &Gesture<'_>,
    side: usize,
    layer: usize,
) -> Option<Option<SelectedChannel>> {
    use wasm_bindgen::JsCast;
    let model = state.sides.get(side)?.model()?;
    let (layers, _) = model.layers();
    let channels = layers.get(layer)?.shape[2];
    let here = state.selected.filter(|selected| selected.side == side && selected.layer == layer);
    // The number of columns depends on the canvas's style.
    let element: &HtmlElement = gesture.element.dyn_ref()?;
    let ratio = element.style().get_property_value("aspect-ratio").ok()?;
    let columns: usize = ratio.split(' ').next()?.parse().ok()?;
    let rows = channels.div_ceil(columns.max(1));
    let channel = match gesture.kind {
        "pointermove" | "pointerdown" => {
            let [x, y] = gesture.within()?;
            let place = |share: f64, count: usize| ((share * count as f64).max(0.0) as usize).min(count - 1);
            place(y, rows) * columns + place(x, columns)
        }
        "focusin" if here.is_none() => 0,
        "keydown" => {
            let event: &KeyboardEvent = gesture.event.dyn_ref()?;
            let now = here.map_or(0, |selected| selected.channel);
            let next = match &*event.key() {
                "ArrowLeft" => now.checked_sub(1),
                "ArrowRight" => Some(now + 1),
                "ArrowUp" => now.checked_sub(columns),
                "ArrowDown" => Some(now + columns),
                "Escape" => return Some(None),
                _ => return None,
            };
            gesture.event.prevent_default();
            next?
        }
        _ => return None,
    };
    (channel < channels).then_some(Some(SelectedChannel { side, layer, channel }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn channels_fill_a_grid() {
        assert_eq!([grid(32, false), grid(64, false), grid(256, false)], [[4, 8], [4, 16], [8, 32]]);
        assert_eq!([grid(32, true), grid(64, true), grid(256, true)], [[8, 4], [16, 4], [32, 8]]);
        assert_eq!([grid(16, false), grid(3, false), grid(1, true)], [[2, 8], [1, 3], [1, 1]]);
    }
}
