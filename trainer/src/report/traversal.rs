//! Traversals: each row varies one unit over its range, with all other units fixed at the base code.

use super::axis::number;
use super::canvas::Canvas;
use super::subtitle;
use super::text::{Style, fit, width, write};
use super::theme::{ACCENT, INK, LABEL, MARGIN, MUTED, RULE, SMALL, TITLE, scale};
use crate::trained::{Trained, TrainedError};

/// Pixels for the labels left of the images.
const LABELS: f32 = 190.0;
/// Pixels for title and base image.
const HEADER: f32 = 96.0;
/// Pixels for the range below a row.
const RANGE: f32 = 30.0;
/// Pixels between images.
const GAP: f32 = 4.0;

/// Where traversals start.
#[derive(Clone, Copy, Debug)]
pub enum Base<'a> {
    /// The code of an image.
    Image {
        /// Index in the data set.
        index: u64,
        /// Pixels, `[H, W, C]` in `[0, 1]`.
        image: &'a [f32],
    },
    /// The mean code over the training data, from the model card.
    Mean,
}

/// Draws the traversals of `units`, in the given order, with `columns` values each.
///
/// # Errors
/// Fails if the network fails.
pub fn traversal(
    trained: &Trained,
    base: Base,
    units: &[usize],
    columns: usize,
) -> Result<Canvas, TrainedError> {
    let shape = trained.card.model.image;
    let scale = scale(shape.height);
    let [cell_width, cell_height] = [shape.width, shape.height].map(|side| (side * scale) as f32);
    let strip = columns as f32 * (cell_width + GAP) - GAP;
    let row_height = cell_height + RANGE;
    let mut canvas = Canvas::new(
        2.0 * MARGIN + LABELS + strip.max(6.0 * cell_width),
        2.0 * MARGIN + HEADER + units.len() as f32 * row_height,
    );
    let code = match base {
        Base::Image { image, .. } => trained.encode(image)?,
        Base::Mean => trained.card.units.iter().map(|unit| unit.mean).collect(),
    };
    header(&mut canvas, trained, base, &code)?;
    for (place, &unit) in units.iter().enumerate() {
        let top = MARGIN + HEADER + place as f32 * row_height;
        label(&mut canvas, trained, unit, [MARGIN, top + cell_height / 2.0]);
        let [low, high] = trained.card.units[unit].range;
        let mut codes = code.repeat(columns);
        for (column, moved) in codes.chunks_exact_mut(code.len()).enumerate() {
            moved[unit] = low + (high - low) * column as f32 / (columns.max(2) - 1) as f32;
        }
        for (column, image) in trained.decode(&codes)?.chunks_exact(shape.len()).enumerate() {
            let left = MARGIN + LABELS + column as f32 * (cell_width + GAP);
            canvas.image([left, top], scale, shape, image);
        }
        let centres = [MARGIN + LABELS + cell_width / 2.0, MARGIN + LABELS + strip - cell_width / 2.0];
        range(&mut canvas, [low, high], code[unit], centres, top + cell_height + 13.0);
    }
    Ok(canvas)
}

fn header(canvas: &mut Canvas, trained: &Trained, base: Base, code: &[f32]) -> Result<(), TrainedError> {
    let shape = trained.card.model.image;
    let right = canvas.size().0 as f32 - MARGIN;
    let image = right - shape.width as f32;
    let words = match base {
        Base::Image { index, image: pixels } => {
            canvas.image([image, MARGIN], 1, shape, pixels);
            ["base image".to_owned(), index.to_string()]
        }
        Base::Mean => {
            canvas.image([image, MARGIN], 1, shape, &trained.decode(code)?);
            ["mean code".to_owned(), "decoded".to_owned()]
        }
    };
    for (line, text) in words.into_iter().enumerate() {
        let place = [image - 12.0, MARGIN + 16.0 + 20.0 * line as f32];
        write(canvas, place, &text, Style::right(SMALL, MUTED));
    }
    let room = image - 12.0 - width("base image", SMALL) - 2.0 * MARGIN;
    let title = fit(&format!("Traversals of {}", trained.card.name), TITLE, room);
    write(canvas, [MARGIN, MARGIN + 22.0], &title, Style::left(TITLE, INK));
    let line = fit(&subtitle(&trained.card), LABEL, room);
    write(canvas, [MARGIN, MARGIN + 50.0], &line, Style::left(LABEL, MUTED));
    Ok(())
}

/// Draws unit, KL and factor, centred beside a row.
fn label(canvas: &mut Canvas, trained: &Trained, unit: usize, [left, middle]: [f32; 2]) {
    let described = &trained.card.units[unit];
    let colour = if described.is_active() { INK } else { MUTED };
    let mut lines = vec![
        (format!("unit {unit}"), Style::left(TITLE, colour)),
        (format!("KL {:.2} nats", described.kl), Style::left(LABEL, colour)),
    ];
    if !described.is_active() {
        lines.push(("inactive".to_owned(), Style::left(LABEL, MUTED)));
    } else if let Some(factor) = &described.factor {
        let share = format!("{} {:.0} %", factor.name, 100.0 * factor.information);
        lines.push((share, Style::left(LABEL, MUTED)));
    }
    let mut baseline = middle - 26.0 * (lines.len() as f32 - 1.0) / 2.0 + 7.0;
    for (text, style) in lines {
        write(canvas, [left, baseline], &fit(&text, style.size, LABELS - 12.0), style);
        baseline += 26.0;
    }
}

/// Draws the unit's range below a row, from the centre of the first image to that of the last, with a
/// mark at the value of the base code.
fn range(canvas: &mut Canvas, [low, high]: [f32; 2], at: f32, [left, right]: [f32; 2], height: f32) {
    let ends = [(left, low, Style::right(SMALL, MUTED)), (right, high, Style::left(SMALL, MUTED))];
    for (end, value, style) in ends {
        let outside = if value == low { -8.0 } else { 8.0 };
        write(canvas, [end + outside, height + 5.0], &number(value), style);
    }
    canvas.rectangle([left, height - 0.5], [right, height + 0.5], RULE);
    let place = left + (right - left) * ((at - low) / (high - low)).clamp(0.0, 1.0);
    canvas.curve(&[[place, height - 4.0], [place, height + 4.0]], 3.0, ACCENT);
}
