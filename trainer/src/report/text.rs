//! Labels in Ubuntu Light, which is compiled in so that pictures are the same on every machine.

use std::sync::LazyLock;

use ab_glyph::{Font, FontRef, PxScale, ScaleFont, point};

use super::canvas::Canvas;
use super::theme::Colour;

static FONT: LazyLock<FontRef<'static>> = LazyLock::new(|| {
    FontRef::try_from_slice(epaint_default_fonts::UBUNTU_LIGHT).expect("the font that is built in is intact")
});

/// Alignment of a label relative to its position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Align {
    Left,
    Centre,
    Right,
}

/// Appearance of a label.
#[derive(Clone, Copy, Debug)]
pub(super) struct Style {
    /// Height in pixels.
    pub(super) size: f32,
    /// Colour.
    pub(super) colour: Colour,
    /// Alignment.
    pub(super) align: Align,
}

impl Style {
    pub(super) const fn left(size: f32, colour: Colour) -> Self {
        Self { size, colour, align: Align::Left }
    }

    pub(super) const fn centre(size: f32, colour: Colour) -> Self {
        Self { size, colour, align: Align::Centre }
    }

    pub(super) const fn right(size: f32, colour: Colour) -> Self {
        Self { size, colour, align: Align::Right }
    }
}

/// Width of a label in pixels at `size`.
pub(super) fn width(label: &str, size: f32) -> f32 {
    let font = FONT.as_scaled(PxScale::from(size));
    let mut last = None;
    let mut width = 0.0;
    for glyph in label.chars().map(|letter| font.glyph_id(letter)) {
        width += last.map_or(0.0, |last| font.kern(last, glyph)) + font.h_advance(glyph);
        last = Some(glyph);
    }
    width
}

/// Maximum number of letters; more than fit into any picture.
const LONGEST: usize = 400;

/// Shortens a label to `room` pixels, with an ellipsis if needed.
pub(super) fn fit(label: &str, size: f32, room: f32) -> String {
    // Only the beginning of a long label can fit.
    let mut letters: Vec<char> = label.chars().take(LONGEST).collect();
    if letters.len() < LONGEST && width(label, size) <= room {
        return label.to_owned();
    }
    while let Some(_last) = letters.pop() {
        let cut: String = letters.iter().copied().chain(['…']).collect();
        if width(&cut, size) <= room {
            return cut;
        }
    }
    String::new()
}

/// Writes a label with its baseline at `place`.
pub(super) fn write(canvas: &mut Canvas, place: [f32; 2], label: &str, style: Style) {
    let font = FONT.as_scaled(PxScale::from(style.size));
    let mut x = place[0]
        - match style.align {
            Align::Left => 0.0,
            Align::Centre => width(label, style.size) / 2.0,
            Align::Right => width(label, style.size),
        };
    let mut last = None;
    for glyph in label.chars().map(|letter| font.glyph_id(letter)) {
        x += last.map_or(0.0, |last| font.kern(last, glyph));
        let drawn = glyph.with_scale_and_position(PxScale::from(style.size), point(x, place[1].round()));
        if let Some(outline) = font.outline_glyph(drawn) {
            let bounds = outline.px_bounds();
            outline.draw(|column, row, coverage| {
                let [x, y] = [bounds.min.x as i64 + i64::from(column), bounds.min.y as i64 + i64::from(row)];
                canvas.blend(x, y, style.colour, coverage);
            });
        }
        x += font.h_advance(glyph);
        last = Some(glyph);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::theme::PAPER;

    fn columns_with_ink(canvas: &Canvas) -> Vec<usize> {
        let (width, height) = canvas.size();
        (0..width).filter(|&x| (0..height).any(|y| canvas.pixel(x, y) != PAPER)).collect()
    }

    #[test]
    fn every_letter_that_pictures_use_is_in_the_font() {
        for letter in "azAZ09 .,−·×μσ…%()/-_".chars() {
            assert_ne!(FONT.glyph_id(letter).0, 0, "{letter}");
        }
    }

    #[test]
    fn a_label_stands_where_it_is_put() {
        for (align, low, high) in [(Align::Left, 99, 160), (Align::Centre, 60, 140), (Align::Right, 40, 101)]
        {
            let mut canvas = Canvas::new(200.0, 40.0);
            write(&mut canvas, [100.0, 30.0], "unit 3", Style { size: 20.0, colour: [0; 3], align });
            let ink = columns_with_ink(&canvas);
            assert!(ink.len() > 20 && ink[0] >= low && ink[ink.len() - 1] <= high, "{align:?} {ink:?}");
        }
    }

    #[test]
    fn long_labels_are_cut_to_the_room() {
        assert_eq!(fit("short", 20.0, 100.0), "short");
        let cut = fit("a very long name of a model", 20.0, 100.0);
        assert!(cut.ends_with('…') && width(&cut, 20.0) <= 100.0);
        assert_eq!(fit("anything", 20.0, 1.0), "");
        assert_eq!(fit(&"name ".repeat(1 << 20), 20.0, 100.0), fit(&"name ".repeat(100), 20.0, 100.0));
    }
}
