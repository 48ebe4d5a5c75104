//! Histograms of μ and σ over the data, from model cards: one row per unit, two panels per model.

use model::card::{Histogram, Unit};

use super::axis::{number, ticks};
use super::canvas::Canvas;
use super::subtitle;
use super::text::{Style, fit, write};
use super::theme::{Colour, INK, LABEL, MARGIN, MUTED, PAPER, RULE, SMALL, TITLE, series};
use crate::trained::Trained;

/// Inner width and height of a panel, in pixels.
const PANEL: [f32; 2] = [270.0, 96.0];
/// Pixels left of a panel for the numbers of its vertical axis.
const SCALE: f32 = 52.0;
/// Pixels below a panel for the numbers of its horizontal axis.
const TICKS: f32 = 34.0;
/// Pixels left of a model's panels for the unit's label.
const LABELS: f32 = 128.0;
/// Pixels for title, names and column headings.
const HEADER: f32 = 112.0;
/// Pixels between the models.
const BETWEEN: f32 = 36.0;

/// Draws the histograms in the models' cards. Units are sorted by KL, largest first, and N(0, 1) is drawn
/// over the histograms of μ. All panels of the same kind share their horizontal axis. `names` has one
/// name per model.
pub fn histograms(models: &[Trained], names: &[String]) -> Canvas {
    let block = LABELS + 2.0 * (SCALE + PANEL[0]);
    let rows = models.iter().map(|model| model.card.units.len()).max().unwrap_or(0);
    let row_height = PANEL[1] + TICKS;
    let count = models.len() as f32;
    let mut canvas = Canvas::new(
        2.0 * MARGIN + count * (block + BETWEEN) - BETWEEN,
        2.0 * MARGIN + HEADER + rows as f32 * row_height,
    );
    write(
        &mut canvas,
        [MARGIN, MARGIN + 20.0],
        "Posterior means μ and deviations σ over the data",
        Style::left(TITLE, INK),
    );
    let means = shared(models, |unit| &unit.mean_histogram, [-3.5, 3.5]);
    let stds = shared(models, |unit| &unit.std_histogram, [0.0, 1.0]);
    for (place, (model, name)) in models.iter().zip(names).enumerate() {
        let left = MARGIN + place as f32 * (block + BETWEEN);
        let panels = [0.0, 1.0].map(|column| left + LABELS + SCALE + column * (SCALE + PANEL[0]));
        heading(&mut canvas, [left, MARGIN + 58.0], model, name, block, series(place));
        for (panel, title) in panels.into_iter().zip(["μ, and N(0, 1) as a line", "σ"]) {
            let centre = [panel + PANEL[0] / 2.0, MARGIN + HEADER - 10.0];
            write(&mut canvas, centre, title, Style::centre(SMALL, MUTED));
        }
        for (row, unit) in model.units_by_kl().into_iter().enumerate() {
            let top = MARGIN + HEADER + row as f32 * row_height;
            let described = &model.card.units[unit];
            label(&mut canvas, [left, top + PANEL[1] / 2.0], unit, described);
            for (panel, histogram, range, normal) in [
                (panels[0], &described.mean_histogram, means, true),
                (panels[1], &described.std_histogram, stds, false),
            ] {
                draw(&mut canvas, [panel, top], histogram, range, normal, series(place));
            }
        }
    }
    canvas
}

fn heading(
    canvas: &mut Canvas,
    [left, base]: [f32; 2],
    model: &Trained,
    name: &str,
    room: f32,
    colour: Colour,
) {
    canvas.rectangle([left, base - 18.0], [left + 5.0, base + 24.0], colour);
    let room = room - 16.0;
    write(canvas, [left + 16.0, base], &fit(name, TITLE, room), Style::left(TITLE, INK));
    let line = fit(&subtitle(&model.card), SMALL, room);
    write(canvas, [left + 16.0, base + 21.0], &line, Style::left(SMALL, MUTED));
}

fn label(canvas: &mut Canvas, [left, middle]: [f32; 2], unit: usize, described: &Unit) {
    let colour = if described.is_active() { INK } else { MUTED };
    write(canvas, [left, middle], &format!("unit {unit}"), Style::left(LABEL, colour));
    let kl = format!("KL {:.2}", described.kl);
    write(canvas, [left, middle + 20.0], &kl, Style::left(SMALL, MUTED));
    let factor = described.factor.as_ref().filter(|_| described.is_active());
    let note = match factor {
        Some(factor) => format!("{} {:.0} %", factor.name, 100.0 * factor.information),
        None if described.is_active() => return,
        None => "inactive".to_owned(),
    };
    let note = fit(&note, SMALL, LABELS);
    write(canvas, [left, middle + 38.0], &note, Style::left(SMALL, MUTED));
}

