//! Colours and sizes shared by all pictures.

/// Red, green, blue.
pub(super) type Colour = [u8; 3];

/// Background.
pub(super) const PAPER: Colour = [255, 255, 255];
/// Text and curves.
pub(super) const INK: Colour = [24, 32, 44];
/// Secondary text.
pub(super) const MUTED: Colour = [98, 108, 124];
/// Axes and rules.
pub(super) const RULE: Colour = [206, 212, 221];
/// Markers.
pub(super) const ACCENT: Colour = [224, 99, 31];

/// Series colours, one per model, distinguishable with colour blindness; they repeat after the last.
const SERIES: [Colour; 6] =
    [[43, 108, 214], [224, 122, 31], [23, 145, 105], [150, 82, 196], [204, 58, 102], [96, 112, 128]];

/// Colour of the model `index`.
pub(super) fn series(index: usize) -> Colour {
    SERIES[index % SERIES.len()]
}

/// Pixels around the content.
pub(super) const MARGIN: f32 = 28.0;
/// Font size of titles in pixels.
pub(super) const TITLE: f32 = 26.0;
/// Font size of labels in pixels.
pub(super) const LABEL: f32 = 19.0;
/// Font size of the smallest text in pixels.
pub(super) const SMALL: f32 = 15.0;
/// Target side of enlarged images in pixels; they are enlarged by integer factors.
const CELL: usize = 128;

/// Integer factor by which images of the given height are enlarged.
pub(super) fn scale(height: usize) -> usize {
    (CELL / height.max(1)).max(1)
}
