//! Histograms of μ and σ for each unit, from the card. N(0, 1) and the model's prior are drawn over those
//! of μ.

use js_sys::Array;
use model::card::{Card, Histogram, Prior};
use wasm_bindgen::prelude::*;
use web_sys::{Element, HtmlCanvasElement};

use super::html::{Safe, pair, put};
use super::words::{number, titles, unit as name};
use super::{Action, Gesture, Panel};
use crate::dom::{Dom, Drawn, context};
use crate::state::{Event, Side, State, Topic, View, ranked};
use crate::worker::SIDES;

/// Steps of a curve.
const STEPS: u32 = 96;

/// Kinds of histograms: of μ, of σ, or of μ behind a slider.
pub(super) const MEAN: usize = 0;
const SPREAD: usize = 1;
pub(super) const BEHIND: usize = 2;

pub(super) struct Histograms;

impl Panel for Histograms {
    fn id(&self) -> &'static str {
        "units"
    }

    fn view(&self) -> Option<View> {
        Some(View::Units)
    }

    fn build(&self, _: &Dom, root: &Element) -> Drawn {
        root.set_inner_html(&pair("", |html, side| {
            put!(*html, r#"<ol class="charts" id="charts-{side}"></ol>"#);
        }));
        Ok(())
    }

    fn draw(&self, dom: &Dom, state: &State, topic: Topic) -> Drawn {
        match topic {
            Topic::Menus => titles(dom, state),
            Topic::Side(_) => {
                (0..SIDES).try_for_each(|side| charts(dom, state, side))?;
                redraw(dom, state, self.id())
            }
            Topic::Look => redraw(dom, state, self.id()),
            _ => Ok(()),
        }
    }

    fn act(&self, _: &Dom, state: &State, gesture: &Gesture<'_>) -> Result<Option<Event>, JsValue> {
        if let (Action::Chart { side, unit, kind }, "pointermove" | "pointerdown") =
            (gesture.action, gesture.kind)
            && kind != BEHIND
            && let (Some(chart), Some([across, _]), Some(caption)) =
                (Chart::of(state, side, unit, kind), gesture.within(), gesture.element.next_element_sibling())
        {
            caption.set_text_content(Some(&chart.caption_at(across as f32)));
        }
        Ok(None)
    }
}

/// Recreates the charts of a side; [`redraw`] draws them.
fn charts(dom: &Dom, state: &State, side: usize) -> Drawn {
    let Some(model) = state.sides[side].model() else { return Ok(()) };
    let used = ranked(state, side).into_iter();
    let mut html = String::new();
    for unit in used.chain(model.order[model.active..].iter().copied()) {
        let class = if model.card.units[unit].is_active() { "pairing" } else { "pairing idle" };
        let name = name(&model.card, unit);
        put!(html, r#"<li class="{class}"><h3>{}</h3>"#, Safe(&name));
        for (kind, letter) in [(MEAN, "μ"), (SPREAD, "σ")] {
            put!(
                html,
                r#"<figure><canvas class="chart" data-act="{}" role="img" aria-label="Histogram of {letter} of {}"></canvas><figcaption>{}</figcaption></figure>"#,
                Action::Chart { side, unit, kind },
                Safe(&name),
                summary(&model.card, kind, unit)
            );
        }
        html.push_str("</li>");
    }
    dom.get::<Element>(&format!("charts-{side}"))?.set_inner_html(&html);
    Ok(())
}

/// Draws all charts of a panel at their current size and colours.
pub(super) fn redraw(dom: &Dom, state: &State, within: &str) -> Drawn {
    for canvas in dom.all(&format!("#{within} canvas.chart"))? {
        let canvas: HtmlCanvasElement = canvas.unchecked_into();
        let action = canvas.get_attribute("data-act").and_then(|text| Action::parse(&text));
        if let Some(Action::Chart { side, unit, kind }) = action
            && let Some(chart) = Chart::of(state, side, unit, kind)
        {
            chart.draw(dom, &canvas)?;
        }
    }
    Ok(())
}

/// A histogram with its axis.
struct Chart<'a> {
    histogram: &'a Histogram,
    axis: [f32; 2],
    symbol: &'static str,
    summary: String,
    /// The prior; `None` for units without one.
    prior: Option<&'a Prior>,
}

