//! Reconstructions: a row of originals, and a row below it for each model.

use super::canvas::Canvas;
use super::text::{Style, fit, write};
use super::theme::{INK, MARGIN, MUTED, SMALL, TITLE, scale, series};
use crate::trained::{Trained, TrainedError};

/// Pixels for the labels left of the images.
const LABELS: f32 = 210.0;
/// Pixels for the title.
const HEADER: f32 = 44.0;
/// Pixels between images.
const GAP: f32 = 6.0;

/// Draws `originals` (`[N, H, W, C]` in `[0, 1]`) above each model's reconstructions: the pixel means
/// decoded from the posterior mean. `names` has one name per model.
///
/// # Errors
/// Fails if a network fails.
pub fn reconstructions(
    models: &[Trained],
    names: &[String],
    dataset: &str,
    originals: &[f32],
) -> Result<Canvas, TrainedError> {
    let Some(shape) = models.first().map(|model| model.card.model.image) else {
        return Ok(Canvas::new(1.0, 1.0));
    };
    let scale = scale(shape.height);
    let [cell_width, cell_height] = [shape.width, shape.height].map(|side| (side * scale) as f32);
    let count = originals.len() / shape.len();
    let row_height = cell_height + GAP;
    let mut canvas = Canvas::new(
        2.0 * MARGIN + LABELS + (count as f32 * (cell_width + GAP) - GAP).max(2.0 * cell_width),
        2.0 * MARGIN + HEADER + (models.len() + 1) as f32 * row_height - GAP,
    );
    write(&mut canvas, [MARGIN, MARGIN + 20.0], "Reconstructions", Style::left(TITLE, INK));
    let mut row = |place: usize, images: &[f32], name: &str, note: &str| {
        let top = MARGIN + HEADER + place as f32 * row_height;
        let middle = top + cell_height / 2.0;
        if place > 0 {
            canvas.rectangle([MARGIN, top], [MARGIN + 5.0, top + cell_height], series(place - 1));
        }
        let left = MARGIN + 16.0;
        let room = LABELS - 30.0;
        write(&mut canvas, [left, middle], &fit(name, TITLE, room), Style::left(TITLE, INK));
        write(&mut canvas, [left, middle + 22.0], &fit(note, SMALL, room), Style::left(SMALL, MUTED));
        for (column, image) in images.chunks_exact(shape.len()).enumerate() {
            let left = MARGIN + LABELS + column as f32 * (cell_width + GAP);
            canvas.image([left, top], scale, shape, image);
        }
    };
    row(0, originals, "original", dataset);
    for (place, (model, name)) in models.iter().zip(names).enumerate() {
        let images = model.decode(&model.encode(originals)?)?;
        row(place + 1, &images, name, &model.card.objective.to_string());
    }
    Ok(canvas)
}
