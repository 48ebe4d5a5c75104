//! Converts pictures with any number of channels to RGBA.

use model::ImageShape;
use wasm_bindgen::prelude::*;
use web_sys::HtmlCanvasElement;

use crate::dom::{Dom, Drawn, context, put};
use crate::engine::Kind;
use crate::pictures::Slot;
use crate::state::{Side, State};

/// Shows the pictures of a slot on its canvases, unless the GPU draws them.
pub(super) fn slot(dom: &Dom, state: &State, slot: Slot) -> Drawn {
    let Some(model) = state.sides.get(slot.side).and_then(Side::model) else {
        return dom.canvases(slot)?.iter().try_for_each(clear);
    };
    let pixels = state.pictures.pixels(slot);
    if model.engine == Kind::Gpu || pixels.is_empty() {
        return Ok(());
    }
    for canvas in dom.canvases(slot)? {
        let (canvas, _) = dom.canvas(canvas, Kind::Cpu)?;
        pictures(&canvas, pixels, model.card.model.image)?;
    }
    Ok(())
}

/// Draws pictures, `[N, H, W, C]`, side by side on a canvas.
pub(super) fn pictures(canvas: &HtmlCanvasElement, pixels: &[u8], shape: ImageShape) -> Drawn {
    if pixels.is_empty() || shape.is_empty() || !pixels.len().is_multiple_of(shape.len()) {
        return Err(JsValue::from_str("no whole number of pictures"));
    }
    let count = pixels.len() / shape.len();
    put(canvas, &strip(pixels, shape), (count * shape.width) as u32, shape.height as u32)
}

/// Draws the signed difference between two pictures, `[H, W, C]`, multiplied by `gain`, on a canvas.
pub(super) fn difference(
    canvas: &HtmlCanvasElement,
    picture: &[u8],
    from: &[u8],
    shape: ImageShape,
    gain: i32,
) -> Drawn {
    let rgba = signed(picture, from, shape.channels, gain);
    if rgba.len() != shape.height * shape.width * 4 {
        return Err(JsValue::from_str("no two pictures of that shape"));
    }
    put(canvas, &rgba, shape.width as u32, shape.height as u32)
}

/// Colours for too bright and too dark, distinguishable with any colour vision and on light and dark
/// pages. The style's legend uses the same colours.
pub(super) const BRIGHT: [u8; 3] = [224, 64, 160];
pub(super) const DARK: [u8; 3] = [40, 160, 80];

/// Differences as RGBA: the colour is the sign, the opacity the magnitude, averaged over channels.
fn signed(picture: &[u8], from: &[u8], channels: usize, gain: i32) -> Vec<u8> {
    let channels = channels.max(1);
    let pairs = picture.chunks_exact(channels).zip(from.chunks_exact(channels));
    pairs
        .flat_map(|(a, b)| {
            let sum: i32 = a.iter().zip(b).map(|(a, b)| i32::from(*a) - i32::from(*b)).sum();
            let mean = sum / channels as i32;
            let [red, green, blue] = if mean > 0 { BRIGHT } else { DARK };
            [red, green, blue, (gain * mean).unsigned_abs().min(255) as u8]
        })
        .collect()
}

/// Clears a canvas, unless the GPU draws to it.
pub(super) fn clear(canvas: &HtmlCanvasElement) -> Drawn {
    if Dom::is_gpus(canvas) {
        return Ok(());
    }
    context(canvas)?.clear_rect(0.0, 0.0, canvas.width().into(), canvas.height().into());
    Ok(())
}

/// Converts pictures, `[N, H, W, C]`, to RGBA side by side, `[H, N·W, 4]`. One or two channels are grey,
/// three are RGB, and a fourth is opacity.
pub(super) fn strip(pixels: &[u8], shape: ImageShape) -> Vec<u8> {
    let count = pixels.len() / shape.len();
    let line = shape.width * shape.channels;
    let mut rgba = Vec::with_capacity(count * shape.height * shape.width * 4);
    for y in 0..shape.height {
        for picture in pixels.chunks_exact(shape.len()) {
            for pixel in picture[y * line..(y + 1) * line].chunks_exact(shape.channels) {
                rgba.extend(match *pixel {
                    [red, green, blue] => [red, green, blue, 255],
                    [red, green, blue, opacity] => [red, green, blue, opacity],
                    _ => [pixel[0], pixel[0], pixel[0], 255],
                });
            }
        }
    }
    rgba
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_shows_its_sign_and_how_much() {
        let [[r, g, b], [r2, g2, b2]] = [BRIGHT, DARK];
        assert_eq!(signed(&[255, 10, 7], &[0, 30, 7], 1, 1), [r, g, b, 255, r2, g2, b2, 20, r2, g2, b2, 0]);
        assert_eq!(signed(&[9, 0, 0], &[0, 0, 0], 3, 1), [r, g, b, 3]);
        assert_eq!(
            signed(&[255, 10], &[0, 30], 1, 4),
            [r, g, b, 255, r2, g2, b2, 80],
            "four times as strong"
        );
    }

    #[test]
    fn pictures_stand_side_by_side_in_their_colours() {
        let shape = |channels| ImageShape { height: 2, width: 1, channels };
        let grey = strip(&[1, 2, 3, 4], shape(1));
        assert_eq!(grey, [1, 1, 1, 255, 3, 3, 3, 255, 2, 2, 2, 255, 4, 4, 4, 255]);
        assert_eq!(strip(&[1, 2, 3, 4, 5, 6], shape(3)), [1, 2, 3, 255, 4, 5, 6, 255]);
        assert_eq!(strip(&[1, 2, 3, 4, 5, 6, 7, 8], shape(4)), [1, 2, 3, 4, 5, 6, 7, 8]);
    }
}