impl<'a> Chart<'a> {
    fn of(state: &'a State, side: usize, unit: usize, kind: usize) -> Option<Self> {
        let model = state.sides.get(side)?.model()?;
        let entry = model.card.units.get(unit)?;
        let (histogram, axis, symbol) = match kind {
            BEHIND => (&entry.mean_histogram, model.slider_range(unit), "μ"),
            MEAN => (&entry.mean_histogram, axis(&entry.mean_histogram), "μ"),
            _ => (&entry.std_histogram, axis_of_spread(state), "σ"),
        };
        // Angles of a circular unit have no bell curve.
        let prior = (symbol == "μ" && !model.is_circle(unit)).then_some(&model.card.objective.prior);
        Some(Self { histogram, axis, symbol, summary: summary(&model.card, kind, unit), prior })
    }

    /// Text for a position along the axis.
    fn caption_at(&self, across: f32) -> String {
        match self.bin_at(across) {
            Some(([low, high], share)) => format!(
                "{} {} to {}: {} %",
                self.symbol,
                number(low.into(), 2),
                number(high.into(), 2),
                number(f64::from(share) * 100.0, 1)
            ),
            None => self.summary.clone(),
        }
    }

    /// Width of a bin.
    fn width(&self) -> f32 {
        (self.histogram.high - self.histogram.low) / self.histogram.counts.len().max(1) as f32
    }

    /// Edges of the bin at a position along the axis, and its share of all samples.
    fn bin_at(&self, across: f32) -> Option<([f32; 2], f32)> {
        let [left, right] = self.axis;
        let value = left + (right - left) * across;
        let bin = (value - self.histogram.low) / self.width();
        if bin < 0.0 || !bin.is_finite() {
            return None;
        }
        let count = *self.histogram.counts.get(bin as usize)?;
        let total: u32 = self.histogram.counts.iter().sum();
        let low = self.histogram.low + bin.floor() * self.width();
        Some(([low, low + self.width()], count as f32 / total.max(1) as f32))
    }

    fn draw(&self, dom: &Dom, canvas: &HtmlCanvasElement) -> Drawn {
        let (scale, [width, height]) = dom.fit(canvas);
        let context = context(canvas)?;
        let style = dom.window().get_computed_style(canvas)?.ok_or("no style")?;
        context.set_fill_style_str(&style.get_property_value("color")?);
        let [left, right] = self.axis.map(f64::from);
        let across = |value: f64| (value - left) / (right - left) * width;
        let highest = self.histogram.counts.iter().copied().max().unwrap_or(0).max(1);
        // Converts a density to a height in counts.
        let total: u32 = self.histogram.counts.iter().sum();
        let counts = f64::from(total) * f64::from(self.width());
        let curves = match self.prior {
            Some(prior) if prior.is_standard_normal() => vec![prior],
            Some(prior) => vec![&Prior::Gaussian, prior],
            None => vec![],
        };
        let peak = curves.iter().map(|prior| prior.density(0.0) * counts).fold(highest.into(), f64::max);
        for (bin, &count) in self.histogram.counts.iter().enumerate() {
            let low = f64::from(self.histogram.low + bin as f32 * self.width());
            let x = across(low);
            // Keeps a narrow histogram on a wide axis visible.
            let bar = (across(low + f64::from(self.width())) - x).max(scale);
            let tall = f64::from(count) / peak * height;
            context.fill_rect(x, height - tall, bar + 0.5, tall);
        }
        context.set_stroke_style_str(&style.get_property_value("caret-color")?);
        context.set_line_width(scale);
        for prior in curves {
            let dash = if prior.is_standard_normal() { 0.0 } else { 3.0 * scale };
            context.set_line_dash(&JsValue::from(Array::of2(&dash.into(), &dash.into())))?;
            context.begin_path();
            for step in 0..=STEPS {
                let share = f64::from(step) / f64::from(STEPS);
                let density = prior.density(left + (right - left) * share);
                context.line_to(width * share, height * (1.0 - density * counts / peak));
            }
            context.stroke();
        }
        Ok(())
    }
}

/// Axis of means: the whole range of the data, and most of N(0, 1).
pub(super) fn axis(histogram: &Histogram) -> [f32; 2] {
    [histogram.low.min(-3.0), histogram.high.max(3.0)]
}

/// Axis for the spreads of both models, shared so that they can be compared.
fn axis_of_spread(state: &State) -> [f32; 2] {
    let cards = state.sides.iter().filter_map(Side::model).map(|model| &model.card);
    let units = cards.flat_map(|card| &card.units);
    [0.0, units.fold(1.0_f32, |high, unit| high.max(unit.std_histogram.high))]
}

fn summary(card: &Card, kind: usize, unit: usize) -> String {
    let Some(unit) = card.units.get(unit) else { return String::new() };
    match kind {
        SPREAD => format!("σ about {}", number(unit.posterior_std.into(), 2)),
        _ => format!("μ {} ± {}", number(unit.mean.into(), 2), number(unit.std.into(), 2)),
    }
}
