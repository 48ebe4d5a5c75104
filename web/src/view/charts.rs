//! Histograms of μ and σ a unit, drawn from the card; over those of μ, N(0, 1) and the model's prior.

use js_sys::Array;
use model::card::{Card, Histogram};
use wasm_bindgen::prelude::*;
use web_sys::{Element, HtmlCanvasElement};

use super::words::{number, unit as name};
use crate::page::{Dom, Drawn, context};
use crate::state::{Prior, Side, State};

/// Steps of a curve.
const STEPS: u32 = 96;

/// Makes the charts of a side anew; they are drawn by [`redraw`].
pub(super) fn build(dom: &Dom, side: &Side, index: usize) -> Drawn {
    let list: Element = dom.get(&format!("charts-{index}"))?;
    let Some(model) = side.model() else { return Ok(()) };
    list.replace_children_with_node_0();
    for (rank, &unit) in model.order.iter().enumerate() {
        let class = if rank < model.active { "pairing" } else { "pairing idle" };
        let item = dom.add(&list, "li", &[("class", class)], "")?;
        dom.add(&item, "h4", &[], &name(&model.card, unit))?;
        for (kind, symbol) in [("mean", "μ"), ("std", "σ")] {
            let figure = dom.add(&item, "figure", &[], "")?;
            let label = format!("Histogram of {symbol} of {}", name(&model.card, unit));
            let canvas = [
                ("class", "chart"),
                ("data-action", "chart"),
                ("data-chart", kind),
                ("data-side", &*index.to_string()),
                ("data-unit", &unit.to_string()),
                ("role", "img"),
                ("aria-label", &label),
            ];
            dom.add(&figure, "canvas", &canvas, "")?;
            dom.add(&figure, "figcaption", &[], &summary(&model.card, kind, unit))?;
        }
    }
    Ok(())
}

/// Draws every chart of the page at its present size and in its present colours.
pub(super) fn redraw(dom: &Dom, state: &State) -> Drawn {
    let charts = dom.document().query_selector_all("canvas[data-chart]")?;
    for i in 0..charts.length() {
        let Some(canvas) = charts.get(i).and_then(|node| node.dyn_into::<HtmlCanvasElement>().ok()) else {
            continue;
        };
        if let Some(chart) = Chart::of(state, &canvas) {
            chart.draw(dom, &canvas)?;
        }
    }
    Ok(())
}

/// Writes what a chart says at `across`, 0 to 1 from left to right, below it.
///
/// # Errors
/// Fails if there is no place to write.
pub fn read_chart(_dom: &Dom, state: &State, canvas: &Element, across: f64) -> Drawn {
    let (Some(chart), Some(caption)) = (Chart::of(state, canvas), canvas.next_element_sibling()) else {
        return Ok(());
    };
    caption.set_text_content(Some(&match chart.bin_at(across as f32) {
        Some(([low, high], share)) => format!(
            "{} {} to {}: {} %",
            chart.symbol,
            number(low.into(), 2),
            number(high.into(), 2),
            number(f64::from(share) * 100.0, 1)
        ),
        None => chart.summary,
    }));
    Ok(())
}

/// A histogram with the axis that it is drawn on.
struct Chart<'a> {
    histogram: &'a Histogram,
    axis: [f32; 2],
    symbol: &'static str,
    summary: String,
    /// The prior; none for what has none.
    prior: Option<Prior>,
}

impl<'a> Chart<'a> {
    fn of(state: &'a State, canvas: &Element) -> Option<Self> {
        let number = |name| canvas.get_attribute(name)?.parse::<usize>().ok();
        let (side, unit) = (number("data-side")?, number("data-unit")?);
        let kind = canvas.get_attribute("data-chart")?;
        let model = state.sides.get(side)?.model()?;
        let entry = model.card.units.get(unit)?;
        let (histogram, axis, symbol) = match kind.as_str() {
            "slider" => (&entry.mean_histogram, model.slider_range(unit), "μ"),
            "mean" => (&entry.mean_histogram, axis(state, |unit| &unit.mean_histogram), "μ"),
            _ => (&entry.std_histogram, axis(state, |unit| &unit.std_histogram), "σ"),
        };
        let prior = (symbol == "μ").then(|| Prior::of(&model.card));
        Some(Self { histogram, axis, symbol, summary: summary(&model.card, &kind, unit), prior })
    }

    /// Width of a bin.
    fn width(&self) -> f32 {
        (self.histogram.high - self.histogram.low) / self.histogram.counts.len().max(1) as f32
    }

    /// The edges of the bin at `across` the axis, and its share of all samples.
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
        let scale = dom.window().device_pixel_ratio();
        let width = (f64::from(canvas.client_width()) * scale).round().max(1.0);
        let height = (f64::from(canvas.client_height()) * scale).round().max(1.0);
        canvas.set_width(width as u32);
        canvas.set_height(height as u32);
        let context = context(canvas)?;
        let style = dom.window().get_computed_style(canvas)?.ok_or("no style")?;
        context.set_fill_style_str(&style.get_property_value("color")?);
        let [left, right] = self.axis.map(f64::from);
        let across = |value: f64| (value - left) / (right - left) * width;
        let highest = self.histogram.counts.iter().copied().max().unwrap_or(0).max(1);
        // A density's height in counts.
        let total: u32 = self.histogram.counts.iter().sum();
        let counts = f64::from(total) * f64::from(self.width());
        let curves: Vec<Prior> = match self.prior {
            Some(Prior::Gaussian) => vec![Prior::Gaussian],
            Some(prior) => vec![Prior::Gaussian, prior],
            None => vec![],
        };
        let peak = curves.iter().map(|prior| prior.density(0.0) * counts).fold(highest.into(), f64::max);
        for (bin, &count) in self.histogram.counts.iter().enumerate() {
            let low = f64::from(self.histogram.low + bin as f32 * self.width());
            let x = across(low);
            // A narrow histogram on a wide axis stays visible.
            let bar = (across(low + f64::from(self.width())) - x).max(scale);
            let tall = f64::from(count) / peak * height;
            context.fill_rect(x, height - tall, bar + 0.5, tall);
        }
        context.set_stroke_style_str(&style.get_property_value("caret-color")?);
        context.set_line_width(scale);
        for prior in curves {
            let dash = if prior == Prior::Gaussian { 0.0 } else { 3.0 * scale };
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

/// The axis on which both models' histograms are drawn, so that they can be compared.
fn axis(state: &State, histogram: impl Fn(&model::card::Unit) -> &Histogram) -> [f32; 2] {
    let cards = state.sides.iter().filter_map(Side::model).map(|model| &model.card);
    cards.flat_map(|card| &card.units).fold([0.0f32, 1.0f32], |[low, high], unit| {
        let histogram = histogram(unit);
        [low.min(histogram.low), high.max(histogram.high)]
    })
}

fn summary(card: &Card, kind: &str, unit: usize) -> String {
    let Some(unit) = card.units.get(unit) else { return String::new() };
    match kind {
        "std" => format!("σ about {}", number(unit.posterior_std.into(), 2)),
        _ => format!("μ {} ± {}", number(unit.mean.into(), 2), number(unit.std.into(), 2)),
    }
}
