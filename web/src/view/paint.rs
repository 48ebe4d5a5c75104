//! Pictures of any number of channels as RGBA, pixel for pixel.

use model::ImageShape;
use wasm_bindgen::prelude::*;

use crate::engine::Kind;
use crate::page::{Dom, Drawn, context, put};

/// Puts pictures, `[N, H, W, C]`, side by side onto the canvas of that id.
pub(super) fn pictures(dom: &Dom, id: &str, pixels: &[u8], shape: ImageShape) -> Drawn {
    if pixels.is_empty() || shape.is_empty() || !pixels.len().is_multiple_of(shape.len()) {
        return Err(JsValue::from_str("no whole number of pictures"));
    }
    let count = pixels.len() / shape.len();
    put(
        &dom.canvas(id, Kind::Cpu)?.0,
        &strip(pixels, shape),
        (count * shape.width) as u32,
        shape.height as u32,
    )
}

/// Clears the canvas of that id.
pub(super) fn clear(dom: &Dom, id: &str) -> Drawn {
    let (canvas, _) = dom.canvas(id, Kind::Cpu)?;
    context(&canvas)?.clear_rect(0.0, 0.0, canvas.width().into(), canvas.height().into());
    Ok(())
}

/// Pictures, `[N, H, W, C]`, side by side as RGBA, `[H, N·W, 4]`. One or two channels are grey,
/// three are RGB, a fourth is opacity.
fn strip(pixels: &[u8], shape: ImageShape) -> Vec<u8> {
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
    fn pictures_stand_side_by_side_in_their_colours() {
        let shape = |channels| ImageShape { height: 2, width: 1, channels };
        let grey = strip(&[1, 2, 3, 4], shape(1));
        assert_eq!(grey, [1, 1, 1, 255, 3, 3, 3, 255, 2, 2, 2, 255, 4, 4, 4, 255]);
        assert_eq!(strip(&[1, 2, 3, 4, 5, 6], shape(3)), [1, 2, 3, 255, 4, 5, 6, 255]);
        assert_eq!(strip(&[1, 2, 3, 4, 5, 6, 7, 8], shape(4)), [1, 2, 3, 4, 5, 6, 7, 8]);
    }
}