/// Draws a panel: density bars, axes with numbers, and N(0, 1) over the histogram of μ.
fn draw(
    canvas: &mut Canvas,
    [left, top]: [f32; 2],
    histogram: &Histogram,
    [low, high]: [f32; 2],
    normal: bool,
    colour: Colour,
) {
    let [width, height] = PANEL;
    let bottom = top + height;
    let density = densities(histogram);
    let prior = if normal { standard_normal(0.0) } else { 0.0 };
    let highest = density.iter().copied().fold(prior, f32::max).max(f32::MIN_POSITIVE) * 1.06;
    let x = |value: f32| left + (value - low) / (high - low) * width;
    let y = |value: f32| bottom - value / highest * height;
    let bin = (histogram.high - histogram.low) / density.len().max(1) as f32;
    for (place, &value) in density.iter().enumerate().filter(|(_, value)| **value > 0.0) {
        let start = histogram.low + bin * place as f32;
        // The bins of a collapsed unit are narrower than a pixel; widen them to stay visible.
        let end = x(start + bin).max(x(start) + 1.0);
        canvas.rectangle([x(start), y(value).min(bottom - 1.0)], [end, bottom], soft(colour));
        canvas.rectangle([x(start), y(value).min(bottom - 1.0)], [end, y(value) + 1.5], colour);
    }
    canvas.rectangle([left, bottom], [left + width, bottom + 1.0], RULE);
    canvas.rectangle([left - 1.0, top], [left, bottom + 1.0], RULE);
    for tick in ticks(low, high, 5) {
        canvas.rectangle([x(tick) - 0.5, bottom], [x(tick) + 0.5, bottom + 5.0], RULE);
        write(canvas, [x(tick), bottom + 20.0], &number(tick), Style::centre(SMALL, MUTED));
    }
    for tick in ticks(0.0, highest, 3) {
        canvas.rectangle([left - 5.0, y(tick) - 0.5], [left, y(tick) + 0.5], RULE);
        write(canvas, [left - 9.0, y(tick) + 5.0], &number(tick), Style::right(SMALL, MUTED));
    }
    if normal {
        let points: Vec<[f32; 2]> = (0..=96)
            .map(|step| low + (high - low) * step as f32 / 96.0)
            .map(|value| [x(value), y(standard_normal(value))])
            .collect();
        canvas.curve(&points, 1.6, INK);
    }
}

/// Fill colour of a bar: a third of `colour` over paper.
fn soft(colour: Colour) -> Colour {
    std::array::from_fn(|channel| {
        let [colour, paper] = [colour[channel], PAPER[channel]].map(u16::from);
        ((colour + 2 * paper) / 3) as u8
    })
}

/// Normalises counts to a density with area 1.
fn densities(histogram: &Histogram) -> Vec<f32> {
    let total: f64 = histogram.counts.iter().map(|&count| f64::from(count)).sum();
    let bin = f64::from(histogram.high - histogram.low) / histogram.counts.len().max(1) as f64;
    let area = (total * bin).max(f64::from(f32::MIN_POSITIVE));
    histogram.counts.iter().map(|&count| (f64::from(count) / area) as f32).collect()
}

fn standard_normal(value: f32) -> f32 {
    (-0.5 * value * value).exp() / std::f32::consts::TAU.sqrt()
}

/// Range of all histograms of a kind, which includes `least`.
fn shared(models: &[Trained], pick: impl Fn(&Unit) -> &Histogram, least: [f32; 2]) -> [f32; 2] {
    let histograms = models.iter().flat_map(|model| &model.card.units).map(pick);
    histograms.fold(least, |[low, high], histogram| {
        let size = (histogram.high - histogram.low).abs() / 40.0;
        [
            if histogram.low < least[0] { low.min(histogram.low - size) } else { low },
            if histogram.high > least[1] { high.max(histogram.high + size) } else { high },
        ]
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn densities_have_area_one() {
        let histogram = Histogram { low: -1.0, high: 3.0, counts: vec![1, 0, 2, 5] };
        let area: f32 = densities(&histogram).iter().map(|density| density * 1.0).sum();
        assert!((area - 1.0).abs() < 1e-6);
        assert_eq!(densities(&Histogram::default()), Vec::<f32>::new());
        let empty = Histogram { low: 0.0, high: 0.0, counts: vec![0; 3] };
        assert!(densities(&empty).iter().all(|density| *density == 0.0));
    }

    #[test]
    fn bars_and_prior_are_drawn_in_their_colours() {
        let mut canvas = Canvas::new(PANEL[0] + SCALE, PANEL[1] + TICKS);
        let histogram = Histogram { low: -1.0, high: 1.0, counts: vec![1, 3] };
        draw(&mut canvas, [SCALE, 0.0], &histogram, [-3.5, 3.5], true, series(0));
        let (width, height) = canvas.size();
        let count = |colour: Colour| {
            let pixels = (0..width).flat_map(|x| (0..height).map(move |y| (x, y)));
            pixels.filter(|&(x, y)| canvas.pixel(x, y) == colour).count()
        };
        assert!(count(soft(series(0))) > 1000);
        assert!(count(INK) > 50);
    }
}
