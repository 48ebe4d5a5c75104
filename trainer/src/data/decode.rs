//! Decodes, rotates, crops and resizes picture files.
//!
//! JPEG files are read by the decoder that `image` itself uses, because `image` accepts truncated ones.

use std::io::Cursor;

use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits};
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use super::exif;
use super::picture::{Picture, Target};
use super::resize::resize;

/// Maximum side of a picture, and maximum number of pixels: more than cameras produce.
const MAX_SIDE: usize = 20_000;
const MAX_PIXELS: usize = 1 << 26;

/// Decodes a PNG, JPEG, WebP, BMP, GIF or TIFF file (the first picture if there are several) to
/// `[side, side, channels]`: rotated by its EXIF orientation, cropped, blended on white, and resized.
///
/// # Errors
/// Returns a short reason if the picture can't be decoded.
pub(super) fn decode(bytes: &[u8], target: &Target) -> Result<Vec<u8>, String> {
    let picture = if bytes.starts_with(b"\xff\xd8") { jpeg(bytes) } else { other(bytes) }?;
    let image = resize(&picture.upright(), target.cut, target.side);
    if !target.grey {
        return Ok(image);
    }
    // BT.601 luma.
    let luma = |c: &[u8; 3]| {
        ((299 * u32::from(c[0]) + 587 * u32::from(c[1]) + 114 * u32::from(c[2]) + 500) / 1000) as u8
    };
    Ok(image.as_chunks::<3>().0.iter().map(luma).collect())
}

fn fits(width: usize, height: usize) -> Result<(), String> {
    let sides = [width, height].iter().all(|side| (1..=MAX_SIDE).contains(side));
    if sides && width * height <= MAX_PIXELS {
        Ok(())
    } else {
        Err(format!("it has {width}×{height} pixels"))
    }
}

fn jpeg(bytes: &[u8]) -> Result<Picture, String> {
    let options = DecoderOptions::default()
        .set_max_width(MAX_SIDE)
        .set_max_height(MAX_SIDE)
        .set_strict_mode(true)
        .jpeg_set_out_colorspace(ColorSpace::RGB);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    decoder.decode_headers().map_err(|error| error.to_string())?;
    let (width, height) = decoder.dimensions().ok_or("it has no size")?;
    fits(width, height)?;
    let pixels = decoder.decode().map_err(|error| error.to_string())?;
    if pixels.len() != 3 * width * height {
        return Err("it has no colours that become red, green and blue".into());
    }
    let orientation = decoder.exif().map_or(Orientation::NoTransforms, |data| exif::orientation(data));
    Ok(Picture { width, height, pixels, orientation })
}

/// Decodes a PNG, WebP, BMP, GIF or TIFF file.
fn other(bytes: &[u8]) -> Result<Picture, String> {
    let format = if bytes.starts_with(b"\x89PNG") {
        ImageFormat::Png
    } else if bytes.starts_with(b"RIFF") {
        ImageFormat::WebP
    } else if bytes.starts_with(b"BM") {
        ImageFormat::Bmp
    } else if bytes.starts_with(b"GIF8") {
        ImageFormat::Gif
    } else if bytes.starts_with(b"II*\0") || bytes.starts_with(b"MM\0*") {
        ImageFormat::Tiff
    } else {
        return Err("it is no PNG, JPEG, WebP, BMP, GIF or TIFF picture".into());
    };
    let mut limits = Limits::default();
    limits.max_image_width = Some(MAX_SIDE as u32);
    limits.max_image_height = Some(MAX_SIDE as u32);
    limits.max_alloc = Some(4 * MAX_PIXELS as u64 * size_of::<u16>() as u64);
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(limits.clone());
    let mut decoder = reader.into_decoder().map_err(|error| error.to_string())?;
    let (width, height) = decoder.dimensions();
    let (width, height) = (width as usize, height as usize);
    fits(width, height)?;
    // A frame may claim to be far larger than the picture.
    let enough = 32 * (width * height) as u64 + (16 << 20);
    limits.max_alloc = limits.max_alloc.map(|most| most.min(enough));
    decoder.set_limits(limits).map_err(|error| error.to_string())?;
    let orientation = match decoder.exif_metadata() {
        Ok(Some(data)) => exif::orientation(&data),
        _ => decoder.orientation().unwrap_or(Orientation::NoTransforms),
    };
    let pixels = match DynamicImage::from_decoder(decoder).map_err(|error| error.to_string())? {
        DynamicImage::ImageRgb8(image) => image.into_raw(),
        image => image.to_rgba8().pixels().flat_map(|pixel| on_white(pixel.0)).collect(),
    };
    Ok(Picture { width, height, pixels, orientation })
}

/// Lays a colour with alpha on white.
fn on_white([red, green, blue, alpha]: [u8; 4]) -> [u8; 3] {
    let alpha = u32::from(alpha);
    [red, green, blue].map(|value| ((u32::from(value) * alpha + 255 * (255 - alpha) + 127) / 255) as u8)
}
